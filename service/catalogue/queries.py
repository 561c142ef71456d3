"""The catalogue in the records."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import TypeVar

from sqlalchemy import func, or_, select, text
from sqlalchemy.orm import Session

from retail.gtin import Gtin
from service.prepared import Prepared
from service.records import CatalogueChangeRecord, ProductRecord, TouchedRecord, VariantRecord

T = TypeVar("T")
MOST_AT_ONCE = 5000  # parameters of one statement: databases take 32,000 and more


def lock_catalogue(session: Session) -> None:
    """Let one transaction at a time change the catalogue, so that versions count up by one."""
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        session.execute(text("LOCK TABLE catalogue_changes IN EXCLUSIVE MODE"))


def hold_catalogue(session: Session) -> None:
    """Keep the catalogue from changing until this transaction ends; many may hold it at once.

    Whoever writes what points at a product takes it before any other lock: a change could overtake the write
    otherwise, and miss it.
    """
    HOLDING.rows(session, {})


HOLDING = Prepared(  # SQLite has one writer at a time anyway
    lambda dialect: text("LOCK TABLE catalogue_changes IN ROW SHARE MODE" if dialect == "postgresql" else "SELECT 1")
)


def catalogue_version(session: Session) -> int:
    """Return the version of the catalogue, 0 while it never changed."""
    return session.scalar(select(func.max(CatalogueChangeRecord.version))) or 0


def find_product(session: Session, gtin: Gtin) -> ProductRecord | None:
    """Return a product or what is left of a former one, None if there never was one of this GTIN."""
    return session.get(ProductRecord, gtin)


def list_products(
    session: Session,
    after: str,
    limit: int,
    *,
    q: str = "",
    family: str | None = None,
    category: Sequence[str] = (),
) -> Sequence[ProductRecord]:
    """Return products in the order of their GTIN, from the one after `after`.

    Args:
        session: for reading.
        after: a GTIN, or less than one.
        limit: how many at most.
        q: a part of the name, in any case, or of the GTIN.
        family: only siblings of this family.
        category: only products at or below this node of the category tree.
    """
    wanted = select(ProductRecord).where(ProductRecord.became.is_(None), ProductRecord.gtin > after)
    if q:
        named = ProductRecord.name.icontains(q, autoescape=True)
        wanted = wanted.where(or_(named, ProductRecord.gtin.contains(q)) if q.isdigit() else named)
    if family is not None:
        wanted = wanted.where(ProductRecord.family == family)
    for place, part in enumerate(category):
        wanted = wanted.where(ProductRecord.category[place].as_string() == part)
    return session.scalars(wanted.order_by(ProductRecord.gtin).limit(limit)).all()


def variants_of(session: Session, gtins: Iterable[str]) -> dict[str, list[VariantRecord]]:
    """Return the variants of some products, the first look first."""
    found: dict[str, list[VariantRecord]] = defaultdict(list)
    records = session.scalars(select(VariantRecord).where(VariantRecord.gtin.in_(list(gtins))))
    for record in sorted(records, key=lambda record: (record.id != record.gtin, record.id)):
        found[record.gtin].append(record)
    return found


def list_changes(session: Session, since: int, limit: int) -> Sequence[CatalogueChangeRecord]:
    """Return the changes after a version, in order."""
    changes = select(CatalogueChangeRecord).where(CatalogueChangeRecord.version > since)
    return session.scalars(changes.order_by(CatalogueChangeRecord.version).limit(limit)).all()


def find_change(session: Session, version: int) -> CatalogueChangeRecord | None:
    """Return the change that made a version, None if there is none yet."""
    return session.get(CatalogueChangeRecord, version)


def list_touched(session: Session, version: int, after: tuple[str, str], limit: int) -> Sequence[TouchedRecord]:
    """Return what a change touched, by kind and id, from the one after a kind and id."""
    kind, id = after
    beyond = or_(TouchedRecord.kind > kind, (TouchedRecord.kind == kind) & (TouchedRecord.id > id))
    touched = select(TouchedRecord).where(TouchedRecord.version == version, beyond)
    return session.scalars(touched.order_by(TouchedRecord.kind, TouchedRecord.id).limit(limit)).all()


def in_parts(many: Iterable[T]) -> Iterator[Sequence[T]]:
    """Part what is asked for in one statement, as often as it takes."""
    ahead = iter(many)
    while part := list(islice(ahead, MOST_AT_ONCE)):
        yield part

"""From which sides the references show each product, and which sides nobody has photographed yet."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from sqlalchemy import Select, Subquery, func, or_, select
from sqlalchemy.orm import Session

from retail.gtin import Gtin
from service.naming.pictures import View
from service.naming.queries import LIVE
from service.records import ProductRecord, ReferenceRecord, UnknownFacingRecord, VariantRecord

_PHRASES = {
    View.FRONT: "from the front",
    View.BACK: "from the back",
    View.SIDE: "from the side",
    View.TOP: "from the top",
    View.BOTTOM: "from the bottom",
    View.HELD: "held in a hand",
}


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many live references show a product from each side.

    Attributes:
        came_out_unknown: how many of its facings showed no known product until a person named them.
    """

    gtin: Gtin
    name: str
    views: dict[View, int]
    came_out_unknown: int

    @property
    def missing(self) -> list[View]:
        """The sides from which no reference shows it."""
        return [view for view in View if not self.views[view]]

    @property
    def request(self) -> str:
        """A sentence for the person with the camera."""
        if not self.missing:
            return f"{self.name} is known from every side."
        *others, last = [_PHRASES[view] for view in self.missing]
        sides = f"{', '.join(others)} and {last}" if others else last
        return f"Please photograph {self.name} {sides}."


def coverage_of(session: Session, gtin: Gtin) -> Coverage | None:
    """Return a product's coverage; None if there is no such product, or another took its place."""
    product = select(ProductRecord).where(ProductRecord.gtin == gtin, ProductRecord.became.is_(None))
    record = session.scalar(product)
    return None if record is None else _coverages(session, [(gtin, record.name)])[0]


def list_coverages(session: Session, on: date, *, only_missing: bool, limit: int) -> Sequence[Coverage]:
    """Return products, those first that came out unknown most often, then those known from the fewest sides."""
    views, unknown = _views_counted(), _unknown_counted()
    sides, times = func.coalesce(views.c.sides, 0), func.coalesce(unknown.c.times, 0)
    wanted = (
        select(ProductRecord.gtin, ProductRecord.name)
        .outerjoin(views, views.c.gtin == ProductRecord.gtin)
        .outerjoin(unknown, unknown.c.gtin == ProductRecord.gtin)
        .where(ProductRecord.became.is_(None))
        .where(or_(ProductRecord.valid_until.is_(None), ProductRecord.valid_until >= on))
        .order_by(times.desc(), sides, ProductRecord.gtin)
        .limit(limit)
    )
    if only_missing:
        wanted = wanted.where(sides < len(View))
    return _coverages(session, [(gtin, name) for gtin, name in session.execute(wanted)])


def _coverages(session: Session, products: Sequence[tuple[str, str]]) -> list[Coverage]:
    gtins = [gtin for gtin, _ in products]
    counts = {(gtin, view): count for gtin, view, count in session.execute(_counts_by_view(gtins))}
    unknown = _unknown_counted()
    times = select(unknown.c.gtin, unknown.c.times).where(unknown.c.gtin.in_(gtins))
    came_out_unknown = {gtin: count for gtin, count in session.execute(times)}
    return [
        Coverage(Gtin(gtin), name, {view: counts.get((gtin, view), 0) for view in View}, came_out_unknown.get(gtin, 0))
        for gtin, name in products
    ]


def _counts_by_view(gtins: Sequence[str]) -> Select[str, str, int]:
    return (
        select(VariantRecord.gtin, ReferenceRecord.view, func.count())
        .join(ReferenceRecord, ReferenceRecord.variant_id == VariantRecord.id)
        .where(ReferenceRecord.state == LIVE, VariantRecord.gtin.in_(gtins))
        .group_by(VariantRecord.gtin, ReferenceRecord.view)
    )


def _views_counted() -> Subquery:
    sides = func.count(ReferenceRecord.view.distinct()).label("sides")
    return (
        select(VariantRecord.gtin, sides)
        .join(ReferenceRecord, ReferenceRecord.variant_id == VariantRecord.id)
        .where(ReferenceRecord.state == LIVE)
        .group_by(VariantRecord.gtin)
        .subquery()
    )


def _unknown_counted() -> Subquery:
    times = func.count().label("times")
    named = select(UnknownFacingRecord.gtin, times).where(UnknownFacingRecord.gtin.is_not(None))
    return named.group_by(UnknownFacingRecord.gtin).subquery()

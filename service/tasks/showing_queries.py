"""SQL about what is shown of a task beside its boxes: products with pictures, and examples of rules."""

from collections.abc import Collection, Iterable

from sqlalchemy import case, func, or_, select
from sqlalchemy.orm import Session

from service.catalogue.queries import in_parts
from service.records import (
    CaptureRecord,
    ProductRecord,
    ReferenceRecord,
    VariantRecord,
)

_ID_LENGTH = 32


def products_of(session: Session, gtins: Collection[str]) -> dict[str, ProductRecord]:
    """Return products by GTIN, former ones too; left out are those that there never were."""
    return {
        product.gtin: product
        for some in in_parts(sorted(gtins))
        for product in session.scalars(select(ProductRecord).where(ProductRecord.gtin.in_(some)))
    }


def best_references(
    session: Session, gtins: Collection[str], store_ids: frozenset[str] | None, photo: str
) -> dict[str, str]:
    """Return a live reference of each product that has one: of its pack rather than of a shelf, from the front.

    Args:
        session: for reading.
        gtins: the products.
        store_ids: none that was cut from photos of other stores than these; None for all.
        photo: capture that is being labelled; what was cut from it would tell what others said it shows.
    """
    # Ids are of one length: the greatest of these texts is the best reference's, the latest of its like.
    merit = case((ReferenceRecord.source == "pack_shot", "1"), else_="0").concat(
        case((ReferenceRecord.view == "front", "1"), else_="0")
    )
    best = select(func.max(merit.concat(ReferenceRecord.id))).where(
        ReferenceRecord.variant_id == VariantRecord.id,
        ReferenceRecord.state == "live",
        ReferenceRecord.capture_id.is_distinct_from(photo),
    )
    if store_ids is not None:
        best = best.outerjoin(CaptureRecord, CaptureRecord.id == ReferenceRecord.capture_id)
        best = best.where(or_(ReferenceRecord.capture_id.is_(None), CaptureRecord.store_id.in_(store_ids)))
    # One look-up for each variant, by an index: joined, PostgreSQL may read every reference there is.
    looks = select(VariantRecord.gtin, best.correlate(VariantRecord).scalar_subquery())
    found: dict[str, str] = {}
    for some in in_parts(sorted(gtins)):
        for gtin, merit_and_id in session.execute(looks.where(VariantRecord.gtin.in_(some))):
            found[gtin] = max(found.get(gtin, ""), merit_and_id or "")
    return {gtin: merit_and_id[-_ID_LENGTH:] for gtin, merit_and_id in found.items() if merit_and_id}


def references_beside(session: Session, gtins: Collection[str], photo: str) -> tuple[set[str], list[str]]:
    """Return those of some products that a photo gave references to, and the ids of their other references."""
    rows = (
        select(VariantRecord.gtin, ReferenceRecord.id, ReferenceRecord.capture_id)
        .join(VariantRecord, VariantRecord.id == ReferenceRecord.variant_id)
        .where(VariantRecord.gtin.in_(gtins))
    )
    found = session.execute(rows).all()
    given = {gtin for gtin, _, capture_id in found if capture_id == photo}
    return given, [id for gtin, id, capture_id in found if gtin in given and capture_id != photo]


def reachable_captures(session: Session, ids: Iterable[str], store_ids: frozenset[str] | None) -> set[str]:
    """Return those of some captures whose photos are kept, and were taken in these stores; None for all."""
    kept = select(CaptureRecord.id).where(CaptureRecord.id.in_(list(ids)), CaptureRecord.deleted_at.is_(None))
    return set(session.scalars(kept if store_ids is None else kept.where(CaptureRecord.store_id.in_(store_ids))))

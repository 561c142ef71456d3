"""SQL about references, their vectors, and what names products."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime

from sqlalchemy import Row, Select, and_, delete, func, or_, select, text, true
from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from service.catalogue.states import State
from service.records import (
    CaptureRecord,
    EmbedderRecord,
    FacingVectorsRecord,
    GalleryChangeRecord,
    NamingRecord,
    ProductRecord,
    ReferenceRecord,
    ReferenceVectorRecord,
    VariantRecord,
)

BATCH = 5_000  # references read at a time: 100,000 of them never lie in memory twice
LIVE, SHELF, PACK_SHOT = State.LIVE.value, "shelf", "pack_shot"


@dataclass(frozen=True, slots=True)
class LiveReference:
    """A reference that facings are compared with; its vector is None where the embedder has not read it yet."""

    id: str
    variant_id: str
    gtin: str
    image_key: str
    vector: bytes | None


def newest_naming(session: Session) -> NamingRecord | None:
    """Return what names products now, None before anything ever did."""
    return session.scalar(select(NamingRecord).order_by(NamingRecord.id.desc()).limit(1))


def last_change(session: Session) -> int:
    """Return the id of the gallery's newest change, 0 while it never changed."""
    return session.scalar(select(func.max(GalleryChangeRecord.id))) or 0


def changes_after(session: Session, last: int, limit: int) -> Sequence[tuple[int, str]]:
    """Return ids of changes after one, and of the references that they are about, in order."""
    changed = select(GalleryChangeRecord.id, GalleryChangeRecord.reference_id).where(GalleryChangeRecord.id > last)
    return [(id, reference) for id, reference in session.execute(changed.order_by(GalleryChangeRecord.id).limit(limit))]


def lock_gallery(session: Session) -> None:
    """Let one transaction at a time change the gallery; the catalogue's lock, where one is needed, comes first.

    Without it a change could become visible after one with a higher id, and the servers that follow would miss it.
    """
    if session.get_bind().dialect.name == "postgresql":  # SQLite has one writer at a time anyway
        session.execute(text("LOCK TABLE gallery_changes IN EXCLUSIVE MODE"))


def count_changes_after(session: Session, last: int) -> int:
    """Count the changes after one."""
    changed = select(func.count()).select_from(GalleryChangeRecord).where(GalleryChangeRecord.id > last)
    return session.scalar(changed) or 0


def append_gallery_changes(session: Session, reference_ids: Collection[str], now: datetime) -> None:
    """Tell servers that references came, went or show another variant."""
    lock_gallery(session)
    session.add_all(GalleryChangeRecord(reference_id=id, at=now) for id in reference_ids)


def live_references(session: Session, embedder_id: str) -> Iterator[Sequence[LiveReference]]:
    """Return all live references in batches."""
    query = _live(embedder_id).order_by(ReferenceRecord.id).execution_options(yield_per=BATCH)
    for rows in session.execute(query).partitions():
        yield [_live_reference(row) for row in rows]


def live_references_of(session: Session, embedder_id: str, ids: Collection[str]) -> Sequence[LiveReference]:
    """Return those of some references that are live."""
    return [_live_reference(row) for row in session.execute(_live(embedder_id).where(ReferenceRecord.id.in_(ids)))]


def unread_references(session: Session, embedder_id: str, after: str, limit: int) -> Sequence[LiveReference]:
    """Return live references without a vector of an embedder, in the order of their ids, from the one after `after`."""
    query = _live(embedder_id).where(ReferenceVectorRecord.vector.is_(None), ReferenceRecord.id > after)
    return [_live_reference(row) for row in session.execute(query.order_by(ReferenceRecord.id).limit(limit))]


def count_references(session: Session, embedder_id: str) -> tuple[int, int]:
    """Return how many references are live, and how many of those an embedder has read."""
    row = session.execute(
        _live(embedder_id).with_only_columns(func.count(), func.count(ReferenceVectorRecord.embedder_id))
    ).one()
    return int(row[0]), int(row[1])


def find_reference(session: Session, gtin: str, id: str) -> ReferenceRecord | None:
    """Return a reference of a product, live or not, None if there is none of this id."""
    return session.scalar(_of_product(gtin).where(ReferenceRecord.id == id))


def list_references(session: Session, gtin: str) -> Sequence[ReferenceRecord]:
    """Return the references of a product, live or not, newest first."""
    newest_first = (ReferenceRecord.created_at.desc(), ReferenceRecord.id.desc())
    return session.scalars(_of_product(gtin).order_by(*newest_first)).all()


def reference_of_picture(session: Session, variant_id: str, sha256: str) -> ReferenceRecord | None:
    """Return the reference that was made of the same bytes for the same variant."""
    same = select(ReferenceRecord).where(ReferenceRecord.variant_id == variant_id, ReferenceRecord.sha256 == sha256)
    return session.scalar(same)


def stores_of_references(session: Session, gtin: str) -> dict[str, str]:
    """Return, of those references of a product that were cut from captures, the store each comes from."""
    cut = (
        select(ReferenceRecord.id, CaptureRecord.store_id)
        .join(CaptureRecord, CaptureRecord.id == ReferenceRecord.capture_id)
        .join(VariantRecord, VariantRecord.id == ReferenceRecord.variant_id)
        .where(VariantRecord.gtin == gtin)
    )
    return {id: store_id for id, store_id in session.execute(cut)}


def pack_shots(session: Session, on: date, view: str | None = None) -> Sequence[tuple[str, str]]:
    """Return product and picture of each live pack-shot of listed products, newest first; of one view, if given."""
    query = (
        select(VariantRecord.gtin, ReferenceRecord.image_key)
        .join(ReferenceRecord, ReferenceRecord.variant_id == VariantRecord.id)
        .join(ProductRecord, ProductRecord.gtin == VariantRecord.gtin)
        .where(ReferenceRecord.source == PACK_SHOT, ReferenceRecord.state == LIVE)
        .where(true() if view is None else ReferenceRecord.view == view)
        .where(ProductRecord.became.is_(None))
        .where(or_(ProductRecord.valid_until.is_(None), ProductRecord.valid_until >= on))
        .order_by(ReferenceRecord.created_at.desc(), ReferenceRecord.id.desc())
    )
    return [(gtin, key) for gtin, key in session.execute(query)]


def keep_vectors(session: Session, embedder_id: str, vectors: dict[str, bytes]) -> None:
    """Keep what an embedder made of references; another server may have kept the same, or a reference may be gone."""
    there = select(ReferenceRecord.id).where(ReferenceRecord.id.in_(vectors)).with_for_update(read=True, key_share=True)
    rows = [
        {"embedder_id": embedder_id, "reference_id": id, "vector": vectors[id]} for id in session.scalars(there).all()
    ]
    if rows:
        insert = sqlite.insert if session.get_bind().dialect.name == "sqlite" else postgresql.insert
        session.execute(insert(ReferenceVectorRecord).on_conflict_do_nothing(), rows)


def drop_vectors(session: Session, embedder_id: str) -> None:
    """Forget everything that an embedder made of references and of labelled facings."""
    for kept in (ReferenceVectorRecord, FacingVectorsRecord):
        session.execute(delete(kept).where(kept.embedder_id == embedder_id))


def families(session: Session) -> dict[str, str]:
    """Return the family of each product that has one."""
    named = select(ProductRecord.gtin, ProductRecord.family).where(ProductRecord.family.is_not(None))
    return {gtin: family for gtin, family in session.execute(named) if family is not None}


def list_embedders(session: Session) -> Sequence[EmbedderRecord]:
    """Return all embedders, newest first."""
    return session.scalars(select(EmbedderRecord).order_by(EmbedderRecord.created_at.desc(), EmbedderRecord.id)).all()


def lock_embedder(session: Session, id: str) -> EmbedderRecord | None:
    """Return an embedder that nobody else changes until this transaction ends, None if there is none of this id."""
    return session.scalar(select(EmbedderRecord).where(EmbedderRecord.id == id).with_for_update())


def unfinished_orders(session: Session) -> Sequence[str]:
    """Return the orders of re-embeddings that wait or run, oldest first: the embedder's id, a slash, a number."""
    embedding = select(EmbedderRecord).where(EmbedderRecord.state == "embedding").order_by(EmbedderRecord.created_at)
    return [f"{embedder.id}/{embedder.progress['order']}" for embedder in session.scalars(embedding)]


def _of_product(gtin: str) -> Select[ReferenceRecord]:
    return (
        select(ReferenceRecord)
        .join(VariantRecord, VariantRecord.id == ReferenceRecord.variant_id)
        .where(VariantRecord.gtin == gtin)
    )


def _live(embedder_id: str) -> Select[str, str, str, str, bytes]:
    columns = (ReferenceRecord.id, ReferenceRecord.variant_id, VariantRecord.gtin, ReferenceRecord.image_key)
    same = and_(
        ReferenceVectorRecord.reference_id == ReferenceRecord.id, ReferenceVectorRecord.embedder_id == embedder_id
    )
    return (
        select(*columns, ReferenceVectorRecord.vector)
        .join(VariantRecord, VariantRecord.id == ReferenceRecord.variant_id)
        .outerjoin(ReferenceVectorRecord, same)
        .where(ReferenceRecord.state == LIVE)
    )


def _live_reference(row: Row[str, str, str, str, bytes]) -> LiveReference:
    id, variant_id, gtin, image_key, vector = row
    return LiveReference(id, variant_id, gtin, image_key, vector)

"""What products look like, and which facings nobody could name."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import Record


class ReferenceRecord(Record):
    """A picture of a variant that facings are compared with: a pack-shot, or a facing that a person named."""

    __tablename__ = "reference_pictures"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    variant_id: Mapped[str] = mapped_column(ForeignKey("variants.id"), index=True)
    source: Mapped[str] = mapped_column(String(16))  # pack_shot | shelf
    view: Mapped[str] = mapped_column(String(16))  # front | back | side | top | bottom | held
    image_key: Mapped[str] = mapped_column(String(200))
    sha256: Mapped[str] = mapped_column(String(64))
    capture_id: Mapped[str | None] = mapped_column(ForeignKey("captures.id"), index=True)
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))  # live | requeued | expired
    __table_args__ = (UniqueConstraint("variant_id", "sha256", name="one_reference_per_picture"),)


class GalleryChangeRecord(Record):
    """Says that a reference came, went or shows another variant; servers follow these in order."""

    __tablename__ = "gallery_changes"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    reference_id: Mapped[str] = mapped_column(String(32))
    at: Mapped[datetime]


class EmbedderRecord(Record):
    """An embedder that can name products. The default one lives in the installation."""

    __tablename__ = "embedders"
    id: Mapped[str] = mapped_column(String(100), primary_key=True)  # name and hash, as its metadata says
    created_at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(100))
    source: Mapped[str] = mapped_column(String(16))  # default | file
    state: Mapped[str] = mapped_column(String(16))  # embedding | ready | serving | retired | failed
    progress: Mapped[dict[str, Any]]
    error: Mapped[str | None] = mapped_column(String(2000))


class ReferenceVectorRecord(Record):
    """What an embedder makes of a reference: a cache that can always be made again; little-endian float16."""

    __tablename__ = "reference_vectors"
    embedder_id: Mapped[str] = mapped_column(ForeignKey("embedders.id"), primary_key=True)
    reference_id: Mapped[str] = mapped_column(ForeignKey("reference_pictures.id"), primary_key=True)
    vector: Mapped[bytes]


class NamingRecord(Record):
    """Which embedder names products, calibrated how; the newest row counts."""

    __tablename__ = "namings"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    embedder_id: Mapped[str] = mapped_column(ForeignKey("embedders.id"))
    calibration: Mapped[dict[str, Any]]
    measured: Mapped[dict[str, Any]]
    reason: Mapped[str] = mapped_column(String(500))
    by: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime]


class UnknownFacingRecord(Record):
    """A facing that shows none of the products known then; named later, alone or with its likes."""

    __tablename__ = "unknown_facings"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    capture_id: Mapped[str] = mapped_column(ForeignKey("captures.id"), index=True)
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"), index=True)
    detection: Mapped[int]  # its place in the capture's detections
    box: Mapped[list[Any]]
    embedder_id: Mapped[str] = mapped_column(ForeignKey("embedders.id"))
    vector: Mapped[bytes]
    unknown_score: Mapped[float]
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16), index=True)  # open | named | dismissed
    gtin: Mapped[str | None] = mapped_column(String(14))
    decided_by: Mapped[str | None] = mapped_column(String(32))
    decided_at: Mapped[datetime | None]
    reason: Mapped[str | None] = mapped_column(String(16))  # of a dismissed one: not_a_product | cannot_tell

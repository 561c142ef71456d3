"""Photos."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import Record


class CaptureRecord(Record):
    """One photo of one bay at one time, and what the serving model answered."""

    __tablename__ = "captures"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    sha256: Mapped[str] = mapped_column(String(64))  # of the bytes that were sent
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"))
    camera_id: Mapped[str | None] = mapped_column(ForeignKey("cameras.id"))
    bay_id: Mapped[str] = mapped_column(ForeignKey("bays.id"))
    taken_at: Mapped[datetime]
    received_at: Mapped[datetime]
    width: Mapped[int]
    height: Mapped[int]
    image_key: Mapped[str] = mapped_column(String(200))
    image_sha256: Mapped[str] = mapped_column(String(64))  # of the stored picture, faces blurred
    faces_blurred: Mapped[int]
    stratum: Mapped[str] = mapped_column(String(64), index=True)
    colour_temperature: Mapped[float | None]  # kelvin; unknown for captures from before it was measured
    yaw: Mapped[float | None]  # degrees
    retake: Mapped[list[Any]] = mapped_column(default=list)
    near_duplicate_of: Mapped[str | None] = mapped_column(String(32))
    model_version: Mapped[int] = mapped_column(ForeignKey("models.version"))
    truncated: Mapped[bool]
    detections: Mapped[list[Any]]
    shelves: Mapped[list[Any]] = mapped_column(default=list)
    naming_id: Mapped[int | None] = mapped_column(ForeignKey("namings.id"))  # null: nothing was to be named
    deleted_at: Mapped[datetime | None]  # when its photo was deleted because its time was over
    unjudged: Mapped[str | None] = mapped_column(String(16))  # why there is no compliance; null for older ones, too
    __table_args__ = (
        UniqueConstraint("store_id", "bay_id", "sha256", name="one_capture_per_photo"),
        Index("captures_of_a_bay", "bay_id", "taken_at"),
        Index("captures_lately", "taken_at", "stratum"),
        Index("captures_of_a_camera", "store_id", "camera_id", "taken_at"),
    )

"""Clips of store cameras, cut into pieces to label, and the events in them."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import Record
from service.records.tasks import Leasable, lease_indexes


class ClipRecord(Record):
    """A video that a store sent. The file itself is gone as soon as it is cut, or cannot be."""

    __tablename__ = "clips"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    store_id: Mapped[str] = mapped_column(ForeignKey("stores.id"))
    camera_id: Mapped[str | None] = mapped_column(ForeignKey("cameras.id"))
    sha256: Mapped[str] = mapped_column(String(64))  # of the bytes that were sent
    size: Mapped[int]  # of the file, in bytes
    recorded_at: Mapped[datetime]
    received_at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(100))
    state: Mapped[str] = mapped_column(String(16))  # waiting | cut | failed | deleted
    error: Mapped[str | None] = mapped_column(String(500))
    order: Mapped[int] = mapped_column(default=1)  # how many times it was to be cut; a failed one may be sent again
    seconds: Mapped[float | None]
    width: Mapped[int | None]  # of the kept frames
    height: Mapped[int | None]
    parts: Mapped[int] = mapped_column(default=0)  # pieces whose frames may be in the image store
    faces: Mapped[int] = mapped_column(default=0)  # places that were covered, over all kept frames
    raw_deleted_at: Mapped[datetime | None]  # when the file as it was sent was deleted
    deleted_at: Mapped[datetime | None]  # when its frames and labels were deleted
    __table_args__ = (
        UniqueConstraint("store_id", "sha256", name="one_clip_per_file"),
        Index("clips_by_state", "state", "received_at"),
    )


class ClipTaskRecord(Leasable, Record):
    """A piece of a clip to label: its frames with faces covered, concatenated JPEGs in one file."""

    __tablename__ = "clip_tasks"
    clip_id: Mapped[str] = mapped_column(ForeignKey("clips.id"))
    store_id: Mapped[str] = mapped_column(String(64))  # of the clip
    part: Mapped[int]  # from 0, in the order of time
    times: Mapped[list[Any]]  # of the frames, seconds since the clip began
    ends: Mapped[float]  # seconds since the clip began; when the last frame is over
    offsets: Mapped[list[Any]]  # where each frame begins in the file; the last one is the file's size
    frames_key: Mapped[str] = mapped_column(String(200))
    tracks: Mapped[list[Any]]  # what moves; numbered over the whole clip
    features: Mapped[dict[str, Any]]  # numbers by which pieces are compared
    arm: Mapped[str] = mapped_column(String(16))  # rare | random
    skip_reason: Mapped[str | None] = mapped_column(String(32))
    note: Mapped[str | None] = mapped_column(String(500))  # of who skipped it
    __table_args__ = (
        UniqueConstraint("clip_id", "part", name="one_task_per_piece"),
        *lease_indexes("clip_tasks"),
    )


class ClipAnnotationRecord(Record):
    """The events that a person marked in a piece; none is an answer, too."""

    __tablename__ = "clip_annotations"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("clip_tasks.id"), index=True)
    annotator: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]
    seconds: Mapped[float | None]  # as the annotator's program counted them
    lead_seconds: Mapped[float | None]  # from lease to submission
    events: Mapped[list[Any]]
    looked_for: Mapped[list[Any]]  # ids of the event list in force; of others nothing is known
    source: Mapped[str] = mapped_column(String(16), default="person")  # person | file
    superseded_by: Mapped[str | None] = mapped_column(String(32))
    __table_args__ = (Index("clip_annotations_that_count", "superseded_by", "created_at"),)

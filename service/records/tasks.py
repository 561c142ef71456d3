"""What is to be labelled, and what people drew."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import Record

IN_ORDER = "_in_order"  # how the index is called that keeps a queue's order


def _where(condition: str) -> dict[str, Any]:
    """Limit an index to some rows."""
    return {"sqlite_where": text(condition), "postgresql_where": text(condition)}


class Leasable:
    """What a row needs to be handed to one person at a time. A lease is the token, the holder and the hold's end."""

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    created_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))
    priority: Mapped[int] = mapped_column(default=0)  # higher ones first
    rank: Mapped[int]  # lower ones first, among those of one priority
    expert: Mapped[bool] = mapped_column(default=False)  # only experts may lease it
    lease_token: Mapped[str | None] = mapped_column(String(64))
    leased_by: Mapped[str | None] = mapped_column(String(32))
    leased_at: Mapped[datetime | None]
    leased_until: Mapped[datetime | None]


def lease_indexes(table: str) -> tuple[Index, Index, Index]:
    """Return the indexes that leasing needs: the queue's order, what somebody holds, and which holds end next."""
    in_order = ("state", text("expert DESC"), text("priority DESC"), "rank", "created_at", "id")
    return (
        Index(f"{table}{IN_ORDER}", *in_order),
        Index(f"{table}_held", "leased_by", "state"),
        Index(f"{table}_ending", "leased_until"),
    )


class TaskRecord(Leasable, Record):
    """A capture to label, or a tile of it. Blind copies are labelled by somebody else; what they say never trains."""

    __tablename__ = "tasks"
    # null: made for verdicts on a planogram, by no round
    round_id: Mapped[str | None] = mapped_column(ForeignKey("rounds.id"), index=True)
    capture_id: Mapped[str] = mapped_column(ForeignKey("captures.id"), index=True)
    store_id: Mapped[str] = mapped_column(String(64))  # of the capture
    kind: Mapped[str] = mapped_column(String(16), default="boxes")  # boxes | verdicts
    purpose: Mapped[str] = mapped_column(String(16), default="label")  # label | overlap | gold
    part: Mapped[int] = mapped_column(default=0)  # which tile, from 0; 0 for a whole photo
    tile: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))  # x1, y1, x2, y2; null: the whole photo
    copy: Mapped[int] = mapped_column(default=0)  # tells blind copies of the same task apart
    copy_of: Mapped[str | None] = mapped_column(String(32))  # the task that this is a blind copy of
    arm: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(500))
    predicted_boxes: Mapped[int]
    skip_reason: Mapped[str | None] = mapped_column(String(32))
    note: Mapped[str | None] = mapped_column(String(500))  # of who skipped or escalated it last
    __table_args__ = (
        UniqueConstraint("capture_id", "kind", "purpose", "part", "copy", name="one_task_per_part"),
        Index("tasks_copied", "copy_of", **_where("copy_of IS NOT NULL")),
        *lease_indexes("tasks"),
    )


class PassRecord(Record):
    """Somebody skipped or escalated a part of a capture, and is not asked about it again."""

    __tablename__ = "passes"
    annotator: Mapped[str] = mapped_column(String(32), primary_key=True)
    capture_id: Mapped[str] = mapped_column(ForeignKey("captures.id"), primary_key=True, index=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)
    part: Mapped[int] = mapped_column(primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id"), index=True)
    how: Mapped[str] = mapped_column(String(16))  # skipped | escalated
    reason: Mapped[str] = mapped_column(String(32))
    note: Mapped[str | None] = mapped_column(String(500))
    at: Mapped[datetime]


class TaskCategoryRecord(Record):
    """A category that the facings of a task seem to be of; its parents have rows too ("food", "food/sweets")."""

    __tablename__ = "task_categories"
    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id"), primary_key=True)
    category: Mapped[str] = mapped_column(String(300), primary_key=True, index=True)


class Drawn:
    """Boxes that somebody drew for a task, and under which rules."""

    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id"), index=True)
    capture_id: Mapped[str] = mapped_column(ForeignKey("captures.id"), index=True)
    annotator: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]
    seconds: Mapped[float | None]  # as the annotator's program counted them
    lead_seconds: Mapped[float | None]  # from lease to submission
    actions: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))  # what became of the pre-labels
    boxes: Mapped[list[Any]]
    catalogue_version: Mapped[int]
    guideline_version: Mapped[int]
    planogram_id: Mapped[str | None] = mapped_column(String(64))  # that the bay followed
    planogram_version: Mapped[int | None]
    prelabel_model_version: Mapped[int]


class AnnotationRecord(Drawn, Record):
    """Boxes and labels that count, as drawn; `FacingLabelRecord` says what the labels mean today."""

    __tablename__ = "annotations"
    superseded_by: Mapped[str | None] = mapped_column(String(32))  # a later annotation of the same task
    # person | review | consensus | label_studio | file
    source: Mapped[str] = mapped_column(String(16), default="person")
    __table_args__ = (Index("annotations_by", "annotator", "created_at"),)


class BlindAnnotationRecord(Drawn, Record):
    """Boxes of a blind copy: they are compared with others, and never train."""

    __tablename__ = "blind_annotations"
    __table_args__ = (Index("blind_annotations_by", "annotator", "created_at"),)


class FacingLabelRecord(Record):
    """The product of one annotated facing, kept true while the catalogue changes."""

    __tablename__ = "facing_labels"
    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    place: Mapped[int] = mapped_column(primary_key=True)  # in the annotation's boxes
    gtin: Mapped[str] = mapped_column(ForeignKey("products.gtin"), index=True)
    state: Mapped[str] = mapped_column(String(16))  # current | requeued | expired | replaced

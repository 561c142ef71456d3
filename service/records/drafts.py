"""What annotators have drawn so far, and what they said of planogram positions."""

from datetime import datetime
from typing import Any

from sqlalchemy import BigInteger, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import Record


class DraftRecord(Record):
    """What one annotator's page kept of a task; it outlives the lease, but nobody else ever sees it."""

    __tablename__ = "drafts"
    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id"), primary_key=True)
    annotator: Mapped[str] = mapped_column(String(32), primary_key=True)
    number: Mapped[int] = mapped_column(BigInteger)  # only rises: what an old tab sends late is refused
    saved_at: Mapped[datetime]
    content: Mapped[dict[str, Any]]


class VerdictAnnotationRecord(Record):
    """A person's verdicts on the positions of a planogram, as a capture shows them; never boxes."""

    __tablename__ = "verdict_annotations"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id"), index=True)
    capture_id: Mapped[str] = mapped_column(ForeignKey("captures.id"), index=True)
    annotator: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]
    seconds: Mapped[float | None]  # as the annotator's program counted them
    lead_seconds: Mapped[float | None]  # from lease to submission
    verdicts: Mapped[list[Any]]  # [{shelf, slot, gtin, verdict, model_verdict}]
    catalogue_version: Mapped[int]
    guideline_version: Mapped[int]
    planogram_id: Mapped[str] = mapped_column(String(64))
    planogram_version: Mapped[int]
    blind: Mapped[bool]  # of a blind copy: it is compared with others, and counts for nothing else
    superseded_by: Mapped[str | None] = mapped_column(String(32))  # a later one of the same task

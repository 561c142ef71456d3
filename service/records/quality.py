"""Gold, what annotators made of it, and reviews."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Date, ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import Record
from service.records.tasks import Leasable, lease_indexes


class GoldRecord(Record):
    """A task whose annotation is known to be right, so that blind copies of it show how right others are.

    It rests while another annotation of the task counts.
    """

    __tablename__ = "gold"
    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id"), primary_key=True)
    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"))
    store_id: Mapped[str] = mapped_column(String(64), index=True)
    by: Mapped[str] = mapped_column(String(32))
    created_at: Mapped[datetime]
    retired_at: Mapped[datetime | None]


class MarkRecord(Record):
    """How many of an annotator's answers in one blind copy of a gold task were right, at one boundary."""

    __tablename__ = "marks"
    blind_annotation_id: Mapped[str] = mapped_column(ForeignKey("blind_annotations.id"), primary_key=True)
    boundary: Mapped[str] = mapped_column(String(300), primary_key=True)
    annotator: Mapped[str] = mapped_column(String(32))
    day: Mapped[date] = mapped_column(Date)  # in UTC
    right: Mapped[int]
    total: Mapped[int]
    __table_args__ = (Index("marks_of_an_annotator", "annotator", "day"),)


class ReviewRecord(Leasable, Record):
    """A second person's judgement of an annotation, asked for or given."""

    __tablename__ = "reviews"
    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), unique=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id"), index=True)
    capture_id: Mapped[str] = mapped_column(ForeignKey("captures.id"))
    store_id: Mapped[str] = mapped_column(String(64))
    annotator: Mapped[str] = mapped_column(String(32))  # who is reviewed
    reason: Mapped[str] = mapped_column(String(500))
    findings: Mapped[list[Any]]  # of the label-error search, the worst first
    decision: Mapped[str | None] = mapped_column(String(16))  # accept | correct | send_back
    decided_by: Mapped[str | None] = mapped_column(String(32))
    decided_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(String(500))
    __table_args__ = lease_indexes("reviews")


class LabelErrorSearchRecord(Record):
    """An annotation that was searched for label errors, and how many were found."""

    __tablename__ = "label_error_searches"
    annotation_id: Mapped[str] = mapped_column(ForeignKey("annotations.id"), primary_key=True)
    at: Mapped[datetime]
    found: Mapped[int]

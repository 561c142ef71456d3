"""The annotators' rules in versions, and pilots."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import Record


class GuidelineRecord(Record):
    """One version of the guideline: a draft until it is put in force."""

    __tablename__ = "guidelines"
    version: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(100))
    note: Mapped[str] = mapped_column(String(500))  # what changed and why
    document: Mapped[dict[str, Any]]
    wording_only: Mapped[list[Any]]  # ids of rules that changed without altering any label
    in_force_since: Mapped[datetime | None] = mapped_column(index=True)


class PilotRecord(Record):
    """A small batch that several people label, before a guideline or a product family goes to the whole team."""

    __tablename__ = "pilots"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    name: Mapped[str] = mapped_column(String(200))
    created_at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(100))
    guideline_version: Mapped[int] = mapped_column(ForeignKey("guidelines.version"))  # that it is labelled by
    annotators: Mapped[int]  # how many people label each task
    limits: Mapped[dict[str, Any]]
    decided_at: Mapped[datetime | None]
    verdict: Mapped[str | None] = mapped_column(String(16))  # go | no_go
    result: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class PilotTaskRecord(Record):
    """A task of a pilot; its blind copies follow from it."""

    __tablename__ = "pilot_tasks"
    pilot_id: Mapped[str] = mapped_column(ForeignKey("pilots.id"), primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id"), primary_key=True, index=True)

"""What was handed to Label Studio, and what came back."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import Record


class LabelStudioProjectRecord(Record):
    """Tasks of a round on their way through one project of Label Studio."""

    __tablename__ = "label_studio_projects"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    round_id: Mapped[str] = mapped_column(ForeignKey("rounds.id"), index=True)
    created_at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(100))
    key: Mapped[str] = mapped_column(String(64))  # readable: addresses of photos and the webhook are signed with it
    project: Mapped[int | None]  # its number there; null until it is made
    hook: Mapped[int | None]  # the number of its webhook there
    swept_at: Mapped[datetime | None]
    swept_until: Mapped[datetime | None]  # by Label Studio's clock; what changed before is known here
    closed_at: Mapped[datetime | None]  # nothing is taken from it, or shown to it, since
    error: Mapped[str | None] = mapped_column(String(500))  # why it could not be reached last; null if it could
    held_by: Mapped[str | None] = mapped_column(String(100))  # the worker that talks to it
    held_until: Mapped[datetime | None]


class LabelStudioTaskRecord(Record):
    """A task that somebody labels in Label Studio."""

    __tablename__ = "label_studio_tasks"
    project_id: Mapped[str] = mapped_column(ForeignKey("label_studio_projects.id"), primary_key=True)
    task_id: Mapped[str] = mapped_column(ForeignKey("tasks.id"), primary_key=True)
    place: Mapped[int]  # in the project's order, from 0
    number: Mapped[int | None]  # of the task there; null until it is there
    annotation: Mapped[int | None]  # the number there of the annotation that was taken last
    changed_at: Mapped[datetime | None]  # when that was changed last, by Label Studio's clock
    digest: Mapped[str | None] = mapped_column(String(64))  # of what it said
    photo_until: Mapped[datetime]  # the address of its photo works until then
    __table_args__ = (
        UniqueConstraint("project_id", "number", name="one_task_per_number"),
        Index("label_studio_tasks_by_task", "task_id"),
    )


class LabelStudioEventRecord(Record):
    """A change there that was told or found, kept before anything is done about it."""

    __tablename__ = "label_studio_events"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    project_id: Mapped[str] = mapped_column(ForeignKey("label_studio_projects.id"))
    key: Mapped[str] = mapped_column(String(100))  # the same for the same change, however often and whence it comes
    received_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(16))  # webhook | sweep
    number: Mapped[int]  # of the task there
    annotation: Mapped[dict[str, Any]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(16))  # waiting | taken | known | refused
    detail: Mapped[str | None] = mapped_column(String(500))  # why it was refused
    __table_args__ = (
        UniqueConstraint("project_id", "key", name="one_event_per_change"),
        Index("label_studio_events_waiting", "state", "id"),
    )

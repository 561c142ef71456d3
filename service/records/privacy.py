"""Who saw what, and what was deleted when."""

from datetime import date, datetime
from typing import Any

from sqlalchemy import Index, String
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import Record


class ViewRecord(Record):
    """That the holder of a key was shown a picture of a store, on one day (of UTC)."""

    __tablename__ = "views"
    key_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    what: Mapped[str] = mapped_column(String(16), primary_key=True)  # photo | overlay | crop | frame
    subject_id: Mapped[str] = mapped_column(String(32), primary_key=True)  # of the capture or the clip
    store_id: Mapped[str] = mapped_column(String(64))
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    times: Mapped[int]
    __table_args__ = (Index("views_of_a_subject", "subject_id"), Index("views_of_a_day", "day"))


class RefusalRecord(Record):
    """That the holder of a key asked for what it may not have, on one day (of UTC)."""

    __tablename__ = "refusals"
    key_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    day: Mapped[date] = mapped_column(primary_key=True)
    code: Mapped[str] = mapped_column(String(64), primary_key=True)  # of the problem
    asked: Mapped[str] = mapped_column(String(300), primary_key=True)  # method and path
    store_id: Mapped[str | None] = mapped_column(String(64))  # whose it is, where it is known
    first_at: Mapped[datetime]
    last_at: Mapped[datetime]
    times: Mapped[int]
    __table_args__ = (Index("refusals_of_a_day", "day"),)


class RetentionRecord(Record):
    """How long something is kept; a store's own rule goes before the one for all (an empty store)."""

    __tablename__ = "retentions"
    store_id: Mapped[str] = mapped_column(String(64), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16), primary_key=True)  # captures | clips | views
    days: Mapped[int]
    by: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime]


class DeletionRecord(Record):
    """One capture or clip whose time was over, and the proof that nothing of its pictures is left."""

    __tablename__ = "deletions"
    subject_id: Mapped[str] = mapped_column(String(32), primary_key=True)
    kind: Mapped[str] = mapped_column(String(16))  # captures | clips
    store_id: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[datetime]
    expired_at: Mapped[datetime]  # when its time was over
    keys: Mapped[list[Any]]  # of its pictures in the image store
    rows: Mapped[dict[str, Any]]  # how many were deleted, by table
    proved_at: Mapped[datetime | None] = mapped_column(index=True)  # when nothing was found any more; null: not yet
    left: Mapped[list[Any]]  # what was found last

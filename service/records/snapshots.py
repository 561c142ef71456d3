"""Training sets as they were frozen."""

from datetime import datetime
from typing import Any

from sqlalchemy import String
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import Record


class SnapshotRecord(Record):
    """A snapshot's manifest, kept for good under the hash of its content; it holds no picture."""

    __tablename__ = "snapshots"
    hash: Mapped[str] = mapped_column(String(64), primary_key=True)
    frozen_at: Mapped[datetime] = mapped_column(index=True)
    class_mode: Mapped[str] = mapped_column(String(16))
    split_rule: Mapped[str] = mapped_column(String(300))
    versions: Mapped[dict[str, Any]]  # of everything that its labels depend on
    counts: Mapped[dict[str, Any]]  # captures by part, and `boxes`
    annotation_ids: Mapped[list[Any]] = mapped_column(deferred=True)  # what it is rebuilt from
    manifest: Mapped[bytes] = mapped_column(deferred=True)  # JSON, zlib

"""Candidates in shadow, and how models do in service."""

from datetime import datetime
from typing import Any

from sqlalchemy import ForeignKey, Index, String
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import Record


class ShadowRecord(Record):
    """A candidate that looks at live captures beside the champion, and what came of it."""

    __tablename__ = "shadows"
    model_version: Mapped[int] = mapped_column(ForeignKey("models.version"), primary_key=True)
    champion_version: Mapped[int]
    retraining_id: Mapped[str] = mapped_column(ForeignKey("retrainings.id"))
    state: Mapped[str] = mapped_column(String(16), index=True)  # running | passed | failed | stopped
    started_at: Mapped[datetime]
    until: Mapped[datetime]
    wanted: Mapped[int]  # captures
    seen_until: Mapped[str] = mapped_column(String(32))  # id of the last capture whose turn came
    finished_at: Mapped[datetime | None]
    note: Mapped[str | None] = mapped_column(String(500))  # why it ended as it did
    holder: Mapped[str | None] = mapped_column(String(100))  # the worker that looks
    held_until: Mapped[datetime | None]


class ShadowCaptureRecord(Record):
    """One capture as candidate and champion see it: how many boxes they share, and which not."""

    __tablename__ = "shadow_captures"
    model_version: Mapped[int] = mapped_column(ForeignKey("shadows.model_version"), primary_key=True)
    capture_id: Mapped[str] = mapped_column(ForeignKey("captures.id"), primary_key=True)
    shared: Mapped[int]
    only_champion: Mapped[int]
    only_candidate: Mapped[int]
    other_kind: Mapped[int]
    other_product: Mapped[int]
    disagreement: Mapped[float]  # share of all boxes that are not the same
    confidence_shift: Mapped[float | None]  # candidate's less champion's, mean over shared boxes
    champion_ms: Mapped[float | None]
    candidate_ms: Mapped[float | None]
    error: Mapped[str | None] = mapped_column(String(300))  # why the candidate could not look
    differences: Mapped[list[Any]]
    __table_args__ = (Index("shadow_captures_worst", "model_version", "disagreement"),)


class ModelUseRecord(Record):
    """What one server asked of one model within one minute."""

    __tablename__ = "model_uses"
    model_version: Mapped[int] = mapped_column(primary_key=True)
    minute: Mapped[datetime] = mapped_column(primary_key=True)
    server: Mapped[str] = mapped_column(String(32), primary_key=True)
    passes: Mapped[int]
    errors: Mapped[int]
    seconds: Mapped[float]  # of all passes that were answered

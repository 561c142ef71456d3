"""Detectors, and how they came about."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, text
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import Record


class ModelRecord(Record):
    """A detector that can serve. Version 1 is the starter, which lives in the installation."""

    __tablename__ = "models"
    version: Mapped[int] = mapped_column(primary_key=True)
    created_at: Mapped[datetime]
    source: Mapped[str] = mapped_column(String(16))  # starter | retraining
    retraining_id: Mapped[str | None] = mapped_column(String(32), unique=True)
    mlflow_run_id: Mapped[str | None] = mapped_column(String(64))
    mlflow_version: Mapped[str | None] = mapped_column(String(16))
    artefact_sha256: Mapped[str] = mapped_column(String(64))
    metadata_json: Mapped[dict[str, Any]]
    report: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))
    gate: Mapped[dict[str, Any] | None] = mapped_column(JSON(none_as_null=True))


class PromotionRecord(Record):
    """A move of the champion alias; the newest one says which model serves."""

    __tablename__ = "promotions"
    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=True)
    model_version: Mapped[int] = mapped_column(ForeignKey("models.version"))
    previous_version: Mapped[int | None]
    action: Mapped[str] = mapped_column(String(16))  # starter | promote | rollback
    reason: Mapped[str] = mapped_column(String(500))
    by: Mapped[str] = mapped_column(String(100))
    at: Mapped[datetime]


# One at a time of each model: the next one starts from what this one becomes.
_IN_FLIGHT = text("state IN ('queued', 'running', 'shadowing')")


class RetrainingRecord(Record):
    """One training job and what became of it."""

    __tablename__ = "retrainings"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    created_at: Mapped[datetime]
    finished_at: Mapped[datetime | None]
    by: Mapped[str] = mapped_column(String(100))
    trigger: Mapped[str] = mapped_column(String(16), default="manual")  # or schedule | labels | catalogue | …
    model: Mapped[str] = mapped_column(String(16), default="detector")  # detector | embedder
    state: Mapped[str] = mapped_column(String(16))
    reason: Mapped[str] = mapped_column(String(500))
    request: Mapped[dict[str, Any]]
    base_version: Mapped[int]
    snapshot_hash: Mapped[str | None] = mapped_column(String(64))
    progress: Mapped[dict[str, Any]]
    candidate_version: Mapped[int | None]
    error: Mapped[str | None] = mapped_column(String(2000))
    __table_args__ = (
        Index("one_retraining_in_flight", "model", unique=True, sqlite_where=_IN_FLIGHT, postgresql_where=_IN_FLIGHT),
    )

"""SQL about models and promotions."""

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from service.problems import Problem, not_found
from service.records import ModelRecord, PromotionRecord

STARTER_VERSION = 1


def list_models(session: Session) -> Sequence[ModelRecord]:
    """Return all models, newest first."""
    return session.scalars(select(ModelRecord).order_by(ModelRecord.version.desc())).all()


def get_model(session: Session, version: int) -> ModelRecord:
    """Return one model.

    Raises:
        Problem: model-not-found.
    """
    model = session.get(ModelRecord, version)
    if model is None:
        raise not_found("model", str(version), field="version", remedy="GET /v1/models lists the versions there are.")
    return model


def model_of_retraining(session: Session, retraining_id: str) -> ModelRecord | None:
    """Return the candidate that a retraining registered, if it came that far."""
    return session.scalar(select(ModelRecord).where(ModelRecord.retraining_id == retraining_id))


def next_version(session: Session) -> int:
    """Return the version after the newest; hold `lock_champion` while it is used."""
    return (session.scalar(select(func.max(ModelRecord.version))) or 0) + 1


def champion_version(session: Session) -> int:
    """Return the version that should serve now.

    Raises:
        Problem: no-model, before the starter is registered.
    """
    move = newest_move(session)
    if move is None:
        raise Problem(503, "no-model", "No model is registered yet.", retry_after=5)
    return move.model_version


def newest_move(session: Session) -> PromotionRecord | None:
    """Return the last move of the champion alias, None before the starter is registered."""
    return session.scalar(select(PromotionRecord).order_by(PromotionRecord.id.desc()).limit(1))


def list_promotions(session: Session) -> Sequence[PromotionRecord]:
    """Return every move of the champion alias, oldest first."""
    return session.scalars(select(PromotionRecord).order_by(PromotionRecord.id)).all()


def lock_champion(session: Session) -> None:
    """Wait for others that move the champion or add a model; the starter's row is the lock (SQLite has one writer)."""
    starter = select(ModelRecord.version).where(ModelRecord.version == STARTER_VERSION)
    # The weaker lock: captures refer to the row of their model, and storing one waits for the stronger lock.
    session.execute(starter.with_for_update(key_share=True))

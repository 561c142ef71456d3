"""What a model was trained on."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.queries import champion_version, get_model
from service.records import ModelRecord, RetrainingRecord, SnapshotRecord
from service.snapshots.keeping import unpacked
from training.snapshots import Snapshot


def serving_snapshot(session: Session) -> Snapshot | None:
    """Return the training set of the serving model.

    None for the starter, whose photos were drawn by a program, and for a model from before snapshots were kept.

    Raises:
        Problem: no-model, or snapshot-damaged.
    """
    return snapshot_of(session, get_model(session, champion_version(session)))


def snapshot_of(session: Session, model: ModelRecord) -> Snapshot | None:
    """Return the training set of a model; None as above.

    Raises:
        Problem: snapshot-damaged.
    """
    query = select(SnapshotRecord).join(RetrainingRecord, RetrainingRecord.snapshot_hash == SnapshotRecord.hash)
    kept = session.scalar(query.where(RetrainingRecord.id == model.retraining_id))
    return None if kept is None else unpacked(kept)

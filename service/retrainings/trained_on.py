"""What the serving model was trained on."""

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.models.queries import champion_version, get_model
from service.records import RetrainingRecord, SnapshotRecord
from service.snapshots.keeping import unpacked
from training.snapshots import Snapshot


def serving_snapshot(session: Session) -> Snapshot | None:
    """Return the training set of the serving model.

    None for the starter, whose photos were drawn by a program, and for a model from before snapshots were kept.

    Raises:
        Problem: no-model, or snapshot-damaged.
    """
    champion = get_model(session, champion_version(session))
    query = select(SnapshotRecord).join(RetrainingRecord, RetrainingRecord.snapshot_hash == SnapshotRecord.hash)
    kept = session.scalar(query.where(RetrainingRecord.id == champion.retraining_id))
    return None if kept is None else unpacked(kept)

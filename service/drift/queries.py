"""SQL about drift."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Row, Select, func, select
from sqlalchemy.orm import Session

from service.catalogue.queries import in_parts
from service.models.queries import newest_move
from service.records import CaptureRecord, DriftRecord, ModelRecord, RetrainingRecord, SignatureRecord

WHOLE_STORE = ""  # stands where a camera would


@dataclass(frozen=True, slots=True)
class Scope:
    """What is looked at: one camera of a store, or all captures of the store.

    Attributes:
        camera_id: empty for the whole store.
        captures: how many there are.
    """

    store_id: str
    camera_id: str
    captures: int


Taken = Row[str, datetime]


def list_scopes(session: Session) -> list[Scope]:
    """Return every camera with captures, and every store that has more than one of them or captures without one."""
    counts = select(CaptureRecord.store_id, CaptureRecord.camera_id, func.count()).group_by(
        CaptureRecord.store_id, CaptureRecord.camera_id
    )
    by_store: dict[str, dict[str | None, int]] = {}
    for store_id, camera_id, count in session.execute(counts):
        by_store.setdefault(store_id, {})[camera_id] = count
    scopes = []
    for store_id, cameras in sorted(by_store.items()):
        scopes += [Scope(store_id, camera, count) for camera, count in sorted(_named(cameras).items())]
        if len(cameras) > 1 or None in cameras:
            scopes.append(Scope(store_id, WHOLE_STORE, sum(cameras.values())))
    return scopes


def _named(cameras: dict[str | None, int]) -> dict[str, int]:
    return {camera: count for camera, count in cameras.items() if camera is not None}


def snapshot_time(session: Session) -> datetime | None:
    """Return when the retraining was ordered that the serving model came from; None for the starter."""
    move = newest_move(session)
    if move is None:
        return None
    ordered = (
        select(RetrainingRecord.created_at)
        .join(ModelRecord, ModelRecord.retraining_id == RetrainingRecord.id)
        .where(ModelRecord.version == move.model_version)
    )
    return session.scalar(ordered)


def newest_taken(session: Session, scope: Scope, limit: int, until: datetime | None = None) -> Sequence[Taken]:
    """Return ids and times of a scope's newest captures, oldest first; `until`: of those received by then."""
    query = _of(scope)
    if until is not None:
        query = query.where(CaptureRecord.received_at <= until)
    newest_first = query.order_by(CaptureRecord.taken_at.desc(), CaptureRecord.id.desc())
    return session.execute(newest_first.limit(limit)).all()[::-1]


def first_taken(session: Session, scope: Scope, limit: int) -> Sequence[Taken]:
    """Return ids and times of a scope's first captures, oldest first."""
    return session.execute(_of(scope).order_by(CaptureRecord.taken_at, CaptureRecord.id).limit(limit)).all()


def _of(scope: Scope) -> Select[str, datetime]:
    query = select(CaptureRecord.id, CaptureRecord.taken_at).where(CaptureRecord.store_id == scope.store_id)
    return query if scope.camera_id == WHOLE_STORE else query.where(CaptureRecord.camera_id == scope.camera_id)


def read_signatures(session: Session, ids: Sequence[str]) -> dict[str, SignatureRecord]:
    """Return the signatures of captures, by their ids."""
    found: dict[str, SignatureRecord] = {}
    for some in in_parts(ids):
        query = select(SignatureRecord).where(SignatureRecord.capture_id.in_(some))
        found |= {signature.capture_id: signature for signature in session.scalars(query)}
    return found


def list_drifts(session: Session) -> Sequence[DriftRecord]:
    """Return what the last looks said, stores in order, each whole store before its cameras."""
    return session.scalars(select(DriftRecord).order_by(DriftRecord.store_id, DriftRecord.camera_id)).all()


def find_drift(session: Session, scope: Scope) -> DriftRecord | None:
    """Return what the last look at a scope said, None if nobody has looked."""
    return session.get(DriftRecord, (scope.store_id, scope.camera_id))

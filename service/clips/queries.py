"""SQL about clips, their pieces and what was marked in them."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, true
from sqlalchemy.orm import InstrumentedAttribute, Session

from labeling.leases import TaskState
from service.problems import not_found
from service.records import ClipAnnotationRecord, ClipRecord, ClipTaskRecord

WAITING, CUT, FAILED, DELETED = "waiting", "cut", "failed", "deleted"
Scope = frozenset[str] | None


def unfinished_clips(session: Session) -> Sequence[str]:
    """Return the orders to cut clips that wait or run, oldest first: the clip's id, a slash, a number."""
    waiting = select(ClipRecord).where(ClipRecord.state == WAITING).order_by(ClipRecord.received_at)
    return [f"{clip.id}/{clip.order}" for clip in session.scalars(waiting)]


def waiting_clips(session: Session) -> Sequence[ClipRecord]:
    """Return the clips whose files are to be kept until they are cut."""
    return session.scalars(select(ClipRecord).where(ClipRecord.state == WAITING)).all()


def clip_of_file(session: Session, store_id: str, sha256: str) -> ClipRecord | None:
    """Return the clip that a store sent as this very file, locked."""
    same = select(ClipRecord).where(ClipRecord.store_id == store_id, ClipRecord.sha256 == sha256)
    return session.scalar(same.with_for_update())


def lock_clip(session: Session, clip_id: str) -> ClipRecord | None:
    """Return a clip that nobody else changes until this transaction ends."""
    return session.scalar(select(ClipRecord).where(ClipRecord.id == clip_id).with_for_update())


def get_clip(session: Session, clip_id: str, store_ids: Scope) -> ClipRecord:
    """Return a clip within these stores.

    Raises:
        Problem: clip-not-found.
    """
    clip = session.get(ClipRecord, clip_id)
    if clip is None or not _reaches(store_ids, clip.store_id):
        hidden_in = None if clip is None else clip.store_id
        raise not_found("clip", clip_id, remedy="GET /v1/clips lists the clips there are.", hidden_in=hidden_in)
    return clip


def list_clips(session: Session, store_ids: Scope, limit: int) -> Sequence[ClipRecord]:
    """Return clips that are not deleted, newest first."""
    wanted = select(ClipRecord).where(ClipRecord.state != DELETED, within(ClipRecord.store_id, store_ids))
    return session.scalars(wanted.order_by(ClipRecord.received_at.desc(), ClipRecord.id).limit(limit)).all()


def count_states(session: Session, clip_ids: Sequence[str]) -> dict[str, dict[TaskState, int]]:
    """Return how many pieces of each clip are in each state."""
    counted = select(ClipTaskRecord.clip_id, ClipTaskRecord.state, func.count())
    counted = counted.where(ClipTaskRecord.clip_id.in_(clip_ids)).group_by(ClipTaskRecord.clip_id, ClipTaskRecord.state)
    counts: dict[str, dict[TaskState, int]] = {}
    for clip_id, state, count in session.execute(counted):
        counts.setdefault(clip_id, {})[TaskState(state)] = count
    return counts


def get_task(session: Session, task_id: str, store_ids: Scope) -> ClipTaskRecord:
    """Return a piece within these stores.

    Raises:
        Problem: clip-task-not-found.
    """
    task = session.get(ClipTaskRecord, task_id)
    if task is None or not _reaches(store_ids, task.store_id):
        hidden_in = None if task is None else task.store_id
        remedy = "GET /v1/clips/tasks lists the pieces there are."
        raise not_found("clip task", task_id, remedy=remedy, hidden_in=hidden_in)
    return task


def list_tasks(
    session: Session, clip_id: str | None, state: TaskState | None, store_ids: Scope, limit: int
) -> Sequence[ClipTaskRecord]:
    """Return pieces in the order of labelling; those of one clip in the order of time."""
    query = select(ClipTaskRecord).where(within(ClipTaskRecord.store_id, store_ids))
    if state is not None:
        query = query.where(ClipTaskRecord.state == state)
    if clip_id is not None:
        query = query.where(ClipTaskRecord.clip_id == clip_id).order_by(ClipTaskRecord.part)
    order = (ClipTaskRecord.rank, ClipTaskRecord.created_at, ClipTaskRecord.id)
    return session.scalars(query.order_by(*order).limit(limit)).all()


def annotation_of(session: Session, task_id: str) -> ClipAnnotationRecord | None:
    """Return what counts of a piece, None if nothing was submitted."""
    counting = select(ClipAnnotationRecord).where(
        ClipAnnotationRecord.task_id == task_id, ClipAnnotationRecord.superseded_by.is_(None)
    )
    return session.scalar(counting)


def annotation_before(session: Session, task: ClipTaskRecord) -> ClipAnnotationRecord | None:
    """Return what counts of the piece that ends where this one begins."""
    earlier = select(ClipTaskRecord).where(ClipTaskRecord.clip_id == task.clip_id, ClipTaskRecord.part == task.part - 1)
    before = session.scalar(earlier)
    return None if before is None or before.ends < task.times[0] - 1e-3 else annotation_of(session, before.id)


def labelled(session: Session, store_ids: Scope) -> Sequence[tuple[ClipAnnotationRecord, ClipTaskRecord, ClipRecord]]:
    """Return everything that counts, with its piece and clip, in the order of clips and time."""
    query = (
        select(ClipAnnotationRecord, ClipTaskRecord, ClipRecord)
        .join(ClipTaskRecord, ClipTaskRecord.id == ClipAnnotationRecord.task_id)
        .join(ClipRecord, ClipRecord.id == ClipTaskRecord.clip_id)
        .where(
            ClipAnnotationRecord.superseded_by.is_(None),
            ClipTaskRecord.state != TaskState.SKIPPED,
            within(ClipRecord.store_id, store_ids),
        )
        .order_by(ClipRecord.recorded_at, ClipRecord.id, ClipTaskRecord.part)
    )
    return [(annotation, task, clip) for annotation, task, clip in session.execute(query)]


def last_labelled_at(session: Session) -> tuple[datetime | None, int]:
    """Return when the newest annotation came and how many pieces wait: what the order of labelling depends on."""
    newest = session.scalar(select(func.max(ClipAnnotationRecord.created_at)))
    queued = select(func.count()).where(ClipTaskRecord.state == TaskState.QUEUED)
    return newest, session.scalar(queued) or 0


def within(column: InstrumentedAttribute[str], store_ids: Scope) -> ColumnElement[bool]:
    """Return the condition that a store is one of these; None stands for all."""
    return true() if store_ids is None else column.in_(store_ids)


def _reaches(store_ids: Scope, store_id: str) -> bool:
    return store_ids is None or store_id in store_ids

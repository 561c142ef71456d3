"""Tasks that ask people how a bay kept its planogram."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session, defer

from labeling.leases import Purpose, TaskKind, TaskState
from service.auth.callers import Caller
from service.ids import new_id
from service.inserting import insert_if_new
from service.planograms.queries import store_of_bay
from service.problems import not_found
from service.records import CaptureRecord, ComplianceRecord, TaskRecord
from service.tasks.showing_schemas import LeftOut, VerdictTasksAnswer, VerdictTasksRequest

ARM = "verdicts"
_HAS_ONE = "It has a task of verdicts already."


def make_verdict_tasks(
    session: Session, caller: Caller, request: VerdictTasksRequest, now: datetime
) -> VerdictTasksAnswer:
    """Queue a task for each wanted capture that was judged and has none yet, the most doubtful first.

    Raises:
        Problem: bay-not-found.
    """
    judged = _wanted(session, caller, request)
    made = [task_id for rank, one in enumerate(judged, 1) if (task_id := _made(session, one, rank, request, now))]
    known = {one.capture_id for one in judged}
    strangers = [id for id in dict.fromkeys(request.capture_ids) if id not in known]
    left_out = [LeftOut(capture_id=id, why="There is no such capture, or it was not judged.") for id in strangers]
    there = set(session.scalars(select(TaskRecord.capture_id).where(TaskRecord.id.in_(made))))
    left_out += [LeftOut(capture_id=one.capture_id, why=_HAS_ONE) for one in judged if one.capture_id not in there]
    return VerdictTasksAnswer(task_ids=made, left_out=left_out)


def _wanted(session: Session, caller: Caller, request: VerdictTasksRequest) -> Sequence[ComplianceRecord]:
    """Return the compliances in question within the caller's stores, those first that are most likely wrong."""
    judged = (
        select(ComplianceRecord)
        .join(CaptureRecord, CaptureRecord.id == ComplianceRecord.capture_id)
        .where(ComplianceRecord.fits, CaptureRecord.deleted_at.is_(None))
        .order_by(ComplianceRecord.flip.desc(), ComplianceRecord.capture_id)
        .options(defer(ComplianceRecord.answer))
    )
    if caller.store_ids is not None:
        judged = judged.where(ComplianceRecord.store_id.in_(caller.store_ids))
    if request.bay_id is None:
        return session.scalars(judged.where(ComplianceRecord.capture_id.in_(request.capture_ids))).all()
    store_id = store_of_bay(session, request.bay_id)
    if store_id is None or not caller.may_reach(store_id):
        remedy = "GET /v1/bays lists the bays there are."
        raise not_found("bay", request.bay_id, field="bay_id", remedy=remedy, hidden_in=store_id)
    asked = select(TaskRecord.id).where(
        TaskRecord.capture_id == ComplianceRecord.capture_id, TaskRecord.kind == TaskKind.VERDICTS
    )
    of_bay = judged.where(ComplianceRecord.bay_id == request.bay_id, ~asked.exists())
    return session.scalars(of_bay.limit(request.most)).all()


def _made(
    session: Session, judged: ComplianceRecord, rank: int, request: VerdictTasksRequest, now: datetime
) -> str | None:
    """Queue a task and return its id, None where there is one."""
    positions = sum(judged.counts.values()) - judged.counts["unexpected"]
    task_id = new_id(now)
    new = insert_if_new(
        session,
        TaskRecord,
        id=task_id,
        created_at=now,
        state=TaskState.QUEUED,
        priority=request.priority,
        rank=rank,
        expert=False,
        capture_id=judged.capture_id,
        store_id=judged.store_id,
        kind=TaskKind.VERDICTS,
        purpose=Purpose.LABEL,
        part=0,
        copy=0,
        arm=ARM,
        reason=f"With a chance of {judged.flip:.0%} a verdict on one of {positions} positions is wrong",
        predicted_boxes=positions,
    )
    return task_id if new else None

"""Tasks over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from sqlalchemy.orm import Session

from labeling.leases import TaskState
from service.auth.callers import Caller, require
from service.auth.permissions import Action, Role
from service.context import Context
from service.dependencies import ContextOf
from service.ids import RecordId
from service.naming.shelf_references import pictures_of_named
from service.problems import not_found
from service.records import TaskRecord
from service.tasks.answers import annotation_answer, lease_answer, only_own, standing_answer, task_answer, task_summary
from service.tasks.holding import (
    LeaseRules,
    escalate_task,
    prioritise,
    release_task,
    skip_task,
    take_tasks,
)
from service.tasks.leasing import extend
from service.tasks.queries import answered, get_task, list_tasks
from service.tasks.schemas import (
    AnnotateRequest,
    AnnotationAnswer,
    ChangeRequest,
    EscalateRequest,
    ExtendAnswer,
    ExtendRequest,
    LeaseAnswer,
    LeaseRequest,
    ReleaseRequest,
    SkipRequest,
    TaskAnswer,
    TaskSummary,
)
from service.tasks.submitting import submit_boxes

router = APIRouter(prefix="/v1/tasks", tags=["tasks"])
Annotator = Annotated[Caller, Depends(require(Action.LABEL))]


@router.post("/lease")
def lease_tasks(context: ContextOf, caller: Annotator, request: LeaseRequest) -> LeaseAnswer:
    """Take tasks for a while: nobody else gets them until they are labelled, skipped, released or the lease ends.

    They come in the order of their priority, then of their rank in the round. Experts get first what was escalated.
    Nobody gets a part of a photo again that he skipped or escalated.
    """
    rules, expert = lease_rules(context), caller.role != Role.ANNOTATOR
    with context.database.write() as session:
        lease, tasks = take_tasks(session, request, caller.id, caller.store_ids, context.clock(), rules, expert=expert)
        return lease_answer(session, lease, tasks, caller)


@router.get("")
def read_tasks(
    context: ContextOf,
    caller: Annotator,
    state: TaskState | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[TaskSummary]:
    """List tasks in the order of labelling, of one state or of all; annotators see their own."""
    with context.database.read() as session:
        rows = list_tasks(session, state, caller.store_ids, limit, only_own(caller))
        return [task_summary(task, capture, caller) for task, capture in rows]


@router.get("/{task_id}")
def read_task(context: ContextOf, caller: Annotator, task_id: RecordId) -> TaskSummary:
    """Show a task."""
    with context.database.read() as session:
        return task_summary(*get_task(session, task_id, caller.store_ids, only_own(caller)), caller)


@router.patch("/{task_id}")
def change_task(
    context: ContextOf,
    caller: Annotated[Caller, Depends(require(Action.ORDER_TASKS))],
    task_id: RecordId,
    request: ChangeRequest,
) -> TaskAnswer:
    """Let a task come sooner or later."""
    with context.database.write() as session:
        task, _ = get_task(session, task_id, caller.store_ids)
        prioritise(session, task, request.priority)
        return task_answer(task, caller)


@router.get("/{task_id}/annotation")
def read_annotation(context: ContextOf, caller: Annotator, task_id: RecordId) -> AnnotationAnswer:
    """Show what was last submitted for a task; annotators see it of tasks of their own."""
    with context.database.read() as session:
        task, _ = get_task(session, task_id, caller.store_ids, only_own(caller))
        if only_own(caller) not in (None, task.leased_by):
            raise not_found("task", task_id, remedy="GET /v1/tasks lists the tasks there are.")
        annotation = answered(session, task, only_own(caller))
        if annotation is None:
            raise not_found("annotation", task_id, remedy="The task is not labelled yet.")
        return standing_answer(session, annotation)


@router.post("/{task_id}/annotations", status_code=201)
def submit(context: ContextOf, caller: Annotator, task_id: RecordId, request: AnnotateRequest) -> AnnotationAnswer:
    """Submit all boxes of a leased task; of one that was queued again they count instead of the earlier ones."""
    now = context.clock()
    with pictures_of_named(context, task_id, request.boxes) as named, context.database.write() as session:
        submitted = submit_boxes(session, task_id, request, caller.id, now, context.settings.quality)
        named.keep(session, now)
        return annotation_answer(*submitted)


@router.post("/{task_id}/skip")
def skip(context: ContextOf, caller: Annotator, task_id: RecordId, request: SkipRequest) -> TaskAnswer:
    """Pass a leased task over; nobody is asked to label it again."""
    with context.database.write() as session:
        task = skip_task(
            session, task_id, caller.id, request.lease_token, context.clock(), request.reason, request.note
        )
        return _changed(session, task, caller)


@router.post("/{task_id}/release")
def release(context: ContextOf, caller: Annotator, task_id: RecordId, request: ReleaseRequest) -> TaskAnswer:
    """Give a leased task back for others."""
    with context.database.write() as session:
        task = release_task(session, task_id, caller.id, request.lease_token, context.clock())
        return _changed(session, task, caller)


@router.post("/{task_id}/escalate")
def escalate(context: ContextOf, caller: Annotator, task_id: RecordId, request: EscalateRequest) -> TaskAnswer:
    """Leave a leased task to an expert, with what made it hard."""
    with context.database.write() as session:
        task = escalate_task(
            session, task_id, caller.id, request.lease_token, context.clock(), request.reason, request.note
        )
        return _changed(session, task, caller)


@router.post("/{task_id}/extend")
def extend_lease(context: ContextOf, caller: Annotator, task_id: RecordId, request: ExtendRequest) -> ExtendAnswer:
    """Hold a leased task longer, and all others of the same lease."""
    minutes = request.minutes or context.settings.lease_minutes
    with context.database.write() as session:
        end = extend(
            session,
            TaskRecord,
            task_id,
            caller.id,
            request.lease_token,
            context.clock(),
            minutes,
            60 * context.settings.tasks.most_lease_hours,
        )
        return ExtendAnswer(lease_token=request.lease_token, leased_until=end)


def lease_rules(context: Context) -> LeaseRules:
    """Return what the settings say of every lease of tasks."""
    settings = context.settings
    return LeaseRules(settings.lease_minutes, settings.tasks.most_held, settings.quality.gold_share)


def _changed(session: Session, task: TaskRecord, caller: Caller) -> TaskAnswer:
    session.flush()
    return task_answer(task, caller)

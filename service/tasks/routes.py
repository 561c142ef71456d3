"""Tasks over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from sqlalchemy.orm import Session

from labeling.guidelines import GUIDELINE_V1
from labeling.leases import TaskState
from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.catalogue.queries import hold_catalogue
from service.dependencies import ContextOf
from service.ids import RecordId
from service.naming.shelf_references import pictures_of_named
from service.problems import not_found
from service.records import AnnotationRecord, CaptureRecord, TaskRecord
from service.tasks.annotating import annotate, todays_boxes
from service.tasks.holding import finish_task, hold_task, take_tasks
from service.tasks.queries import annotation_of, capture_of, get_task, list_tasks
from service.tasks.schemas import (
    AnnotateRequest,
    AnnotationAnswer,
    GuidelineAnswer,
    LeaseAnswer,
    LeasedTask,
    LeaseRequest,
    ReleaseRequest,
    SkipRequest,
    TaskAnswer,
    TaskSummary,
)

router = APIRouter(prefix="/v1/tasks", tags=["tasks"])
Annotator = Annotated[Caller, Depends(require(Action.LABEL))]


@router.post("/lease")
def lease_tasks(context: ContextOf, caller: Annotator, request: LeaseRequest) -> LeaseAnswer:
    """Take tasks for a while: nobody else gets them until they are labelled, skipped, released or the lease ends."""
    with context.database.write() as session:
        lease, tasks = take_tasks(
            session, request, caller.id, caller.store_ids, context.clock(), context.settings.lease_minutes
        )
        return LeaseAnswer(
            lease_token=lease.token,
            leased_until=lease.leased_until,
            tasks=[_leased(session, task) for task in tasks],
            guideline=_guideline(),
        )


@router.get("")
def read_tasks(
    context: ContextOf,
    caller: Annotator,
    state: TaskState | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[TaskSummary]:
    """List tasks in the order of labelling, of one state or of all."""
    with context.database.read() as session:
        rows = list_tasks(session, state, caller.store_ids, limit)
        return [TaskSummary(**_summary(task, capture)) for task, capture in rows]


@router.get("/{task_id}")
def read_task(context: ContextOf, caller: Annotator, task_id: RecordId) -> TaskSummary:
    """Show a task."""
    with context.database.read() as session:
        return TaskSummary(**_summary(*get_task(session, task_id, caller.store_ids)))


@router.get("/{task_id}/annotation")
def read_annotation(context: ContextOf, caller: Annotator, task_id: RecordId) -> AnnotationAnswer:
    """Show what was last submitted for a task."""
    with context.database.read() as session:
        task, _ = get_task(session, task_id, caller.store_ids)
        annotation = annotation_of(session, task.id)
        if annotation is None:
            raise not_found("annotation", task_id, remedy="The task is not labelled yet.")
        return _annotation(session, annotation)


@router.post("/{task_id}/annotations", status_code=201)
def submit(context: ContextOf, caller: Annotator, task_id: RecordId, request: AnnotateRequest) -> AnnotationAnswer:
    """Submit all boxes of a leased task; of one that was queued again they count instead of the earlier ones."""
    now = context.clock()
    with pictures_of_named(context, task_id, request.boxes) as named, context.database.write() as session:
        hold_catalogue(session)
        task = hold_task(session, task_id, caller.id, request.lease_token, now)
        annotation = annotate(session, task, request, caller.id, now)
        named.keep(session, now)
        return _annotation(session, annotation)


@router.post("/{task_id}/skip")
def skip(context: ContextOf, caller: Annotator, task_id: RecordId, request: SkipRequest) -> TaskAnswer:
    """Pass a leased task over; nobody is asked to label it again."""
    with context.database.write() as session:
        task = hold_task(session, task_id, caller.id, request.lease_token, context.clock())
        finish_task(task, TaskState.SKIPPED)
        task.skip_reason = request.reason
        return TaskAnswer.model_validate(task)


@router.post("/{task_id}/release")
def release(context: ContextOf, caller: Annotator, task_id: RecordId, request: ReleaseRequest) -> TaskAnswer:
    """Give a leased task back for others."""
    with context.database.write() as session:
        task = hold_task(session, task_id, caller.id, request.lease_token, context.clock())
        finish_task(task, TaskState.QUEUED)
        return TaskAnswer.model_validate(task)


def _summary(task: TaskRecord, capture: CaptureRecord) -> dict[str, Any]:
    return {
        **TaskAnswer.model_validate(task).model_dump(),
        "store_id": capture.store_id,
        "bay_id": capture.bay_id,
        "taken_at": capture.taken_at,
        "photo_url": f"/v1/captures/{capture.id}/photo",
    }


def _leased(session: Session, task: TaskRecord) -> LeasedTask:
    capture, annotation = capture_of(session, task), annotation_of(session, task.id)
    return LeasedTask(
        **_summary(task, capture),
        width=capture.width,
        height=capture.height,
        prelabels=capture.detections if annotation is None else todays_boxes(session, annotation),
        prelabel_model_version=capture.model_version,
    )


def _annotation(session: Session, annotation: AnnotationRecord) -> AnnotationAnswer:
    return AnnotationAnswer(
        **{name: getattr(annotation, name) for name in AnnotationAnswer.model_fields if name != "boxes"},
        boxes=todays_boxes(session, annotation),
    )


def _guideline() -> GuidelineAnswer:
    return GuidelineAnswer(
        version=GUIDELINE_V1.version,
        text=GUIDELINE_V1.text,
        rules={kind: list(rules) for kind, rules in GUIDELINE_V1.rules.items()},
        when_to_skip=list(GUIDELINE_V1.when_to_skip),
    )

"""Pieces of clips over HTTP: leased, looked at, labelled."""

from collections.abc import Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy.orm import Session

from labeling.leases import TaskState
from service.auth.callers import Caller, require
from service.auth.permissions import Action, Role
from service.clips.marking import checked_events, keep_events
from service.clips.queries import (
    annotation_before,
    annotation_of,
    get_task,
    list_tasks,
    within,
)
from service.clips.schemas import (
    ClipAnnotationAnswer,
    ClipHolder,
    ClipLeaseAnswer,
    ClipLeaseEnd,
    ClipLeaseRequest,
    ClipTaskAnswer,
    EventIn,
    EventKindAnswer,
    LeasedClipTask,
    MarkRequest,
    SkipClipRequest,
)
from service.context import Context
from service.dependencies import ContextOf
from service.ids import RECORD_ID, RecordId
from service.privacy.audit import note_view
from service.problems import Problem, not_found
from service.records import ClipRecord, ClipTaskRecord
from service.tasks.leasing import extend, finish, hold, requeue, take

MOST_LEASES = 8  # that a lease may last in all, by extensions, in times of the usual one
router = APIRouter(prefix="/v1/clips/tasks", tags=["clips"])
Reader = Annotated[Caller, Depends(require(Action.READ_CLIPS))]
Annotator = Annotated[Caller, Depends(require(Action.LABEL))]
Overseer = Annotated[Caller, Depends(require(Action.READ_ROUNDS))]
_KEPT = {"Cache-Control": "private, max-age=3600"}


@router.post("/lease")
def lease_pieces(context: ContextOf, caller: Annotator, request: ClipLeaseRequest) -> ClipLeaseAnswer:
    """Take pieces for a while: nobody else gets them until they are labelled, skipped, released or the lease ends."""
    where = [within(ClipTaskRecord.store_id, caller.store_ids)]
    if request.store_ids is not None:
        where.append(ClipTaskRecord.store_id.in_(request.store_ids))
    if request.clip_id is not None:
        where.append(ClipTaskRecord.clip_id == request.clip_id)
    with context.database.write() as session:
        lease, tasks = take(
            session,
            ClipTaskRecord,
            caller.id,
            context.clock(),
            context.settings.lease_minutes,
            most=request.count,
            where=where,
            experts=caller.role in (Role.EXPERT, Role.ADMIN),
            most_held=context.settings.tasks.most_held,
        )
        return ClipLeaseAnswer(
            lease_token=lease.token,
            leased_until=lease.leased_until,
            tasks=[_leased(session, task) for task in tasks],
            event_kinds=[EventKindAnswer.model_validate(event) for event in context.settings.clips.events],
        )


@router.get("")
def read_pieces(
    context: ContextOf,
    caller: Reader,
    clip_id: Annotated[str | None, Query(pattern=RECORD_ID)] = None,
    state: TaskState | None = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> list[ClipTaskAnswer]:
    """List pieces in the order of labelling; those of one clip in the order of time."""
    with context.database.read() as session:
        return [_answer(session, task) for task in list_tasks(session, clip_id, state, caller.store_ids, limit)]


@router.get("/{task_id}")
def read_piece(context: ContextOf, caller: Reader, task_id: RecordId) -> ClipTaskAnswer:
    """Show a piece."""
    with context.database.read() as session:
        return _answer(session, get_task(session, task_id, caller.store_ids))


@router.get("/{task_id}/frames", response_class=Response, responses={200: {"content": {"video/x-motion-jpeg": {}}}})
def read_frames(context: ContextOf, caller: Reader, task_id: RecordId) -> Response:
    """Return all frames of a piece, faces covered: JPEGs one after the other, which begin at the piece's `offsets`."""
    task = _shown(context, caller, task_id)
    return Response(_frames(context, task), media_type="video/x-motion-jpeg", headers=_KEPT)


@router.get("/{task_id}/frames/{number}", response_class=Response, responses={200: {"content": {"image/jpeg": {}}}})
def read_frame(context: ContextOf, caller: Reader, task_id: RecordId, number: int) -> Response:
    """Return one frame of a piece, faces covered."""
    task = _shown(context, caller, task_id)
    if not 0 <= number < len(task.times):
        raise not_found("frame", str(number), remedy=f"The piece has frames 0 to {len(task.times) - 1}.")
    frame = _frames(context, task)[task.offsets[number] : task.offsets[number + 1]]
    return Response(frame, media_type="image/jpeg", headers=_KEPT)


@router.get("/{task_id}/annotation")
def read_events(context: ContextOf, caller: Reader, task_id: RecordId) -> ClipAnnotationAnswer:
    """Show what was last marked in a piece."""
    with context.database.read() as session:
        annotation = annotation_of(session, get_task(session, task_id, caller.store_ids).id)
        if annotation is None:
            raise not_found("annotation", task_id, remedy="The piece is not labelled yet.")
        return ClipAnnotationAnswer.model_validate(annotation)


@router.post("/{task_id}/annotations", status_code=201)
def submit_events(
    context: ContextOf, caller: Annotator, task_id: RecordId, request: MarkRequest
) -> ClipAnnotationAnswer:
    """Submit all events of a leased piece, none if there are none."""
    now, kinds = context.clock(), [event.id for event in context.settings.clips.events]
    with context.database.write() as session:
        task = hold(session, ClipTaskRecord, task_id, caller.id, request.lease_token, now)
        events = checked_events(task, request.events, kinds)
        annotation = keep_events(session, task, events, kinds, caller.id, now, seconds=request.seconds)
        finish(task, TaskState.LABELLED)
        return ClipAnnotationAnswer.model_validate(annotation)


@router.post("/{task_id}/extend")
def extend_lease(context: ContextOf, caller: Annotator, task_id: RecordId, request: ClipHolder) -> ClipLeaseEnd:
    """Hold a piece, and all others of its lease, as long as a new lease would."""
    minutes = context.settings.lease_minutes
    with context.database.write() as session:
        now, most = context.clock(), MOST_LEASES * minutes
        end = extend(session, ClipTaskRecord, task_id, caller.id, request.lease_token, now, minutes, most)
        return ClipLeaseEnd(leased_until=end)


@router.post("/{task_id}/skip")
def skip_piece(context: ContextOf, caller: Annotator, task_id: RecordId, request: SkipClipRequest) -> ClipTaskAnswer:
    """Pass a leased piece over; nobody is asked to label it again."""
    with context.database.write() as session:
        task = hold(session, ClipTaskRecord, task_id, caller.id, request.lease_token, context.clock())
        finish(task, TaskState.SKIPPED)
        task.skip_reason, task.note = request.reason, request.note
        return _answer(session, task)


@router.post("/{task_id}/release")
def release_piece(context: ContextOf, caller: Annotator, task_id: RecordId, request: ClipHolder) -> ClipTaskAnswer:
    """Give a leased piece back for others."""
    with context.database.write() as session:
        task = hold(session, ClipTaskRecord, task_id, caller.id, request.lease_token, context.clock())
        finish(task, TaskState.QUEUED)
        return _answer(session, task)


@router.post("/{task_id}/requeue")
def requeue_piece(context: ContextOf, caller: Overseer, task_id: RecordId) -> ClipTaskAnswer:
    """Have a labelled or skipped piece labelled again, first of all; what was marked counts until then."""
    with context.database.write() as session:
        task = get_task(session, task_id, caller.store_ids)
        session.refresh(task, with_for_update=True)
        if task.state in (TaskState.LABELLED, TaskState.SKIPPED):
            requeue(task)
            task.priority, task.skip_reason = task.priority + 1, None
        return _answer(session, task)


def _shown(context: Context, caller: Caller, task_id: str) -> ClipTaskRecord:
    """Return a piece whose frames the caller is about to see; that he does is written down.

    Annotators see what they were handed, and nothing else: who watches people in a shop is to have a reason.
    """
    with context.database.read() as session:
        task = get_task(session, task_id, caller.store_ids)
    if caller.role is Role.ANNOTATOR and task.leased_by != caller.id:
        detail = "An annotator sees the pieces that he leased."
        raise Problem(403, "clip-task-not-yours", detail, remedy="Lease pieces with POST /v1/clips/tasks/lease.")
    note_view(context, caller, "frame", task.clip_id, task.store_id)
    return task


def _frames(context: Context, task: ClipTaskRecord) -> bytes:
    try:
        return context.images.get(task.frames_key)
    except FileNotFoundError as error:
        remedy = "The image store lost it; delete the clip and send it again."
        raise not_found("frames", task.id, remedy=remedy) from error


def _answer(session: Session, task: ClipTaskRecord) -> ClipTaskAnswer:
    return ClipTaskAnswer.model_validate(_members(task, session.get_one(ClipRecord, task.clip_id)))


def _members(task: ClipTaskRecord, clip: ClipRecord) -> dict[str, object]:
    return {
        "id": task.id,
        "clip_id": clip.id,
        "store_id": clip.store_id,
        "camera_id": clip.camera_id,
        "recorded_at": clip.recorded_at,
        "part": task.part,
        "state": task.state,
        "start": task.times[0],
        "end": task.ends,
        "frame_count": len(task.times),
        "frames_url": f"/v1/clips/tasks/{task.id}/frames",
        "leased_until": task.leased_until,
        "skip_reason": task.skip_reason,
    }


def _leased(session: Session, task: ClipTaskRecord) -> LeasedClipTask:
    clip, before, own = (
        session.get_one(ClipRecord, task.clip_id),
        annotation_before(session, task),
        annotation_of(session, task.id),
    )
    frame = (task.ends - task.times[0]) / len(task.times)
    open_ends = [event for event in (before.events if before else []) if task.times[0] - event["end"] <= 1.5 * frame]
    return LeasedClipTask.model_validate(
        {
            **_members(task, clip),
            "width": clip.width,
            "height": clip.height,
            "times": task.times,
            "offsets": task.offsets,
            "tracks": task.tracks,
            "going_on": _events(open_ends),
            "events": _events(own.events if own else []),
        }
    )


def _events(kept: Sequence[dict[str, object]]) -> list[EventIn]:
    return [EventIn.model_validate(event) for event in kept]

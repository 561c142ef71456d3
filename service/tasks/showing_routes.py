"""What an annotator sees of a task over HTTP: the view, drafts, and products that look alike."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic_core import to_json

from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.dependencies import ContextOf
from service.ids import RecordId
from service.problems import Problem, not_found
from service.records import TaskRecord
from service.tasks.drafts import draft_answer, draft_of, forget_draft, keep_draft
from service.tasks.in_hand import is_held, shown_task
from service.tasks.leasing import hold
from service.tasks.likeness import find_alike
from service.tasks.showing import show_task
from service.tasks.showing_schemas import MOST_ALIKE, MOST_DRAFTS, DraftAnswer, DraftRequest, LikenessAnswer, TaskView
from service.tasks.siblings import Siblings

router = APIRouter(prefix="/v1/tasks/{task_id}", tags=["tasks"])
Annotator = Annotated[Caller, Depends(require(Action.LABEL))]
Edge = Annotated[float, Query(ge=0, le=1e6, description="pixels of the upright photo")]


async def _siblings(request: Request) -> Siblings:
    siblings: Siblings = request.app.state.siblings
    return siblings


@router.get("/view", response_model=TaskView)
def view_task(
    context: ContextOf, caller: Annotator, siblings: Annotated[Siblings, Depends(_siblings)], task_id: RecordId
) -> Response:
    """Show a task with all that labelling it takes; an annotator sees those that he holds or has a draft of."""
    with context.database.read() as session:
        task, capture = shown_task(session, task_id, caller)
        shown = show_task(session, task, capture, caller, siblings, context.clock())
    return Response(to_json(shown), media_type="application/json", headers={"Cache-Control": "no-store"})


@router.get("/draft")
def read_draft(context: ContextOf, caller: Annotator, task_id: RecordId) -> DraftAnswer:
    """Return the caller's own draft of a task; it is kept beyond the lease, until somebody labels the task."""
    with context.database.read() as session:
        task, _ = shown_task(session, task_id, caller)
        draft = draft_of(session, task_id, caller.id)
        if draft is None:
            raise not_found("draft", task_id, remedy="You have none of this task, or it was labelled since.")
        return draft_answer(draft, held=is_held(task, caller.id, context.clock()))


@router.put("/draft")
def put_draft(context: ContextOf, caller: Annotator, task_id: RecordId, request: DraftRequest) -> DraftAnswer:
    """Keep what is drawn so far; a draft of a higher number that is kept already is not overwritten."""
    now = context.clock()
    with context.database.write() as session:
        task = hold(session, TaskRecord, task_id, caller.id, request.lease_token, now)
        return draft_answer(keep_draft(session, task, caller.id, request, now), held=True)


@router.delete("/draft", status_code=204)
def delete_draft(
    context: ContextOf,
    caller: Annotator,
    task_id: RecordId,
    number: Annotated[int, Query(ge=1, le=MOST_DRAFTS, description="of the draft; one of a higher number stays")],
) -> None:
    """Forget the caller's own draft of a task."""
    with context.database.write() as session:
        forget_draft(session, task_id, caller.id, number)


@router.get("/likeness")
def search_by_likeness(
    context: ContextOf,
    caller: Annotator,
    task_id: RecordId,
    x1: Edge,
    y1: Edge,
    x2: Edge,
    y2: Edge,
    most: Annotated[int, Query(ge=1, le=MOST_ALIKE)] = 10,
    everywhere: Annotated[bool, Query(description="also products that the store does not carry")] = False,
) -> LikenessAnswer:
    """Find the products that look most like a box of the task's photo."""
    if x2 - x1 < 1 or y2 - y1 < 1:
        remedy = "Give the left, top, right and bottom edge, in pixels."
        raise Problem(422, "invalid-box", "The box has no area.", field="x2", remedy=remedy)
    with context.database.read() as session:
        _, capture = shown_task(session, task_id, caller)
    return find_alike(context, caller, capture, (x1, y1, x2, y2), most, everywhere)

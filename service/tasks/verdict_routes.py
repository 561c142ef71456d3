"""Verdicts on planogram positions over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends

from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.dependencies import ContextOf
from service.ids import RecordId
from service.problems import not_found
from service.tasks.answers import only_own
from service.tasks.queries import get_task
from service.tasks.showing_schemas import VerdictsAnswer, VerdictsRequest, VerdictTasksAnswer, VerdictTasksRequest
from service.tasks.verdict_tasks import make_verdict_tasks
from service.tasks.verdicts import give_verdicts, verdicts_of_task

router = APIRouter(prefix="/v1/tasks", tags=["tasks"])
Annotator = Annotated[Caller, Depends(require(Action.LABEL))]
Arranger = Annotated[Caller, Depends(require(Action.ORDER_TASKS))]


@router.post("/verdicts", status_code=201)
def create_verdict_tasks(context: ContextOf, caller: Arranger, request: VerdictTasksRequest) -> VerdictTasksAnswer:
    """Ask people how bays kept their planograms, where a photo was judged; each photo is asked about once."""
    with context.database.write() as session:
        return make_verdict_tasks(session, caller, request, context.clock())


@router.post("/{task_id}/verdicts", status_code=201)
def submit_verdicts(
    context: ContextOf, caller: Annotator, task_id: RecordId, request: VerdictsRequest
) -> VerdictsAnswer:
    """Submit the verdicts of a leased task; of one that was queued again they count instead of the earlier ones."""
    with context.database.write() as session:
        given = give_verdicts(session, task_id, request, caller.id, context.clock())
        return VerdictsAnswer.model_validate(given)


@router.get("/{task_id}/verdicts")
def read_verdicts(context: ContextOf, caller: Annotator, task_id: RecordId) -> VerdictsAnswer:
    """Show the verdicts that count for a task; an annotator sees his own alone."""
    with context.database.read() as session:
        get_task(session, task_id, caller.store_ids, only_own(caller))
        given = verdicts_of_task(session, task_id)
        if given is None or only_own(caller) not in (None, given.annotator):
            raise not_found("verdicts", task_id, remedy="Nobody gave any yet.")
        return VerdictsAnswer.model_validate(given)

"""The page on which tasks are labelled, and its only part that the service draws: what waits."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from labeling.leases import TaskKind
from service.auth.callers import Caller, require
from service.auth.permissions import Action, Role
from service.dependencies import ContextOf
from service.pages.jinja import templates
from service.tasks.schemas import LeaseRequest
from service.tasks.waiting_queries import waiting_for

router = APIRouter(include_in_schema=False)


@router.get("/label")
def label(request: Request) -> Response:
    """Show the page on which tasks are labelled one after the other."""
    return templates.TemplateResponse(request, "label.html")


@router.get("/label/queue")
def show_queue(
    request: Request,
    context: ContextOf,
    caller: Annotated[Caller, Depends(require(Action.LABEL))],
    store_id: Annotated[str, Query(max_length=64)] = "",
    category: Annotated[str, Query(max_length=500)] = "",
    kind: Annotated[str, Query(max_length=10)] = "",
) -> Response:
    """Show what waits for the caller, with what it can be narrowed by; a piece of the page, by htmx."""
    wanted = LeaseRequest(
        store_ids=[store_id] if store_id else None,
        category=category or None,
        kind=TaskKind(kind) if kind in list(TaskKind) else None,
    )
    with context.database.read() as session:
        waiting = waiting_for(session, wanted, caller.id, caller.store_ids, expert=caller.role != Role.ANNOTATOR)
    chosen = {"store_id": store_id, "category": category, "kind": kind}
    return templates.TemplateResponse(request, "label_queue.html", {"waiting": waiting, "chosen": chosen})


@router.get("/label/{task_id}")
def label_one(request: Request, task_id: str) -> Response:
    """Show one task: to go on with where the caller holds it, else to look at."""
    return templates.TemplateResponse(request, "label.html")

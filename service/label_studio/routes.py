"""The loop with Label Studio over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Header, Path, Query, Response
from sqlalchemy.orm import Session

from service.auth.callers import Caller, require
from service.auth.permissions import Action, Role
from service.captures.pictures import picture_of
from service.context import Context
from service.dependencies import ContextOf
from service.ids import RecordId
from service.label_studio.pushing import take_for_label_studio
from service.label_studio.queries import (
    HOLDER,
    add_event,
    count_events,
    count_tasks,
    get_project,
    held_tasks,
    is_sent,
    list_projects,
    photo_shown,
    refused_events,
)
from service.label_studio.schemas import Event, EventAnswer, NewProject, ProjectAnswer, RefusedAnnotation
from service.label_studio.signing import SECRET_HEADER, photo_token, same, webhook_secret
from service.privacy.audit import note_view
from service.problems import Problem
from service.records import CaptureRecord, LabelStudioProjectRecord
from service.rounds.queries import get_round
from service.tasks.leasing import requeue

router = APIRouter(prefix="/v1/label-studio/projects", tags=["label studio"])
Starter = Annotated[Caller, Depends(require(Action.START_ROUNDS))]
Reader = Annotated[Caller, Depends(require(Action.READ_ROUNDS))]
MOST_SHOWN = 20
_VIEWER = Caller(HOLDER, "Label Studio", Role.ANNOTATOR, None)  # whom the signed addresses were given to


@router.post("", status_code=202)
def push(context: ContextOf, caller: Starter, request: NewProject) -> ProjectAnswer:
    """Hand the queued tasks of a round to Label Studio, in the queue's order; a worker sends them."""
    settings, now = context.settings.label_studio, context.clock()
    if not (settings.url and settings.own_url and settings.token.get_secret_value()):
        raise Problem(
            409,
            "label-studio-not-configured",
            "There is no Label Studio that this service knows.",
            remedy="Set label_studio.url, label_studio.own_url and SHELFLOOP_LABEL_STUDIO__TOKEN.",
        )
    with context.database.write() as session:
        get_round(session, request.round_id)
        project = take_for_label_studio(
            session, request.round_id, request.store_ids, request.count, caller.name, now, settings
        )
        return _answer(session, context, project)


@router.get("")
def read_projects(context: ContextOf, caller: Reader) -> list[ProjectAnswer]:
    """List all projects, newest first."""
    with context.database.read() as session:
        return [_answer(session, context, project) for project in list_projects(session)]


@router.get("/{id}")
def read_project(context: ContextOf, caller: Reader, id: RecordId) -> ProjectAnswer:
    """Show a project: what was handed over, what came back, what was refused and why."""
    with context.database.read() as session:
        return _answer(session, context, get_project(session, id))


@router.post("/{id}/sweep", status_code=202)
def sweep_soon(context: ContextOf, caller: Starter, id: RecordId) -> ProjectAnswer:
    """Let a worker ask Label Studio at once, and for everything, what changed."""
    with context.database.write() as session:
        project = get_project(session, id, lock=True)
        project.swept_at = project.swept_until = None
        return _answer(session, context, project)


@router.post("/{id}/close")
def close(context: ContextOf, caller: Starter, id: RecordId) -> ProjectAnswer:
    """Take back what is not labelled yet, take nothing more, and show no more photos; the project there stays."""
    with context.database.write() as session:
        project = get_project(session, id, lock=True)
        if project.closed_at is None:
            project.closed_at = context.clock()
            for task in held_tasks(session, project.id):
                requeue(task)
            session.flush()
        return _answer(session, context, project)


def _told(
    context: ContextOf, id: Annotated[str, Path()], secret: Annotated[str, Header(alias=SECRET_HEADER)] = ""
) -> LabelStudioProjectRecord:
    """Return the project whose webhook shows its secret."""
    with context.database.read() as session:
        project = session.get(LabelStudioProjectRecord, id.replace("\0", ""))
    if project is None or not same(secret, webhook_secret(project.key)):
        raise Problem(
            401,
            "wrong-secret",
            "This is not the secret of this project's webhook, or there is no such project.",
            field=SECRET_HEADER,
            remedy="Only the webhook that Shelfloop made in Label Studio knows it; sweeps need none.",
        )
    return project


@router.post("/{id}/events", status_code=202)
def receive(
    context: ContextOf, project: Annotated[LabelStudioProjectRecord, Depends(_told)], event: Event
) -> EventAnswer:
    """Be told of a change by Label Studio's webhook: it is kept now and taken later, each change once."""
    changed = event.annotation
    if changed is None or project.closed_at is not None:
        return EventAnswer(new=False)
    with context.database.write() as session:
        kept = changed.model_dump(mode="json")
        return EventAnswer(new=add_event(session, project.id, changed.task, kept, "webhook", context.clock()))


def _shown(
    context: ContextOf,
    id: Annotated[str, Path()],
    task_id: Annotated[str, Path()],
    until: Annotated[int, Query(ge=0, description="seconds of 1970")] = 0,
    token: Annotated[str, Query(max_length=64)] = "",
) -> CaptureRecord:
    """Return the capture whose photo an address shows."""
    id, task_id = id.replace("\0", ""), task_id.replace("\0", "")
    with context.database.read() as session:
        project = session.get(LabelStudioProjectRecord, id)
        known = project is not None and same(token, photo_token(project.key, task_id, until))
        over = project is None or project.closed_at is not None or until < context.clock().timestamp()
        capture = photo_shown(session, id, task_id) if known and not over else None
    if capture is None:
        raise Problem(
            401,
            "photo-address-invalid",
            "This address of a photo was not given out, or its time is over.",
            field="token",
            remedy="Open the task in Label Studio anew; a worker renews addresses while tasks are labelled there.",
        )
    return capture


@router.get(
    "/{id}/photos/{task_id}",
    response_class=Response,
    responses={200: {"content": {"image/jpeg": {}}, "description": "A JPEG"}},
)
def read_photo(context: ContextOf, capture: Annotated[CaptureRecord, Depends(_shown)]) -> Response:
    """Show a task's photo to who labels it in Label Studio: with the address that is in the task, and no key."""
    picture = picture_of(context, capture)
    note_view(context, _VIEWER, "photo", capture.id, capture.store_id)
    # Label Studio's page reads the pixels, at whatever address browsers know it by: the token is what protects them.
    headers = {"Access-Control-Allow-Origin": "*", "Cache-Control": "private, no-store"}
    return Response(picture, media_type="image/jpeg", headers=headers)


def _answer(session: Session, context: Context, project: LabelStudioProjectRecord) -> ProjectAnswer:
    url = context.settings.label_studio.url.rstrip("/")
    refused = refused_events(session, project.id, MOST_SHOWN)
    return ProjectAnswer(
        id=project.id,
        round_id=project.round_id,
        created_at=project.created_at,
        by=project.by,
        url=None if project.project is None else f"{url}/projects/{project.project}",
        tasks=count_tasks(session, project.id),
        sent=is_sent(session, project.id),
        events=count_events(session, project.id),
        refused=[RefusedAnnotation.model_validate(event) for event in refused],
        swept_at=project.swept_at,
        closed_at=project.closed_at,
        error=project.error,
    )

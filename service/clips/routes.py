"""Clips over HTTP: sent, watched, exported."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session

from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.clips.deleting import forget_clip
from service.clips.exporting import Format, export_events, import_events
from service.clips.queries import count_states, get_clip, list_clips, lock_clip
from service.clips.raw_files import receive
from service.clips.receiving import Sent, check_before, delete_raw, register
from service.clips.schemas import ClipAnswer, EventKindAnswer, ImportedClips
from service.dependencies import ContextOf
from service.ids import RecordId
from service.problems import Problem
from service.records import ClipRecord
from service.stores.queries import ID_PATTERN

router = APIRouter(prefix="/v1/clips", tags=["clips"])
Sender = Annotated[Caller, Depends(require(Action.SEND_CAPTURES))]
Reader = Annotated[Caller, Depends(require(Action.READ_CLIPS))]
Changer = Annotated[Caller, Depends(require(Action.CHANGE_CLIPS))]
Id = Annotated[str, Query(pattern=ID_PATTERN)]
_BINARY = {"schema": {"type": "string", "format": "binary"}}
_VIDEO = {"requestBody": {"required": True, "content": {"video/mp4": _BINARY, "video/webm": _BINARY}}}
_EVENTS_FILE = {"requestBody": {"required": True, "content": {"application/json": _BINARY, "text/csv": _BINARY}}}


@router.post(
    "",
    status_code=202,
    responses={200: {"model": ClipAnswer, "description": "This very file was sent before"}},
    openapi_extra=_VIDEO,
)
async def send_clip(
    request: Request,
    response: Response,
    context: ContextOf,
    caller: Sender,
    store_id: Id,
    camera_id: Annotated[str | None, Query(pattern=ID_PATTERN)] = None,
    recorded_at: Annotated[datetime | None, Query(description="when it begins; now, if it is not given")] = None,
) -> ClipAnswer:
    """Send a clip, the file itself as the body: a worker cuts it and covers all faces; then the file is deleted."""
    caller.check_reach(store_id)
    sent = Sent(store_id, camera_id, _with_zone(recorded_at) or context.clock(), caller.name)
    await run_sync(check_before, context, sent)
    file, digest, size = await receive(context.settings, request.stream())
    clip, new = await run_sync(register, context, sent, file, digest, size)
    response.status_code = 202 if new else 200
    response.headers["Location"] = f"/v1/clips/{clip.id}"
    return ClipAnswer.model_validate(clip)


@router.get("")
def read_clips(
    context: ContextOf, caller: Reader, limit: Annotated[int, Query(ge=1, le=1000)] = 100
) -> list[ClipAnswer]:
    """List clips within the key's scope, newest first."""
    with context.database.read() as session:
        return _answers(session, list_clips(session, caller.store_ids, limit))


@router.get("/events", dependencies=[Depends(require(Action.READ_CLIPS))])
def read_event_kinds(context: ContextOf) -> list[EventKindAnswer]:
    """List the events that are looked for, in the order of their keys."""
    return [EventKindAnswer.model_validate(event) for event in context.settings.clips.events]


@router.get("/export", response_class=Response, responses={200: {"content": {"application/json": {}, "text/csv": {}}}})
def export_clips(context: ContextOf, caller: Changer, format: Format = "json") -> Response:
    """Return all labelled pieces with their events, and what each event weighs in training, as JSON or CSV."""
    with context.database.read() as session:
        text = export_events(session, caller.store_ids, context.settings.clips.events, format)
    media_type = "application/json" if format == "json" else "text/csv; charset=utf-8"
    headers = {"Content-Disposition": f'attachment; filename="clip-events.{format}"'}
    return Response(text, media_type=media_type, headers=headers)


@router.post("/import", openapi_extra=_EVENTS_FILE)
async def import_clips(request: Request, context: ContextOf, caller: Changer, format: Format = "json") -> ImportedClips:
    """Let the events of an exported file that was changed count; pieces that it does not name stay as they are."""
    try:
        text = (await request.body()).decode()
    except UnicodeDecodeError as error:
        remedy = "Save it as UTF-8."
        raise Problem(422, "bad-events-file", "The file is not UTF-8.", remedy=remedy) from error
    pieces, changed = await run_sync(import_events, context, text, format, caller.id, caller.store_ids)
    return ImportedClips(pieces=pieces, changed=changed)


@router.get("/{clip_id}")
def read_clip(context: ContextOf, caller: Reader, clip_id: RecordId) -> ClipAnswer:
    """Show a clip, and how far it is labelled."""
    with context.database.read() as session:
        (answer,) = _answers(session, [get_clip(session, clip_id, caller.store_ids)])
        return answer


@router.delete("/{clip_id}", status_code=204)
def delete_clip(context: ContextOf, caller: Changer, clip_id: RecordId) -> None:
    """Delete a clip with its frames and labels, and the file as it was sent where that still lies."""
    with context.database.write() as session:
        get_clip(session, clip_id, caller.store_ids)
        clip = lock_clip(session, clip_id)
        assert clip is not None
        keys = forget_clip(session, clip, context.clock())
        if clip.raw_deleted_at is None:
            delete_raw(context.settings, clip, context.clock())
    for key in keys:
        context.images.delete(key)


def _answers(session: Session, clips: Sequence[ClipRecord]) -> list[ClipAnswer]:
    counts = count_states(session, [clip.id for clip in clips])
    return [ClipAnswer.model_validate(clip).model_copy(update={"pieces": counts.get(clip.id, {})}) for clip in clips]


def _with_zone(time: datetime | None) -> datetime | None:
    if time is not None and time.tzinfo is None:
        raise Problem(
            422,
            "invalid-time",
            f"recorded_at is {time.isoformat()!r}, which has no zone.",
            field="recorded_at",
            remedy="Write it as in RFC 3339, for example 2026-03-01T09:30:00+01:00.",
        )
    return None if time is None else time.astimezone(UTC)

"""Captures over HTTP."""

from datetime import UTC, datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic_core import to_json

from retail.stores import StoreFormat
from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.captures.admission import Admission
from service.captures.answers import capture_answer
from service.captures.looking import look_at
from service.captures.overlay import overlay_of
from service.captures.photos import open_photo
from service.captures.pictures import picture_of
from service.captures.queries import find_capture, list_captures
from service.captures.recording import compliance_of
from service.captures.schemas import AnalysisAnswer, CaptureAnswer, CapturesAnswer, CaptureSummary
from service.captures.service import Sent, receive_capture
from service.captures.thumbnails import NARROWEST, WIDEST, narrowed_to
from service.captures.upload import Upload, read_upload
from service.context import Context
from service.dependencies import ContextOf
from service.ids import RECORD_ID, RecordId
from service.privacy.audit import note_view
from service.problems import Problem, not_found
from service.records import CaptureRecord

router = APIRouter(prefix="/v1", tags=["captures"])
Sender = Annotated[Caller, Depends(require(Action.SEND_CAPTURES))]
Reader = Annotated[Caller, Depends(require(Action.READ_CAPTURES))]
_KEPT = {"Cache-Control": "private, max-age=3600"}
_JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}, "description": "A JPEG"}}


_RECOGNISE = {"type": "boolean", "default": "true", "description": "false: find facings without naming them"}
_PLANOGRAM = {"type": "boolean", "default": "true", "description": "false: do not judge the bay; needs recognise"}


def _form(required: list[str], **fields: dict[str, str]) -> dict[str, Any]:
    """Describe a form; the routes read it themselves, so that nothing large is read for a caller without a key."""
    photo = {"type": "string", "format": "binary", "description": "JPEG, PNG or WebP"}
    schema = {"type": "object", "required": required, "properties": {"photo": photo, **fields}}
    return {"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": schema}}}}


@router.post(
    "/captures",
    status_code=201,
    response_model=CaptureAnswer,
    responses={200: {"model": CaptureAnswer, "description": "This very photo was sent before"}},
    openapi_extra=_form(
        ["photo", "store_id", "bay_id"],
        store_id={"type": "string"},
        bay_id={"type": "string"},
        camera_id={"type": "string"},
        taken_at={"type": "string", "format": "date-time", "description": "now, if it is not given"},
        recognise=_RECOGNISE,
        planogram=_PLANOGRAM,
    ),
)
async def send_capture(request: Request, context: ContextOf, caller: Sender) -> Response:
    """Send a photo of a bay: it is looked at, answered and kept. Once this is answered it is never lost."""
    admission: Admission = request.app.state.admission
    with admission.admit():
        upload = await read_upload(request, context.settings.photo.megabytes)
        sent = _sent(upload, context.clock())
        caller.check_reach(sent.store_id)
        return await admission.run(lambda: _received(context, sent, caller))


@router.post("/analyze", response_model=AnalysisAnswer, openapi_extra=_form(["photo"], recognise=_RECOGNISE))
async def analyze_photo(
    request: Request, context: ContextOf, caller: Annotated[Caller, Depends(require(Action.ANALYZE))]
) -> Response:
    """Look at a photo and keep nothing."""
    admission: Admission = request.app.state.admission
    with admission.admit():
        upload = await read_upload(request, context.settings.photo.megabytes)
        recognise = upload.wants("recognise")
        return await admission.run(lambda: _analyzed(context, upload.photo, recognise, caller))


@router.get("/captures")
def read_captures(
    context: ContextOf,
    caller: Reader,
    store_id: str | None = None,
    after: Annotated[str | None, Query(pattern=RECORD_ID)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> CapturesAnswer:
    """List captures within the key's scope, newest first."""
    if store_id is not None:
        caller.check_reach(store_id)
    scope = caller.store_ids if store_id is None else frozenset({store_id.replace("\0", "")})
    with context.database.read() as session:
        found = [CaptureSummary.model_validate(row) for row in list_captures(session, scope, after, limit)]
    return CapturesAnswer(captures=found, next=found[-1].id if len(found) == limit else None)


@router.get("/captures/{id}", response_model=CaptureAnswer)
def read_capture(context: ContextOf, caller: Reader, id: RecordId) -> Response:
    """Return a capture as it was answered when it came."""
    capture, compliance = _reachable(context, caller, id)
    return _json(capture_answer(capture, compliance, caller.unknown_policy, duplicate=False))


@router.get("/captures/{id}/photo", response_class=Response, responses=_JPEG)
def read_photo(
    request: Request,
    context: ContextOf,
    caller: Reader,
    id: RecordId,
    width: Annotated[int | None, Query(ge=NARROWEST, le=WIDEST, description="at most so many pixels wide")] = None,
) -> Response:
    """Return the photo as it is kept: upright, faces blurred, without metadata; with `width` a smaller one."""
    capture, _ = _reachable(context, caller, id)
    note_view(context, caller, "photo", capture.id, capture.store_id)
    tag = f'"{capture.image_sha256[:32]}-{width}"'
    if request.headers.get("If-None-Match") == tag and capture.deleted_at is None:
        return Response(status_code=304, headers={"ETag": tag, **_KEPT})
    picture = picture_of(context, capture)
    answer = _jpeg(picture if width is None else narrowed_to(picture, width))
    answer.headers["ETag"] = tag
    return answer


@router.get("/captures/{id}/overlay", response_class=Response, responses=_JPEG)
def read_overlay(context: ContextOf, caller: Reader, id: RecordId) -> Response:
    """Return the photo with its detections drawn into it, coloured by verdict where its bay was judged."""
    capture, compliance = _reachable(context, caller, id)
    note_view(context, caller, "overlay", capture.id, capture.store_id)
    picture = picture_of(context, capture)
    return _jpeg(overlay_of(picture, capture.detections, capture.shelves, compliance))


def _received(context: Context, sent: Sent, caller: Caller) -> Response:
    received = receive_capture(context, sent)
    capture, new = received.capture, received.new
    answer = capture_answer(capture, received.compliance, caller.unknown_policy, duplicate=not new)
    return _json(answer, 201 if new else 200, {"Location": f"/v1/captures/{capture.id}"})


def _analyzed(context: Context, data: bytes, recognise: bool, caller: Caller) -> Response:
    model = context.serving.current()
    naming = context.naming.current() if recognise else None
    photo = open_photo(data, model, context.faces, context.settings.photo)
    return _json(look_at(photo, StoreFormat.SUPERMARKET, model, naming).answer(caller.unknown_policy))


def _sent(upload: Upload, now: datetime) -> Sent:
    taken_at = upload.fields.get("taken_at")
    return Sent(
        photo=upload.photo,
        store_id=upload.needed("store_id"),
        bay_id=upload.needed("bay_id"),
        camera_id=upload.fields.get("camera_id") or None,
        taken_at=_time(taken_at) if taken_at else now,
        recognise=upload.wants("recognise"),
        planogram=upload.wants("planogram"),
    )


def _time(text: str) -> datetime:
    try:
        time = datetime.fromisoformat(text)
        if time.tzinfo is not None:
            return time.astimezone(UTC)  # raises for the hours of years 1 and 9999 that are in no year of UTC
    except (ValueError, OverflowError):
        pass
    raise Problem(
        422,
        "invalid-time",
        f"taken_at is {text!r}, which is not a time with a zone.",
        field="taken_at",
        remedy="Write it as in RFC 3339, for example 2026-03-01T09:30:00+01:00.",
    )


def _reachable(context: Context, caller: Caller, id: str) -> tuple[CaptureRecord, dict[str, Any] | None]:
    """Return a capture and its compliance within the key's scope; one of another store as if there were none."""
    with context.database.read() as session:
        capture = find_capture(session, id)
        compliance = None if capture is None else compliance_of(session, capture)
    if capture is None or not caller.may_reach(capture.store_id):
        remedy = "GET /v1/captures lists the captures there are."
        raise not_found(
            "capture", id, field="id", remedy=remedy, hidden_in=None if capture is None else capture.store_id
        )
    return capture, compliance


def _json(answer: dict[str, Any], status: int = 200, headers: dict[str, str] | None = None) -> Response:
    return Response(to_json(answer), status, headers, media_type="application/json")


def _jpeg(picture: bytes) -> Response:
    return Response(picture, media_type="image/jpeg", headers=_KEPT)

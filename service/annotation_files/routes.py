"""Annotations as files over HTTP."""

from typing import Annotated, Any
from urllib.parse import urlencode

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Query, Request, Response

from labeling.annotations import InvalidAnnotation
from labeling.formats import FORMATS, AnnotatedSet, Format
from service.annotation_files.exporting import annotated_set
from service.annotation_files.importing import import_set, read_file
from service.annotation_files.schemas import FormatName, ImportAnswer
from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.context import Context
from service.dependencies import ContextOf
from service.ids import RECORD_ID
from service.problems import Problem

router = APIRouter(prefix="/v1/annotations", tags=["annotations"])
MOST_MEGABYTES = 200
MOST_CAPTURES = 5000
_MEDIA = sorted({format.media_type for format in FORMATS.values()})
_BINARY: dict[str, Any] = {"schema": {"type": "string", "format": "binary"}}


@router.get(
    "/export",
    response_class=Response,
    responses={200: {"content": {media: _BINARY for media in _MEDIA}, "description": "A file of the format"}},
)
def export(
    context: ContextOf,
    caller: Annotated[Caller, Depends(require(Action.READ_ROUNDS))],
    format: FormatName,
    round_id: Annotated[str | None, Query(pattern=RECORD_ID)] = None,
    store_id: str | None = None,
    after: Annotated[str | None, Query(pattern=RECORD_ID, description="a capture: those with later ids")] = None,
    limit: Annotated[int, Query(ge=1, le=MOST_CAPTURES, description="captures")] = 1000,
) -> Response:
    """Return the annotations that count as a file; the header `Link` has the address of the next one, if there is."""
    chosen = FORMATS[format]
    store_id = None if store_id is None else store_id.replace("\0", "")
    with context.database.read() as session:
        annotated = annotated_set(session, round_id, store_id, after, limit)
    headers = {"Content-Disposition": f'attachment; filename="annotations.{chosen.suffix}"'}
    if len(annotated.captures) == limit:
        headers["Link"] = f'<{_next(format, round_id, store_id, annotated, limit)}>; rel="next"'
    return Response(_written(chosen, annotated), media_type=chosen.media_type, headers=headers)


@router.post(
    "/import", openapi_extra={"requestBody": {"required": True, "content": {media: _BINARY for media in _MEDIA}}}
)
async def import_file(
    request: Request,
    context: ContextOf,
    caller: Annotated[Caller, Depends(require(Action.START_ROUNDS))],
    format: FormatName,
    dry_run: Annotated[bool, Query(description="true: only find out what would become of it")] = False,
) -> ImportAnswer:
    """Let the boxes of a file count, of each photo that is named by a capture's id; the body is the file."""
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MOST_MEGABYTES * 1_000_000:
            remedy = "Send it in parts; photos that a file does not name stay as they are."
            raise Problem(413, "file-too-large", f"The file is larger than {MOST_MEGABYTES} MB.", remedy=remedy)
    return await run_sync(lambda: _imported(context, FORMATS[format], bytes(data), caller.id, dry_run))


def _imported(context: Context, format: Format, data: bytes, annotator: str, dry_run: bool) -> ImportAnswer:
    try:
        annotated = read_file(context, format, data)
    except InvalidAnnotation as error:
        raise _unreadable(error) from error
    return import_set(context, annotated, annotator, dry_run=dry_run)


def _written(format: Format, annotated: AnnotatedSet) -> bytes:
    try:
        return format.write(annotated)
    except InvalidAnnotation as error:  # a product's name that XML cannot hold
        raise _unreadable(error) from error


def _unreadable(error: InvalidAnnotation) -> Problem:
    remedy = f"{error.remedy[0].upper()}{error.remedy[1:]}."
    return Problem(422, "file-invalid", f"{error.field} {error.detail}.", field=error.field, remedy=remedy)


def _next(format: FormatName, round_id: str | None, store_id: str | None, annotated: AnnotatedSet, limit: int) -> str:
    asked = {"format": format.value, "round_id": round_id, "store_id": store_id, "limit": limit}
    asked["after"] = annotated.captures[-1].capture_id
    return f"/v1/annotations/export?{urlencode({name: value for name, value in asked.items() if value is not None})}"

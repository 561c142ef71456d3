"""What names products, over HTTP: embedders, calibrations, and how this server is doing."""

from typing import Annotated

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Query, Request

from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.dependencies import ContextOf
from service.naming.calibrating import calibrate
from service.naming.ordering import order_embedder
from service.naming.queries import count_changes_after, list_embedders, newest_naming
from service.naming.schemas import (
    CalibrationRequest,
    EmbedderAnswer,
    EmbeddersAnswer,
    GalleryAnswer,
    NamingAnswer,
    NamingStateAnswer,
)
from service.problems import Problem

MOST_MEGABYTES = 200
router = APIRouter(prefix="/v1", tags=["naming"])
Changer = Annotated[Caller, Depends(require(Action.PROMOTE_MODELS))]
_FILE = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}


@router.get("/naming", dependencies=[Depends(require(Action.READ_MODELS))])
def read_naming(context: ContextOf) -> NamingStateAnswer:
    """Return what names products, and how fresh the gallery of the server is that answers."""
    position = context.naming.position
    model = None if position is None else context.naming.loaded()
    with context.database.read() as session:
        naming = newest_naming(session)
        behind = 0 if position is None else count_changes_after(session, position)
    return NamingStateAnswer(
        enabled=context.settings.naming.enabled,
        naming=None if naming is None else NamingAnswer.model_validate(naming),
        gallery=None
        if model is None
        else GalleryAnswer(references=len(model.gallery), products=len(model.gallery.gtins), behind=behind),
        error=context.naming.error,
    )


@router.post("/naming/calibrations", status_code=201)
def make_calibration(context: ContextOf, caller: Changer, request: CalibrationRequest) -> NamingAnswer:
    """Fit probabilities and sets on half of the random arm's labelled facings, and measure them on the other half."""
    return NamingAnswer.model_validate(calibrate(context, reason=request.reason, by=caller.name))


@router.get("/embedders", dependencies=[Depends(require(Action.READ_MODELS))])
def read_embedders(context: ContextOf) -> EmbeddersAnswer:
    """List embedders, newest first."""
    with context.database.read() as session:
        found = [EmbedderAnswer.model_validate(embedder) for embedder in list_embedders(session)]
    return EmbeddersAnswer(embedders=found)


@router.post("/embedders", status_code=202, openapi_extra={"requestBody": {"required": True, "content": _FILE}})
async def send_embedder(
    request: Request,
    context: ContextOf,
    caller: Changer,
    reason: Annotated[str, Query(min_length=1, max_length=500, pattern=r"^[^\x00]*$")],
) -> EmbedderAnswer:
    """Send an embedder's ONNX file: a worker lets it read every reference, then all servers name with it at once."""
    data = await _body(request)
    ordered = await run_sync(lambda: order_embedder(context, data, reason=reason, by=caller.name))
    return EmbedderAnswer.model_validate(ordered)


async def _body(request: Request) -> bytes:
    data = bytearray()
    async for chunk in request.stream():
        data += chunk
        if len(data) > MOST_MEGABYTES * 1e6:
            remedy = "Send one ONNX file that training.embedder exported."
            raise Problem(413, "embedder-too-large", f"The file is larger than {MOST_MEGABYTES} MB.", remedy=remedy)
    return bytes(data)

"""Checkout over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from pydantic_core import to_json

from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.captures.admission import Admission
from service.captures.upload import read_form
from service.checkout.schemas import CheckoutAnswer
from service.checkout.service import recognise
from service.checkout.views import MOST_VIEWS
from service.dependencies import ContextOf

_FILE = {"type": "string", "format": "binary"}
_FORM: dict[str, Any] = {
    "type": "object",
    "properties": {
        "photo": {
            "type": "array",
            "items": _FILE,
            "minItems": 1,
            "maxItems": MOST_VIEWS,
            "description": "JPEG, PNG or WebP: the product from several sides",
        },
        "clip": {**_FILE, "description": "instead of photos: a few seconds of MP4 or WebM, the product turned once"},
        "store_id": {"type": "string", "description": "only what this store carries is considered"},
    },
}

router = APIRouter(prefix="/v1/checkout", tags=["checkout"])


@router.post(
    "/recognise",
    response_model=CheckoutAnswer,
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}},
)
async def recognise_product(
    request: Request, context: ContextOf, caller: Annotated[Caller, Depends(require(Action.ANALYZE))]
) -> Response:
    """Say which product several views show, or that it is unresolved. Nothing is kept."""
    admission: Admission = request.app.state.admission
    with admission.admit():
        form = await read_form(request, context.settings.photo.megabytes, MOST_VIEWS)
        store_id = form.fields.get("store_id", "").strip() or None
        if store_id is not None:
            caller.check_reach(store_id)
        answer = await admission.run(lambda: recognise(context, form, store_id, caller.unknown_policy))
        return Response(to_json(answer), media_type="application/json")

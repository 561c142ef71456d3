"""References over HTTP: pictures that facings are compared with."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response

from retail.gtin import Gtin, InvalidGtin, parse_gtin
from service.auth.callers import Caller, require
from service.auth.permissions import Action, Role
from service.captures.admission import Admission
from service.captures.upload import Upload, read_upload
from service.dependencies import ContextOf
from service.ids import RecordId
from service.naming.pictures import SentPicture, View, add_reference, no_reference, remove_reference
from service.naming.queries import LIVE, find_reference, list_references, stores_of_references
from service.naming.schemas import ReferenceAnswer, ReferencesAnswer
from service.problems import Problem
from service.records import ReferenceRecord

_FORM: dict[str, Any] = {
    "type": "object",
    "required": ["photo"],
    "properties": {
        "photo": {"type": "string", "format": "binary", "description": "JPEG, PNG or WebP; the product fills it"},
        "view": {"type": "string", "enum": list(View), "default": View.FRONT.value},
        "variant_id": {"type": "string", "description": "the packaging it shows; the product's first look by default"},
    },
}
_JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}, "description": "A JPEG"}}


def _gtin(gtin: str) -> Gtin:
    try:
        return parse_gtin(gtin)
    except InvalidGtin as error:
        remedy = "Correct the GTIN: 8, 12, 13 or 14 digits, the last one its check digit."
        raise Problem(422, "invalid-gtin", f"{error}.", field="gtin", remedy=remedy) from error


router = APIRouter(prefix="/v1/products/{gtin}/references", tags=["references"])
OfProduct = Annotated[Gtin, Depends(_gtin)]
Reader = Annotated[Caller, Depends(require(Action.READ_CATALOGUE))]
Changer = Annotated[Caller, Depends(require(Action.CHANGE_CATALOGUE))]


@router.post(
    "",
    status_code=201,
    response_model=ReferenceAnswer,
    responses={200: {"model": ReferenceAnswer, "description": "This very picture was a live reference before"}},
    openapi_extra={"requestBody": {"required": True, "content": {"multipart/form-data": {"schema": _FORM}}}},
)
async def send_reference(
    request: Request, context: ContextOf, caller: Changer, gtin: OfProduct, response: Response
) -> ReferenceAnswer:
    """Send a picture of a product: facings that look like it have its name as soon as this is answered."""
    admission: Admission = request.app.state.admission
    with admission.admit():
        upload = await read_upload(request, context.settings.photo.megabytes)
        sent = SentPicture(gtin, upload.fields.get("variant_id") or None, _view(upload), upload.photo)
        reference, new = await admission.run(lambda: add_reference(context, sent))
    response.status_code = 201 if new else 200
    return ReferenceAnswer.model_validate(reference)


@router.get("")
def read_references(context: ContextOf, caller: Reader, gtin: OfProduct) -> ReferencesAnswer:
    """List a product's references; facings from stores that the key does not reach are left out."""
    with context.database.read() as session:
        stores = stores_of_references(session, gtin)
        found = [one for one in list_references(session, gtin) if _within(caller, stores.get(one.id))]
    seen = {one.view for one in found if one.state == LIVE}
    return ReferencesAnswer(
        references=[_answer(one, caller) for one in found],
        missing_views=[view for view in View if view not in seen],
    )


@router.get("/{id}/picture", response_class=Response, responses=_JPEG)
def read_picture(context: ContextOf, caller: Reader, gtin: OfProduct, id: RecordId) -> Response:
    """Return a reference's picture: upright, without metadata."""
    with context.database.read() as session:
        reference = find_reference(session, gtin, id)
        store = stores_of_references(session, gtin).get(id)
    if reference is None or not _within(caller, store):
        raise no_reference(gtin, id)
    picture = context.images.get(reference.image_key)
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


@router.delete("/{id}", status_code=204)
def delete_reference(context: ContextOf, caller: Changer, gtin: OfProduct, id: RecordId) -> None:
    """Remove a reference and its picture; nothing is named by it any more."""
    remove_reference(context, gtin, id)


def _answer(reference: ReferenceRecord, caller: Caller) -> ReferenceAnswer:
    """Return a reference; to an annotator without the capture: that it was labelled once would tell that it is gold."""
    answer = ReferenceAnswer.model_validate(reference)
    return answer.model_copy(update={"capture_id": None}) if caller.role == Role.ANNOTATOR else answer


def _within(caller: Caller, store_id: str | None) -> bool:
    return store_id is None or caller.may_reach(store_id)


def _view(upload: Upload) -> View:
    text = upload.fields.get("view") or View.FRONT
    if text not in set(View):
        remedy = f"Write one of these: {', '.join(View)}."
        raise Problem(422, "invalid-view", f"view is {text!r}.", field="view", remedy=remedy)
    return View(text)

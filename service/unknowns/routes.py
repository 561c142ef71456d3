"""Unknown facings over HTTP."""

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Request, Response

from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.dependencies import ContextOf
from service.ids import RecordId
from service.privacy.audit import note_view
from service.problems import not_found
from service.unknowns.clusters import Clusters
from service.unknowns.crops import Crops
from service.unknowns.deciding import reachable_facings
from service.unknowns.schemas import DecisionAnswer, DismissRequest, NameRequest, ReopenRequest, UnknownsAnswer
from service.unknowns.service import dismiss_facings, name_facings, reopen_facings
from service.unknowns.showing import show_unknowns
from vision.decoding import encode_jpeg

router = APIRouter(prefix="/v1/unknowns", tags=["unknown products"])
Reader = Annotated[Caller, Depends(require(Action.READ_CAPTURES))]
Labeller = Annotated[Caller, Depends(require(Action.LABEL))]
_JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}, "description": "A JPEG"}}
_FOR_GOOD = {"Cache-Control": "private, max-age=31536000, immutable", "Vary": "Authorization"}


async def _clusters(request: Request) -> Clusters:
    clusters: Clusters = request.app.state.clusters
    return clusters


async def _crops(request: Request) -> Crops:
    crops: Crops = request.app.state.crops
    return crops


ClustersOf = Annotated[Clusters, Depends(_clusters)]
CropsOf = Annotated[Crops, Depends(_crops)]


@router.get("")
def read_unknowns(
    context: ContextOf,
    caller: Reader,
    clusters: ClustersOf,
    store_id: str | None = None,
    limit: Annotated[int, Query(ge=1, le=500, description="of clusters")] = 50,
) -> UnknownsAnswer:
    """List facings that show no known product, in clusters of alike ones, the largest first."""
    if store_id is not None:
        caller.check_reach(store_id)
    scope = caller.store_ids if store_id is None else frozenset({store_id.replace("\0", "")})
    return show_unknowns(context, clusters, scope, limit)


@router.get("/{id}/crop", response_class=Response, responses=_JPEG)
def read_crop(context: ContextOf, caller: Reader, crops: CropsOf, id: RecordId) -> Response:
    """Return the picture of a facing, cut from the stored photo."""
    with context.database.read() as session:
        facing = reachable_facings(session, caller, [id])[0]
    note_view(context, caller, "crop", facing.capture_id, facing.store_id)
    try:
        picture = encode_jpeg(crops.get(id, facing.capture_id))
    except FileNotFoundError as error:
        raise not_found(
            "photo", facing.capture_id, remedy="It was cleared away; the facing can still be decided."
        ) from error
    return Response(picture, media_type="image/jpeg", headers=_FOR_GOOD)


@router.post("/name")
def name(context: ContextOf, caller: Labeller, crops: CropsOf, wanted: NameRequest) -> DecisionAnswer:
    """Name facings in one decision; the sharpest of the typical ones become pictures that the product is known by.

    Captures keep the answer that they were given. The same request again changes nothing.
    """
    return name_facings(context, caller, crops, wanted)


@router.post("/dismiss")
def dismiss(context: ContextOf, caller: Labeller, wanted: DismissRequest) -> DecisionAnswer:
    """Decide that facings get no name: they show no product, or nobody can tell which."""
    return dismiss_facings(context, caller, wanted)


@router.post("/reopen")
def reopen(context: ContextOf, caller: Labeller, wanted: ReopenRequest) -> DecisionAnswer:
    """Undo a decision: the facings are unknown again, and no pictures of a product any more.

    What somebody else decided only an expert or an admin reopens.
    """
    return reopen_facings(context, caller, wanted)

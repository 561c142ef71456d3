"""Pieces of kept photos over HTTP. They are cut when asked for and kept nowhere, so that none outlives its photo."""

from typing import Annotated, Any

import cv2
import numpy as np
from fastapi import APIRouter, Depends, Query, Response

from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.captures.pictures import picture_of
from service.captures.queries import find_capture
from service.dependencies import ContextOf
from service.ids import RecordId
from service.privacy.audit import note_view
from service.problems import Problem, not_found
from vision.crops import side_wanted
from vision.decoding import decode, encode_jpeg
from vision.letterbox import Image

router = APIRouter(prefix="/v1/captures", tags=["captures"])
Reader = Annotated[Caller, Depends(require(Action.READ_CAPTURES))]
Edge = Annotated[float, Query(ge=0, le=1e6, description="pixels of the upright photo")]
LONG_SIDE = 480  # pixels of a piece, at most
_JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}, "description": "A JPEG"}}
_KEPT = {"Cache-Control": "private, max-age=3600"}


@router.get("/{id}/crop", response_class=Response, responses=_JPEG)
def read_crop(
    context: ContextOf,
    caller: Reader,
    id: RecordId,
    x1: Edge,
    y1: Edge,
    x2: Edge,
    y2: Edge,
    margin: Annotated[float, Query(ge=0, le=2, description="of the box's sides, around it")] = 0.15,
) -> Response:
    """Return a piece of the photo as it is kept, with some of what is around it."""
    with context.database.read() as session:
        capture = find_capture(session, id)
    if capture is None or not caller.may_reach(capture.store_id):
        remedy = "GET /v1/captures lists the captures there are."
        raise not_found(
            "capture", id, field="id", remedy=remedy, hidden_in=None if capture is None else capture.store_id
        )
    if x2 - x1 < 1 or y2 - y1 < 1:
        remedy = "Give the left, top, right and bottom edge, in pixels."
        raise Problem(422, "invalid-box", "The box has no area.", field="x2", remedy=remedy)
    note_view(context, caller, "crop", capture.id, capture.store_id)
    box = np.array([[x1, y1, x2, y2]], np.float32)
    box += np.array([-1, -1, 1, 1]) * margin * np.tile(box[:, 2:] - box[:, :2], 2)
    cut = cut_from(picture_of(context, capture), (capture.width, capture.height), box)
    return Response(encode_jpeg(cut), media_type="image/jpeg", headers=_KEPT)


def cut_from(picture: bytes, size: tuple[int, int], box: np.ndarray[Any, np.dtype[np.float32]]) -> Image:
    """Return the piece (h, w, 3) of a photo, its longer side at most LONG_SIDE; at least one pixel of the photo.

    Args:
        picture: the photo's bytes.
        size: its width and height.
        box: (1, 4) x1, y1, x2, y2 in pixels of it; what lies outside is left out.
    """
    image = decode(picture, long_side=side_wanted(box, size, LONG_SIDE)).image
    sides = np.array(image.shape[1::-1])
    edges = box[0] * np.tile(sides / np.array(size), 2)
    left, top = np.clip(np.rint(edges[:2]).astype(int), 0, sides - 1)
    right, bottom = np.clip(np.rint(edges[2:]).astype(int), (left + 1, top + 1), sides)
    piece = image[top:bottom, left:right]
    scale = min(1.0, LONG_SIDE / max(piece.shape[:2]))
    wanted = max(1, round(piece.shape[1] * scale)), max(1, round(piece.shape[0] * scale))
    return np.asarray(cv2.resize(piece, wanted, interpolation=cv2.INTER_AREA), np.uint8)

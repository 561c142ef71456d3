"""Pictures of unknown facings, cut from stored photos."""

import threading
from collections import OrderedDict
from collections.abc import Mapping, Sequence

import cv2
import numpy as np
from numpy.typing import NDArray

from service.captures.queries import deleted_captures, find_capture
from service.database import Database
from service.image_store import ImageStore
from service.unknowns.queries import boxes_of_capture
from vision.crops import side_wanted
from vision.decoding import decode
from vision.letterbox import Image

LONG_SIDE = 320  # pixels of a crop: enough for a person at a dense screen, and for every embedder
_PHOTOS = 32  # whose crops are remembered: a few megabytes each


class Crops:
    """Cuts all unknown facings out of a photo at once, because who asks for one soon asks for the others."""

    def __init__(self, database: Database, images: ImageStore) -> None:
        """Cut nothing yet."""
        self._database, self._images = database, images
        self._cut: OrderedDict[str, dict[str, Image]] = OrderedDict()
        self._working = threading.Lock()  # a photo is large: one after the other

    def get(self, facing_id: str, capture_id: str) -> Image:
        """Return the picture (h, w, 3) of a facing of a capture, its longer side at most LONG_SIDE.

        Raises:
            FileNotFoundError: if the photo is not stored any more.
        """
        with self._working:
            self._forget_deleted()
            if facing_id not in self._cut.get(capture_id, {}):
                self._cut[capture_id] = self._crops_of(capture_id)
            self._cut.move_to_end(capture_id)
            if len(self._cut) > _PHOTOS:
                self._cut.popitem(last=False)
            return self._cut[capture_id][facing_id]

    def _forget_deleted(self) -> None:
        with self._database.read() as session:
            for capture_id in deleted_captures(session, list(self._cut)):
                del self._cut[capture_id]

    def _crops_of(self, capture_id: str) -> dict[str, Image]:
        with self._database.read() as session:
            boxes, capture = boxes_of_capture(session, capture_id), find_capture(session, capture_id)
        assert capture is not None, "a foreign key holds every unknown facing to its capture"
        return _crops(self._images.get(capture.image_key), (capture.width, capture.height), boxes)


def _crops(picture: bytes, size: tuple[int, int], boxes: Mapping[str, Sequence[float]]) -> dict[str, Image]:
    corners = np.array(list(boxes.values()), np.float32)
    image = decode(picture, long_side=side_wanted(corners, size, LONG_SIDE)).image
    corners *= np.tile(np.array(image.shape[1::-1]) / np.array(size), 2).astype(np.float32)
    return {id: _crop(image, box) for id, box in zip(boxes, corners, strict=True)}


def _crop(image: Image, box: NDArray[np.float32]) -> Image:
    sides = np.array(image.shape[1::-1])
    left, top = np.clip(np.rint(box[:2]).astype(int), 0, sides - 1)
    right, bottom = np.clip(np.rint(box[2:]).astype(int), (left + 1, top + 1), sides)
    part = image[top:bottom, left:right]
    scale = min(1.0, LONG_SIDE / max(part.shape[:2]))
    wanted = max(1, round(part.shape[1] * scale)), max(1, round(part.shape[0] * scale))
    return np.asarray(cv2.resize(part, wanted, interpolation=cv2.INTER_AREA), np.uint8)

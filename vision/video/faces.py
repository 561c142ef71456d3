"""Which places of which frames are covered: faces, also while the finder misses them."""

import itertools
from collections.abc import Callable, Collection, Sequence

import cv2
import numpy as np

from retail.boxes import Boxes
from vision.letterbox import Image
from vision.video.tracks import Track, enlarged, track_boxes

CLOSER = 1.5
_REACH = 3.0  # a face may move by about its own width from one frame to the next
_MARGIN = 2.0  # a cover's width and height in faces: hair, ears and chin identify too, and a profile is wide
_GROWTH = 0.5  # by so much more for each frame since, or until, the face was really found; it moves unseen
_MOST_GROWTH = 2.0


def find_closely(find: Callable[[Image], Boxes], image: Image) -> Boxes:
    """Return faces (n, 4) in pixels of an image that was looked at half as large again.

    Of faces 12 pixels wide the finder knows a third more so; see docs/video.md.
    """
    size = (round(image.shape[1] * CLOSER), round(image.shape[0] * CLOSER))
    larger = np.asarray(cv2.resize(image, size, interpolation=cv2.INTER_CUBIC), np.uint8)
    result: Boxes = (find(larger) / CLOSER).astype(np.float32)
    return result


def covers(
    found: Sequence[Boxes], per_second: float, *, bridge_seconds: float = 3.0, cuts: Collection[int] = ()
) -> list[Boxes]:
    """Return the boxes (n, 4) to cover in each frame.

    A face that is found in two frames at most `bridge_seconds` apart is covered in all frames between them, along the
    straight line from one to the other; before it is first found and after it was last found it is covered for a
    third of that time where it was. Covers grow with the distance to a frame in which the face was found.

    Args:
        found: faces (n, 4) in each frame.
        per_second: frames.
        bridge_seconds: how long a face may be missed.
        cuts: numbers of frames at which another scene begins; no cover reaches over it.
    """
    bridge = max(1, round(bridge_seconds * per_second))
    result: list[list[Boxes]] = [[] for _ in found]
    for track in track_boxes(found, most_gap=bridge, reach=_REACH, least_iou=0.1, cuts=cuts):
        for number, box in _covered(track, max(1, bridge // 3), len(found), cuts).items():
            result[number].append(box)
    return [np.concatenate(boxes) if boxes else np.zeros((0, 4), np.float32) for boxes in result]


def covered(image: Image, boxes: Boxes) -> Image:
    """Return a copy of an image (h, w, 3) in which one colour fills each box; the image itself without boxes.

    Not a mosaic, as on photos: the many mosaics of a face that moves add up to a face. One colour for all, and not the
    face's own mean: a skin's colour says something of a person, too.
    """
    if not len(boxes):
        return image
    hidden = image.copy()
    for x1, y1, x2, y2 in np.rint(boxes).astype(int).tolist():
        cv2.rectangle(hidden, (x1, y1), (x2, y2), (128, 128, 128), cv2.FILLED)
    return hidden


def _covered(track: Track, linger: int, frames: int, cuts: Collection[int]) -> dict[int, Boxes]:
    """Return the cover (1, 4) of one face by the number of the frame."""
    numbers = list(track.boxes)
    boxes = {number: _grown(track.boxes[number], 0) for number in numbers}
    for before, after in itertools.pairwise(numbers):
        for number in range(before + 1, after):
            share = (number - before) / (after - before)
            between = (1 - share) * track.boxes[before] + share * track.boxes[after]
            boxes[number] = _grown(between, min(number - before, after - number))
    for missed in range(1, linger + 1):
        if (number := track.first - missed) < 0 or number + 1 in cuts:
            break
        boxes[number] = _grown(track.boxes[track.first], missed)
    for missed in range(1, linger + 1):
        if (number := track.last + missed) >= frames or number in cuts:
            break
        boxes[number] = _grown(track.boxes[track.last], missed)
    return boxes


def _grown(box: Boxes, missed: int) -> Boxes:
    return enlarged(box[None], _MARGIN + min(_GROWTH * missed, _MOST_GROWTH))

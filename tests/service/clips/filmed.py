"""Films that a test makes, and frames as the service shows them."""

from collections.abc import Iterable
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np

from service.clips.cutting import Order, cut_clip, delete_file
from service.clips.queries import unfinished_clips
from service.context import Context

FACE = (255, 0, 255)
WIDTH, HEIGHT, PER_SECOND = 320, 180, 4


def wall(seed: int = 0) -> np.ndarray:
    """What nobody stands before: (h, w, 3) RGB."""
    image = np.full((HEIGHT, WIDTH, 3), 100, np.uint8)
    image[:: 15 + seed] = 140
    return image


def with_person(place: int, seed: int = 0, looking: bool = True) -> np.ndarray:
    """Somebody 40 pixels wide at `place`; who does not look shows no face."""
    image = wall(seed)
    cv2.rectangle(image, (place, 60), (place + 39, 170), (210, 190, 60), cv2.FILLED)
    cv2.rectangle(image, (place + 10, 30), (place + 29, 54), FACE if looking else (60, 40, 30), cv2.FILLED)
    return image


def write_clip(path: Path, frames: Iterable[np.ndarray], per_second: float = PER_SECOND) -> bytes:
    """Write RGB frames of one size as MP4."""
    writer = None
    for frame in frames:
        if writer is None:
            size = (frame.shape[1], frame.shape[0])
            writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), per_second, size)
        writer.write(cv2.cvtColor(frame, cv2.COLOR_RGB2BGR))
    writer.release()
    return path.read_bytes()


def find_magenta(image: np.ndarray) -> np.ndarray:
    """Stand where CenterFace would: the box around what is magenta, blurred by the video's compression."""
    mask = (image[..., 0] > 190) & (image[..., 1] < 90) & (image[..., 2] > 190)
    if mask.sum() < 50:
        return np.zeros((0, 4), np.float32)
    rows, columns = np.nonzero(mask)
    return np.array([[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]], np.float32)


def cut_waiting(context: Context) -> None:
    """Do what the worker's job does for each clip that waits."""
    with context.database.read() as session:
        orders = list(unfinished_clips(session))
    for order in orders:
        clip_id, _, number = order.partition("/")
        for part in (cut_clip, delete_file):
            part(Order(context, clip_id, int(number)))


def frames_of(data: bytes, offsets: list[int]) -> list[np.ndarray]:
    """Return the frames of a piece, RGB."""
    return [
        cv2.cvtColor(cv2.imdecode(np.frombuffer(data[begin:end], np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
        for begin, end in pairwise(offsets)
    ]

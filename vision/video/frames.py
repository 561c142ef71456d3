"""Frames out of a video file, a few for each second, small enough to be looked at again and again."""

import math
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from vision.letterbox import Image

_MP4, _WEBM = b"ftyp", b"\x1aE\xdf\xa3"
_MOST_PIXELS = 9_000_000  # of a frame: 4K fits
_ASSUMED_RATE = 25.0  # frames for each second, of a file that does not say


class BadVideo(ValueError):
    """A file that cannot be cut; the message says why."""


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """One frame: seconds since the clip began, and (h, w, 3) upright RGB."""

    at: float
    image: Image


def is_video(head: bytes) -> bool:
    """Say whether a file that begins with these bytes (12 suffice) is an MP4 or a WebM file.

    Nothing else may reach the decoder: it knows playlists, too, which name other files and other machines.
    """
    return head[4:8] == _MP4 or head[:4] == _WEBM


def sampled_frames(path: Path, per_second: float, long_side: int, most_seconds: float) -> Iterator[Frame]:
    """Yield frames at equal distances in time, the first one first; the same ones each time.

    Args:
        path: an MP4 or WebM file.
        per_second: how many; at most as many as there are.
        long_side: larger frames are made so small, in pixels.
        most_seconds: longer clips are refused, when that much has been read.

    Raises:
        BadVideo: if it is no video, cannot be read, has frames above 9 megapixels or is too long.
    """
    with path.open("rb") as file:
        if not is_video(file.read(12)):
            raise BadVideo("the file is neither MP4 nor WebM")
    with _opened(path) as capture:
        rate = capture.get(cv2.CAP_PROP_FPS)
        rate = rate if 0.1 < rate < 1000 and math.isfinite(rate) else _ASSUMED_RATE
        number = due = 0
        at = -1.0
        while capture.grab():
            # A file may lie about its times; they rise, or the frames are counted.
            told = capture.get(cv2.CAP_PROP_POS_MSEC) / 1000
            at = told if math.isfinite(told) and told > at else max(number / rate, at)
            number += 1
            if at > most_seconds:
                raise BadVideo(f"the clip is longer than {most_seconds / 60:g} minutes")
            if at * per_second < due - 1e-6:
                continue
            read, frame = capture.retrieve()
            if read:
                due = math.floor(at * per_second + 1e-6) + 1
                yield Frame(at, _small(frame, long_side))
        if not due:
            raise BadVideo("no frame of the clip can be read")


@contextmanager
def _opened(path: Path) -> Iterator[cv2.VideoCapture]:
    capture = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    try:
        pixels = capture.get(cv2.CAP_PROP_FRAME_WIDTH) * capture.get(cv2.CAP_PROP_FRAME_HEIGHT)
        if pixels > _MOST_PIXELS:
            raise BadVideo(f"a frame has {pixels / 1e6:.1f} megapixels, more than {_MOST_PIXELS / 1e6:g}")
        yield capture
    finally:
        capture.release()


def _small(frame: Image, long_side: int) -> Image:
    height, width = frame.shape[:2]
    scale = min(1.0, long_side / max(height, width))
    if scale < 1:
        size = (max(1, round(width * scale)), max(1, round(height * scale)))
        frame = np.asarray(cv2.resize(frame, size, interpolation=cv2.INTER_AREA), np.uint8)
    return np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8)

"""Still views out of a short clip, never written to a disk: it shows people as they are."""

import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import takewhile
from typing import Any

import cv2
import numpy as np

from vision.decoding import BadPhoto
from vision.letterbox import Image
from vision.quality import edge_width

_MP4, _WEBM = b"ftyp", b"\x1aE\xdf\xa3"
_MOST_FRAMES = 900  # half a minute at 30 frames a second
_MOST_PIXELS = 9_000_000  # of a frame: 4K fits
_MOST_DECODED = 2_000_000_000  # pixels of all frames: 8 seconds of 4K; half a minute of full HD
_TRIES = 3  # frames looked at for each view


@dataclass(frozen=True, slots=True, eq=False)
class ClipView:
    """A frame of a clip: (h, w, 3) upright RGB, and its number."""

    image: Image
    frame: int


def clip_views(clip: bytes, most: int) -> list[ClipView]:
    """Return the sharpest frame of each of `most` equally long parts of a clip, in order; fewer of very short ones.

    Args:
        clip: an MP4 or WebM file.
        most: how many views are wanted.

    Raises:
        BadPhoto: for anything else, for a clip of more than 900 frames (fewer of large ones) or with frames above
            9 megapixels, and for one without a single frame that can be read.
    """
    if clip[4:8] != _MP4 and clip[:4] != _WEBM:
        raise BadPhoto("clip-type", "the clip is neither MP4 nor WebM", "send it as one of these")
    count = _frames_in(clip)
    parts = min(most, count)
    best: dict[int, tuple[float, ClipView]] = {}
    for view in _frames(clip, _spread(count, parts * _TRIES)):
        part, blur = view.frame * parts // count, edge_width(view.image) or np.inf
        if part not in best or blur < best[part][0]:
            best[part] = blur, view
    if not best:
        raise BadPhoto("clip-unreadable", "no frame of the clip can be read", "record it again, as H.264, VP8 or VP9")
    return [view for _, view in best.values()]


def _spread(count: int, wanted: int) -> list[int]:
    """Return so many of the numbers below `count`, evenly spread, or all of them."""
    wanted = min(count, wanted)
    return [(2 * place + 1) * count // (2 * wanted) for place in range(wanted)]


def _frames_in(clip: bytes) -> int:
    """Count frames. What the file says of itself is only believed where it is reasonable."""
    with _opened(clip) as capture:
        most = min(_MOST_FRAMES, int(_MOST_DECODED / max(_pixels(capture), 1)))
        count = int(capture.get(cv2.CAP_PROP_FRAME_COUNT))
        if count <= 0:  # a recording that was streamed does not say
            count = sum(1 for _ in takewhile(lambda _: capture.grab(), range(most + 1)))
    if count > most:
        detail = f"the clip has more than {most} frames"
        raise BadPhoto("clip-too-long", detail, "record a few seconds: the product turned once")
    return count


def _frames(clip: bytes, numbers: list[int]) -> Iterator[ClipView]:
    with _opened(clip) as capture:
        for number in range(max(numbers, default=-1) + 1):
            if not capture.grab():
                return
            if number in numbers:
                read, frame = capture.retrieve()
                if read:
                    yield ClipView(np.asarray(cv2.cvtColor(frame, cv2.COLOR_BGR2RGB), np.uint8), number)


@contextmanager
def _opened(clip: bytes) -> Iterator[cv2.VideoCapture]:
    # OpenCV does not hold the stream that it reads: unless it lives here until the end, the process crashes.
    # Its stubs do not know either that a stream of Python's will do.
    stream: Any = io.BytesIO(clip)
    capture = cv2.VideoCapture(stream, cv2.CAP_FFMPEG, [cv2.CAP_PROP_N_THREADS, 1])
    try:
        if (pixels := _pixels(capture)) > _MOST_PIXELS:
            detail = f"a frame of the clip has {pixels / 1e6:.1f} megapixels, more than {_MOST_PIXELS / 1e6:g}"
            raise BadPhoto("clip-too-many-pixels", detail, "record it at 4K or less")
        yield capture
    finally:
        capture.release()
        stream.close()


def _pixels(capture: cv2.VideoCapture) -> float:
    return capture.get(cv2.CAP_PROP_FRAME_WIDTH) * capture.get(cv2.CAP_PROP_FRAME_HEIGHT)

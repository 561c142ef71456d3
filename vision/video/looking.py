"""Looking at a clip: what moves in it, which pieces of it are kept, and where faces are to be covered in these."""

from collections.abc import Callable, Iterator, Sequence

import numpy as np

from retail.boxes import Boxes
from vision.letterbox import Image
from vision.video.cutting import cut_into_pieces
from vision.video.faces import covers
from vision.video.frames import BadVideo, Frame
from vision.video.motion import find_motion, small_grey
from vision.video.pieces import Clip, Piece, pieces_of

_GLANCE_SECONDS = 2.0  # between two looks for faces where nothing moves
Frames = Callable[[], Iterator[Frame]]


def look_at(frames: Frames, find_faces: Callable[[Image], Boxes], most_seconds: float) -> tuple[Clip, list[Piece]]:
    """Look at a clip twice: at all of it for what moves, then at each frame that is to be kept for faces.

    Args:
        frames: gives the frames from the first one on, each time it is called.
        find_faces: returns boxes (n, 4).
        most_seconds: of a piece.
    """
    times: list[float] = []
    greys, seen, size, due = [], [], (0, 0), 0.0
    for frame in frames():
        # Who stands still is part of the background after a while, and still there.
        seen.append(frame.at >= due and len(find_faces(frame.image)) > 0)
        due = frame.at + _GLANCE_SECONDS if frame.at >= due else due
        size = (frame.image.shape[1], frame.image.shape[0])
        times.append(frame.at)
        greys.append(small_grey(frame.image))
    rate = (len(times) - 1) / (times[-1] - times[0]) if len(times) > 1 else 1.0
    motion = find_motion(greys, size)
    spans = cut_into_pieces(motion.shares, rate, cuts=motion.cuts, also=np.array(seen), most_seconds=most_seconds)
    kept = {number for span in spans for number in span}
    nothing = np.zeros((0, 4), np.float32)
    faces = [find_faces(frame.image) if number in kept else nothing for number, frame in again(frames, times)]
    clip = Clip(tuple(times), rate, size, motion, covers(faces, rate, cuts=motion.cuts))
    return clip, pieces_of(clip, spans)


def again(frames: Frames, times: Sequence[float]) -> Iterator[tuple[int, Frame]]:
    """Yield the frames once more, numbered; a cover that was made for another frame would hide nothing.

    Raises:
        BadVideo: if they are others.
    """
    for number, frame in enumerate(frames()):
        if number >= len(times) or frame.at != times[number]:
            raise BadVideo("its frames are not the same when it is read again")
        yield number, frame

"""A clip that was looked at, and the pieces of it that are worth labelling."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from retail.boxes import Boxes
from vision.video.motion import Motion
from vision.video.tracks import Track, track_boxes

_LOST_SECONDS = 1.0  # what moves may be hidden so long and is still the same
_LEAST_FRAMES = 3  # of a track; less is noise


@dataclass(frozen=True, slots=True, eq=False)
class Clip:
    """What was seen in a clip.

    Attributes:
        times: of each frame, in seconds since the clip began.
        rate: frames for each second.
        size: width and height in pixels.
        motion: what moves in each frame.
        covers: of each frame that is in a piece the boxes (n, 4) that are to be covered, because faces are there.
    """

    times: tuple[float, ...]
    rate: float
    size: tuple[int, int]
    motion: Motion
    covers: list[Boxes]


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """A part of a clip.

    Attributes:
        frames: numbers of its frames in the clip.
        ends: when the last frame is over, in seconds since the clip began.
        tracks: what moves: `id` (over the whole clip, so that it stays the same over cuts), `since` and `until` in
            seconds of the clip, and `boxes`: for each frame of the piece in which it was found the frame's number in
            the piece and x1, y1, x2, y2.
        features: what pieces are compared by; see `FEATURES`.
    """

    frames: range
    ends: float
    tracks: list[dict[str, Any]]
    features: dict[str, float]


FEATURES = ("moving", "most_moving", "tracks", "longest_stay", "covers", "seconds")


def pieces_of(clip: Clip, spans: Sequence[range]) -> list[Piece]:
    """Return what is known of the pieces that consist of these frames."""
    seen = track_boxes(
        clip.motion.boxes, most_gap=max(1, round(_LOST_SECONDS * clip.rate)), reach=1.3, cuts=clip.motion.cuts
    )
    lasting = [track for track in seen if len(track.boxes) >= _LEAST_FRAMES]
    return [_piece(clip, span, lasting) for span in spans]


def _piece(clip: Clip, span: range, tracks: list[Track]) -> Piece:
    here = [track for track in tracks if track.first < span.stop and track.last >= span.start]
    shares = clip.motion.shares[span.start : span.stop]
    ends = clip.times[span.stop] if span.stop < len(clip.times) else clip.times[-1] + 1 / clip.rate
    stays = [clip.times[track.last] - clip.times[track.first] for track in here]
    features = {
        "moving": float(shares.mean()),
        "most_moving": float(shares.max()),
        "tracks": float(len(here)),
        "longest_stay": max(stays, default=0.0),
        "covers": float(np.mean([len(clip.covers[number]) for number in span])),
        "seconds": ends - clip.times[span.start],
    }
    rounded = {name: round(value, 4) for name, value in features.items()}
    return Piece(span, ends, [_track(clip, span, track) for track in here], rounded)


def _track(clip: Clip, span: range, track: Track) -> dict[str, Any]:
    return {
        "id": track.id,
        "since": round(clip.times[track.first], 3),
        "until": round(clip.times[track.last], 3),
        "boxes": [
            [number - span.start, *np.rint(box).astype(int).tolist()]
            for number, box in track.boxes.items()
            if number in span
        ],
    }

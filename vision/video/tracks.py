"""Boxes of neighbouring frames that show the same thing, linked by how much they overlap."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field

import numpy as np

from retail.boxes import Boxes, iou


@dataclass(slots=True, eq=False)
class Track:
    """One thing over time: its box (4,) in each frame in which it was found, by the frame's number."""

    id: int
    boxes: dict[int, Boxes] = field(default_factory=dict)

    @property
    def first(self) -> int:
        """The number of the first frame."""
        return next(iter(self.boxes))

    @property
    def last(self) -> int:
        """The number of the last frame."""
        return next(reversed(self.boxes))


def track_boxes(
    frames: Sequence[Boxes], *, most_gap: int, reach: float = 1.0, least_iou: float = 0.2, cuts: Collection[int] = ()
) -> list[Track]:
    """Link boxes, best overlap first; a track that is not found again within `most_gap` frames is over.

    Args:
        frames: boxes (n, 4) of each frame.
        most_gap: how many frames later a thing may be found again, at least 1.
        reach: boxes are made so many times as large before they are compared: what is small and quick does not
            overlap itself from one frame to the next.
        least_iou: of the enlarged boxes.
        cuts: numbers of frames at which another scene begins; nothing is followed into another one.

    Returns:
        Tracks numbered from 1 in the order in which they begin.
    """
    tracks: list[Track] = []
    live: list[Track] = []
    for number, boxes in enumerate(frames):
        live = [] if number in cuts else [track for track in live if number - track.last <= most_gap]
        linked = _links(live, boxes, reach, least_iou)
        for place, box in enumerate(boxes):
            if place not in linked:
                linked[place] = Track(len(tracks) + 1)
                tracks.append(linked[place])
                live.append(linked[place])
            linked[place].boxes[number] = box
    return tracks


def enlarged(boxes: Boxes, factor: float) -> Boxes:
    """Return boxes (n, 4) so many times as wide and as high around the same centres."""
    centres, halves = (boxes[:, :2] + boxes[:, 2:]) / 2, (boxes[:, 2:] - boxes[:, :2]) * (factor / 2)
    result: Boxes = np.concatenate((centres - halves, centres + halves), 1).astype(np.float32)
    return result


def _links(live: list[Track], boxes: Boxes, reach: float, least_iou: float) -> dict[int, Track]:
    """Return the track that each box continues, by the box's place."""
    if not live or not len(boxes):
        return {}
    latest = np.stack([track.boxes[track.last] for track in live])
    overlap = iou(enlarged(latest, reach), enlarged(boxes, reach))
    linked: dict[int, Track] = {}
    while overlap.max() >= least_iou:
        row, place = np.unravel_index(np.argmax(overlap), overlap.shape)
        linked[int(place)] = live[row]
        overlap[row, :] = overlap[:, place] = -1
    return linked

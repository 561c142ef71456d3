"""What an annotator did to the boxes that were drawn beforehand, told by comparing before and after."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, fields

import numpy as np

from labeling.agreement import match_boxes
from labeling.annotations import FLAGS, AnnotatedBox, as_array

# A page shows photos scaled, and its numbers come back rounded: an edge this close was not moved.
UNMOVED = 1.5


@dataclass(frozen=True, slots=True)
class Actions:
    """How often each thing was done; a box that was moved and relabelled counts as both."""

    accepted: int = 0
    relabelled: int = 0
    adjusted: int = 0
    drawn: int = 0
    deleted: int = 0

    def as_json(self) -> dict[str, int]:
        """Return the counts by name, as they are kept with an annotation."""
        return asdict(self)

    @classmethod
    def from_json(cls, counts: Mapping[str, int]) -> "Actions":
        """Read kept counts; names that are missing are 0, unknown ones are left out."""
        return cls(**{field.name: int(counts.get(field.name, 0)) for field in fields(cls)})


def count_actions(before: Sequence[AnnotatedBox], after: Sequence[AnnotatedBox]) -> Actions:
    """Tell what was done from the boxes drawn beforehand and those submitted, both in pixels of one photo.

    Boxes belong together by IoU, at least 0.5. ``accepted``: the same to 1.5 px and in all that is said about it;
    ``adjusted``: an edge was moved; ``relabelled``: another kind, product or flag; ``drawn``, ``deleted``: without a
    partner before, after.
    """
    if tuple(before) == tuple(after):  # confirmed as they were: nothing to match
        return Actions(accepted=len(after))
    pairs = match_boxes(before, after)
    moves = np.abs(as_array(before)[[b for b, _ in pairs]] - as_array(after)[[a for _, a in pairs]])
    moved = moves.max(axis=1, initial=0) > UNMOVED
    relabelled = np.array([_said(before[b]) != _said(after[a]) for b, a in pairs], bool)
    return Actions(
        accepted=int((~moved & ~relabelled).sum()),
        relabelled=int(relabelled.sum()),
        adjusted=int(moved.sum()),
        drawn=len(after) - len(pairs),
        deleted=len(before) - len(pairs),
    )


def _said(box: AnnotatedBox) -> tuple[object, ...]:
    return (box.kind, box.gtin, *(getattr(box, flag) for flag in FLAGS))

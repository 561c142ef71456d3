"""The photos on which a detector errs most."""

from collections.abc import Sequence

import numpy as np

from retail.boxes import Boxes
from training.captures import LabelledCapture
from training.evaluation.report import WorstPhoto
from training.matching import Comparison, taken

_MOST = 8
Box = tuple[int, int, int, int]


def worst_photos(seen: Sequence[tuple[LabelledCapture, Comparison]], confidence: float) -> list[WorstPhoto]:
    """Return the photos with the most boxes missed or invented, as a share of all that is labelled or found there.

    Args:
        seen: captures and what was found in them, by kind.
        confidence: below which a detection is not answered.
    """
    photos = [_as_answered(capture, comparison, confidence) for capture, comparison in seen]
    wrong = [one for one in photos if one.missed or one.invented]
    return sorted(wrong, key=lambda one: (-_share_wrong(one), one.capture_id))[:_MOST]


def _as_answered(capture: LabelledCapture, comparison: Comparison, confidence: float) -> WorstPhoto:
    answered = comparison.confidences >= confidence
    met = taken(comparison)
    found = np.isin(np.arange(len(comparison.truth)), met[answered])
    return WorstPhoto(
        capture_id=capture.capture_id,
        stratum=capture.stratum,
        width=capture.width,
        height=capture.height,
        right=_whole(comparison.truth[found]),
        missed=_whole(comparison.truth[~found]),
        invented=_whole(comparison.boxes[answered & (met < 0)]),
    )


def _share_wrong(photo: WorstPhoto) -> float:
    wrong = len(photo.missed) + len(photo.invented)
    return wrong / (wrong + len(photo.right))


def _whole(boxes: Boxes) -> list[Box]:
    return [(x1, y1, x2, y2) for x1, y1, x2, y2 in np.rint(boxes).astype(int).tolist()]

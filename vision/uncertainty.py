"""How unsure one pass is about each of its detections, from three sides.

Which sides belong in the blend is decided by evidence: `benchmarks.calibration` measures how well each predicts that a
box is wrong. The entropy of the class is no part of it: it is highest at probability 0.5 and falls again below, where
the boxes that are wrong most often are, and never told more than the doubt does.
"""

from dataclasses import dataclass

import numpy as np

from vision.detections import Detections, Floats


@dataclass(frozen=True, slots=True, eq=False)
class Uncertainty:
    """Arrays of shape (n,), each in 0..1, 1 the least sure.

    Attributes:
        doubt: calibrated probability that the box is wrong, 1 minus that of the winning class.
        ambiguity: probability of the second class relative to the winning one: 1 where they tie, 0 with a single class.
        localisation: mean over the four edges of standard deviation per side length of the box, clipped to 1.
    """

    doubt: Floats
    ambiguity: Floats
    localisation: Floats

    @property
    def value(self) -> Floats:
        """Blend of the three: 1 minus the product of their complements.

        So a detection is at least as unsure as its worst side, and unsure sides add up.
        """
        sure = (1 - self.doubt) * (1 - self.ambiguity) * (1 - self.localisation)
        blended: Floats = (1 - sure).astype(np.float32)
        return blended


def uncertainty_of(detections: Detections) -> Uncertainty:
    """Measure all detections of one photo."""
    return Uncertainty(1 - detections.confidences, _ambiguity(detections.probabilities), _localisation(detections))


def _ambiguity(probabilities: Floats) -> Floats:
    if probabilities.shape[1] < 2:
        return np.zeros(len(probabilities), np.float32)
    second, first = np.partition(probabilities, -2, axis=1)[:, -2:].T
    rivalry: Floats = np.divide(second, first, out=np.zeros_like(first), where=first > 0)
    return rivalry


def _localisation(detections: Detections) -> Floats:
    sides = np.maximum(detections.boxes[:, 2:] - detections.boxes[:, :2], 1)
    spread: Floats = (detections.edge_deviations / np.tile(sides, 2)).mean(1)
    return np.clip(spread, 0, 1)

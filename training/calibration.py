"""Calibration: what a detector's probabilities should say, fitted on labelled photos it was not trained on.

A box that survived NMS is right if it found a box of truth of its class at IoU 0.5 that no surer one had found. Its
logit z becomes the probability σ(z / temperature + bias) of that; the two numbers have the least negative
log-likelihood. This is temperature scaling (Guo et al., On Calibration of Modern Neural Networks, ICML 2017) with the
offset of Platt's scaling (1999), for detections as in Küppers et al., Multivariate Confidence Calibration for Object
Detection, CVPRW 2020. A YOLO head needs the offset: it learns towards the overlap of box and truth instead of towards
1, so it is too modest everywhere, and a temperature alone leaves 0.5 where it is.

How good a calibration is, is the expected calibration error over detections: `training.matching.calibration_error`.
"""

import math
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import numpy as np
import scipy
from numpy.typing import NDArray
from ultralytics.nn.tasks import DetectionModel

from training.captures import LabelledCapture
from training.evaluation import compare
from training.export import export_onnx
from training.matching import Comparison, right
from training.snapshots import ClassMode, class_of
from vision.artefact import ArtefactMetadata, read_metadata
from vision.decoding import decode
from vision.detector import Detector
from vision.runtime import load_runtime

FEWEST_PHOTOS = 5
FEWEST_OF_EACH = 25  # right boxes, and wrong ones
_LEAST_CONFIDENCE = 0.05  # below it nearly all boxes are wrong, and so many that they would outweigh the others
_MOST_DETECTIONS = 600
_SPARED_F1 = 0.02
_OPERATING = (0.2, 0.5)
_SLOPES, _BIASES = (0.1, 10.0), (-10.0, 10.0)

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Calibration:
    """What an artefact's metadata keeps of it.

    Attributes:
        temperature: logits are divided by it.
        bias: added after that.
        confidence: calibrated probability from which on a detection is answered.
        calibrated_on: photos and boxes of the fit.
    """

    temperature: float
    bias: float
    confidence: float
    calibrated_on: tuple[int, int]

    @classmethod
    def of(cls, metadata: ArtefactMetadata) -> Self:
        """Read the calibration of an artefact."""
        return cls(metadata.temperature, metadata.bias, metadata.confidence, metadata.calibrated_on)

    def applied_to(self, metadata: ArtefactMetadata) -> ArtefactMetadata:
        """Return the metadata with this calibration instead of its own."""
        mine = {name: getattr(self, name) for name in self.__slots__}
        return ArtefactMetadata.model_validate({**metadata.model_dump(), **mine})


UNCALIBRATED = Calibration(temperature=1.0, bias=0.0, confidence=0.25, calibrated_on=(0, 0))


def calibrate(
    model: DetectionModel, metadata: ArtefactMetadata, captures: Sequence[LabelledCapture], class_mode: ClassMode
) -> Calibration | None:
    """Fit a model's calibration; export it with `Calibration.applied_to(metadata)` afterwards.

    Args:
        model: a detector, not fused; it is left as it is.
        metadata: what its artefact will say; its own calibration is not looked at.
        captures: labelled photos the model was not trained on; those without a box count, too.
        class_mode: what the classes of `metadata` are.

    Returns:
        None under 5 photos, 25 right or 25 wrong boxes: too few to tell.

    Raises:
        ExportRefused: if model and metadata do not belong together.
        BadPhoto: if a photo cannot be decoded.
    """
    if len(captures) < FEWEST_PHOTOS:
        return None
    with tempfile.TemporaryDirectory(prefix="shelfloop-") as folder:
        path = Path(folder) / "uncalibrated.onnx"
        export_onnx(model, path, UNCALIBRATED.applied_to(metadata))
        detector = Detector(
            load_runtime("openvino", path, precision="f32"),
            read_metadata(path),
            confidence=_LEAST_CONFIDENCE,
            max_detections=_MOST_DETECTIONS,
        )
        return fit_calibration([_compared(detector, capture, class_mode) for capture in captures])


def _compared(detector: Detector, capture: LabelledCapture, class_mode: ClassMode) -> Comparison:
    found = detector.detect(decode(capture.image.read_bytes()).image)
    classes = detector.metadata.classes
    return compare(capture.boxes, found, classes, lambda box: class_of(box, class_mode), classes)


def fit_calibration(comparisons: Sequence[Comparison]) -> Calibration | None:
    """Fit on detections with uncalibrated confidences, one comparison a photo; None if they are too few to tell."""
    correct = np.concatenate([right(comparison) for comparison in comparisons])
    if min(correct.sum(), (~correct).sum()) < FEWEST_OF_EACH:
        return None
    confidences = np.clip(np.concatenate([c.confidences for c in comparisons]), 1e-6, 1 - 1e-6)
    logits = np.log(confidences / (1 - confidences))
    slope, bias = most_likely(logits, correct)
    calibrated = 1 / (1 + np.exp(-(slope * logits + bias)))
    truth = sum(len(comparison.truth) for comparison in comparisons)
    return Calibration(
        temperature=round(1 / slope, 4),
        bias=round(bias, 4),
        confidence=operating_point(calibrated, correct, truth),
        calibrated_on=(len(comparisons), len(correct)),
    )


def most_likely(logits: Floats, correct: NDArray[np.bool_]) -> tuple[float, float]:
    """Return slope and bias of least negative log-likelihood.

    Targets are not 1 and 0 but Platt's (n₊ + 1) / (n₊ + 2) and 1 / (n₋ + 2): boxes that a line through the logits
    separates would otherwise ask for an infinite slope.
    """
    hits = int(correct.sum())
    target = np.where(correct, (hits + 1) / (hits + 2), 1 / (len(correct) - hits + 2))

    def loss(line: Floats) -> tuple[float, Floats]:
        z = line[0] * logits + line[1]
        residual = 1 / (1 + np.exp(-z)) - target
        return float((np.logaddexp(0, z) - target * z).mean()), np.array([(residual * logits).mean(), residual.mean()])

    slope, bias = scipy.optimize.minimize(
        loss, np.array([1.0, 0.0]), jac=True, method="L-BFGS-B", bounds=(_SLOPES, _BIASES)
    ).x
    return float(slope), float(bias)


def operating_point(probabilities: Floats, correct: NDArray[np.bool_], truth: int) -> float:
    """Return the least probability whose F1 is within 0.02 of the best, but 0.2 to 0.5; `truth` counts labelled boxes.

    The best itself would cost recall first on photos of a shop that the model does not know yet, because it is less
    confident there; and a box too many is deleted with one click, while a missing one has to be noticed and drawn.
    """
    order = np.argsort(-probabilities, kind="stable")
    ranked = probabilities[order]
    f1 = 2 * np.cumsum(correct[order]) / (truth + np.arange(1, len(order) + 1))
    possible = np.append(ranked[1:] < ranked[:-1], True)  # no threshold parts equal ones
    least = float(ranked[np.flatnonzero(possible & (f1 >= f1[possible].max() - _SPARED_F1))[-1]])
    low, high = _OPERATING
    return math.floor(min(max(least, low), high) * 1000) / 1000  # down, so that the box itself stays

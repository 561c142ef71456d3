"""One labelled photo, looked at: which boxes are right, and what was said about each."""

from collections.abc import Collection
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.annotations import as_array
from retail.boxes import Boxes, DetectionKind, areas, intersections, iou
from training.captures import LabelledCapture
from training.matching import Comparison, right
from vision.artefact import ArtefactMetadata
from vision.decoding import decode
from vision.detections import Detections
from vision.detector import Detector
from vision.letterbox import Image, Letterbox
from vision.uncertainty import uncertainty_of

Floats = NDArray[np.float64]
LEAST_CONFIDENCE = 0.05  # before calibration
_SMALLER = 0.8
_EXCUSED = 0.5  # of a box inside an area that counts neither way


@dataclass(frozen=True, slots=True, eq=False)
class Look:
    """What a detector said about the n boxes of one photo that count.

    Attributes:
        capture: the photo.
        logits: (n,) of the winning class before calibration.
        probabilities: (n,) of the winning class, calibrated.
        right: (n,) whether the box found a box of truth of its kind at IoU 0.5 that no surer one had found.
        overlaps: (n,) best IoU with a box of truth of its kind.
        signals: (n,) each, by name; larger is less sure.
    """

    capture: LabelledCapture
    logits: Floats
    probabilities: Floats
    right: NDArray[np.bool_]
    overlaps: Floats
    signals: dict[str, Floats]

    def only(self, boxes: NDArray[np.bool_]) -> "Look":
        """Return the boxes that a mask (n,) names."""
        return Look(
            self.capture,
            self.logits[boxes],
            self.probabilities[boxes],
            self.right[boxes],
            self.overlaps[boxes],
            {name: signal[boxes] for name, signal in self.signals.items()},
        )


def look(detector: Detector, capture: LabelledCapture, kinds: Collection[DetectionKind], ignored: Boxes) -> Look:
    """Look at a photo in which boxes of `kinds` are labelled; wrong facings inside `ignored` (m, 4) do not count."""
    photo = decode(capture.image.read_bytes(), long_side=detector.metadata.input_size)
    size = (photo.width, photo.height)
    found = detector.detect(photo.image, size)
    found = found.keep(_is_of(kinds, found, detector.metadata))
    overlaps, correct = _held_against(found, capture, detector.metadata)
    inside = intersections(found.boxes, ignored) / np.maximum(areas(found.boxes), 1)[:, None]
    counts = correct | (inside.max(1, initial=0) <= _EXCUSED)
    probabilities = np.clip(found.confidences.astype(np.float64), 1e-7, 1 - 1e-7)
    metadata = detector.metadata
    logits = (np.log(probabilities / (1 - probabilities)) - metadata.bias) * metadata.temperature
    signals = _signals(found, inconsistency(detector, photo.image, found))
    return Look(capture, logits, probabilities, correct, overlaps, signals).only(counts)


def _is_of(kinds: Collection[DetectionKind], found: Detections, metadata: ArtefactMetadata) -> NDArray[np.bool_]:
    return np.array([metadata.kind_of(class_id) in kinds for class_id in found.class_ids.tolist()], bool)


def _held_against(
    found: Detections, capture: LabelledCapture, metadata: ArtefactMetadata
) -> tuple[Floats, NDArray[np.bool_]]:
    names = list(DetectionKind)
    labels = np.array([names.index(metadata.kind_of(c)) for c in found.class_ids.tolist()], np.int64)
    truth, truth_labels = as_array(capture.boxes), np.array([names.index(b.kind) for b in capture.boxes], np.int64)
    overlaps = np.where(labels[:, None] == truth_labels[None], iou(found.boxes, truth), 0)
    comparison = Comparison(truth, truth_labels, found.boxes, labels, found.confidences.astype(np.float64))
    return overlaps.max(1, initial=0).astype(np.float64), right(comparison)


def _signals(found: Detections, inconsistent: Floats) -> dict[str, Floats]:
    unsure, p = uncertainty_of(found), np.clip(found.confidences.astype(np.float64), 1e-7, 1 - 1e-7)
    return {
        "doubt": unsure.doubt.astype(np.float64),
        "class entropy": -p * np.log2(p) - (1 - p) * np.log2(1 - p),
        "1 - margin": unsure.ambiguity.astype(np.float64),
        "localisation": unsure.localisation.astype(np.float64),
        "blend": unsure.value.astype(np.float64),
        "inconsistency": inconsistent,
        "blend with inconsistency": 1 - (1 - unsure.value.astype(np.float64)) * (1 - inconsistent),
    }


def inconsistency(detector: Detector, image: Image, found: Detections) -> Floats:
    """Return how far detections change in a mirror and at 0.8 of the size, (n,) in 0..1.

    1 minus the mean over both views of overlap times ratio of confidences with the best box of the same class there
    (after Yu et al., Consistency-based Active Learning for Object Detection, CVPR workshops 2022).
    """
    mirrored = detector.detect(np.ascontiguousarray(image[:, ::-1]), found.size)
    boxes = mirrored.boxes.copy()
    boxes[:, [0, 2]] = found.size[0] - boxes[:, [2, 0]]
    stride = max(detector.metadata.strides)
    letterbox = Letterbox.fit(found.size, round(detector.metadata.input_size * _SMALLER / stride) * stride, stride)
    smaller = detector.postprocess(detector.runtime.infer(letterbox.apply(image)), letterbox)
    same = (_agreement(found, boxes, mirrored) + _agreement(found, smaller.boxes, smaller)) / 2
    return 1 - same


def _agreement(found: Detections, boxes: Boxes, view: Detections) -> Floats:
    mine, theirs = found.confidences[:, None], view.confidences[None]
    ratio = np.minimum(mine, theirs) / np.maximum(np.maximum(mine, theirs), 1e-7)
    same = found.class_ids[:, None] == view.class_ids[None]
    best: Floats = np.where(same, iou(found.boxes, boxes) * ratio, 0).max(1, initial=0).astype(np.float64)
    return best

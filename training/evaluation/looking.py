"""A detector as it is judged, and one capture as it sees it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retail.boxes import DetectionKind
from retail.conditions import Condition
from training.captures import LabelledCapture
from training.evaluation.comparing import Found, by_class, by_kind
from training.evaluation.naming import Knowledge, NamedPhoto, Naming, name_facings
from training.matching import Comparison
from training.snapshots import ClassMode
from vision.decoding import decode
from vision.detections import Detections

RgbImage = NDArray[np.uint8]
KINDS = [kind.value for kind in DetectionKind]
AXES = ("lighting", "angle", "format")


@dataclass(frozen=True, slots=True, eq=False)
class Looking:
    """A detector as it is judged.

    Attributes:
        predict: from an RGB uint8 photo (h, w, 3) to detections, with a low confidence threshold (0.01 or less), or
            recall is cut short; `vision.detections.Detections` where facings are to be named.
        classes: the detector's class names by id.
        confidence: from which on a detection is answered.
        naming: what names its facings; None to judge boxes alone.
    """

    predict: Callable[[RgbImage], Found]
    classes: Sequence[str]
    confidence: float = 0.25
    naming: Naming | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """One capture as a detector saw it.

    Attributes:
        capture: with its truth.
        found: what was found.
        by_class: truth and detections side by side, by the snapshot's classes.
        by_kind: the same by `KINDS`.
        named: its facings as answered; None where nothing names, or a reference was cut from this capture.
    """

    capture: LabelledCapture
    found: Found
    by_class: Comparison
    by_kind: Comparison
    named: NamedPhoto | None


def look(
    looking: Looking, capture: LabelledCapture, names: Sequence[str], class_mode: ClassMode, knowledge: Knowledge
) -> Seen:
    """Let a detector see one capture.

    Raises:
        BadPhoto: if the photo cannot be decoded.
    """
    image = decode(capture.image.read_bytes()).image
    found, named = looking.predict(image), None
    if looking.naming is not None and capture.capture_id not in knowledge.taught:
        assert isinstance(found, Detections)
        planogram = knowledge.planograms.get(capture.capture_id)
        named = name_facings(looking.naming, image, found, looking.confidence, capture, planogram)
    return Seen(
        capture,
        found,
        by_class(capture.boxes, found, names, class_mode, looking.classes),
        by_kind(capture.boxes, found, KINDS, looking.classes),
        named,
    )


def cells_of(seen: Sequence[Seen]) -> dict[str, list[str]]:
    """Return by axis the cell of each capture; the last axis is ``stratum``."""
    conditions = [Condition.from_stratum(one.capture.stratum) for one in seen]
    axes = {axis: [str(getattr(one, axis)) for one in conditions] for axis in AXES}
    return {**axes, "stratum": [one.stratum for one in conditions]}

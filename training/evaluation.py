"""How good a detector is: overall, per class and kind, and under every condition, with how sure that is."""

from collections.abc import Callable, Iterable, Sequence
from typing import Literal, Protocol

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict

from labeling.annotations import AnnotatedBox, as_array
from retail.boxes import Boxes, DetectionKind
from retail.conditions import Condition
from training.captures import LabelledCapture
from training.coco_ap import average_precisions
from training.matching import Comparison, bootstrap_ap50, calibration_error
from training.snapshots import ClassMode, class_of
from vision.artefact import PRODUCT, is_product_class
from vision.decoding import decode

FEWEST_CAPTURES = 5
FEWEST_BOXES = 30
RgbImage = NDArray[np.uint8]
Evidence = Literal["sufficient", "insufficient evidence"]


class Found(Protocol):
    """What a detector says about one photo; `vision.detections.Detections` is one."""

    @property
    def boxes(self) -> Boxes:
        """(n, 4) x1, y1, x2, y2 in pixels of the upright photo."""

    @property
    def class_ids(self) -> NDArray[np.int64]:
        """(n,) indices into the detector's classes."""

    @property
    def confidences(self) -> NDArray[np.float32]:
        """(n,) in 0..1."""


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class Score(_Value):
    """One cell of a report.

    Attributes:
        ap: COCO AP over IoU 0.50:0.95 in 0..1, mean over the classes that the cell shows; None without truth.
        ap50: the same at IoU 0.5.
        ap50_low: 2.5 % quantile of AP50 over captures drawn with replacement.
        ap50_high: 97.5 % quantile.
        captures: with at least one such box.
        boxes: of truth.
        evidence: insufficient under 5 captures or 30 boxes: read the figures with care, and gate nothing by them.
    """

    ap: float | None
    ap50: float | None
    ap50_low: float | None
    ap50_high: float | None
    captures: int
    boxes: int
    evidence: Evidence

    @property
    def supported(self) -> bool:
        """Whether the cell has enough evidence to judge by."""
        return self.evidence == "sufficient"


class EvaluationReport(_Value):
    """How good one detector is on one set of captures; plain JSON by `model_dump_json`.

    Attributes:
        measured_on: hash of the snapshot; only reports of the same set can be compared.
        overall: over the classes of the truth.
        classes: each class of the truth; a detector that cannot name it scores 0.
        tail: the classes that are too thin alone, together; None if there are none.
        kinds: facing, shelf, tag, gap whatever the product, so that detectors with other classes compare.
        strata: each condition, for example ``warm/oblique/convenience``.
        axes: the same by ``lighting``, ``angle`` and ``format`` alone.
        calibration_error: expected, of whether a box is right (IoU 0.5, its kind); None without detections of 0.1
            or more.
    """

    measured_on: str
    overall: Score
    classes: dict[str, Score]
    tail: Score | None
    kinds: dict[str, Score]
    strata: dict[str, Score]
    axes: dict[str, dict[str, Score]]
    calibration_error: float | None


def evaluate(
    predict: Callable[[RgbImage], Found],
    predicted_classes: Sequence[str],
    captures: Sequence[LabelledCapture],
    class_mode: ClassMode,
    measured_on: str,
) -> EvaluationReport:
    """Run a detector over labelled captures and score it.

    Args:
        predict: from an RGB uint8 photo (h, w, 3) to detections, with a low confidence threshold (0.01 or less), or
            recall is cut short.
        predicted_classes: the detector's class names by id; in ``kinds`` mode its GTINs count as ``product``.
        captures: those of the snapshot's validation part, as a rule.
        class_mode: which classes the truth has.
        measured_on: hash of the snapshot.

    Raises:
        ValueError: if there is no capture or no box, or a stratum is not a condition.
        BadPhoto: if a photo cannot be decoded.
    """
    names = sorted({class_of(box, class_mode) for capture in captures for box in capture.boxes})
    if not names:
        raise ValueError(f"{len(captures)} captures hold no box to measure with: label some, or add captures")
    by_class, by_kind = [], []
    kinds = [kind.value for kind in DetectionKind]
    predicted_names = [_name_in(name, class_mode) for name in predicted_classes]
    predicted_kinds = [_kind_of(name) for name in predicted_classes]
    for capture in captures:
        found = predict(decode(capture.image.read_bytes()).image)
        by_class.append(compare(capture.boxes, found, names, lambda b: class_of(b, class_mode), predicted_names))
        by_kind.append(compare(capture.boxes, found, kinds, lambda b: b.kind.value, predicted_kinds))
    return _report(captures, by_class, names, by_kind, kinds, measured_on)


def _name_in(name: str, class_mode: ClassMode) -> str:
    return PRODUCT if class_mode == "kinds" and is_product_class(name) else name


def _kind_of(name: str) -> str:
    return DetectionKind.FACING.value if is_product_class(name) else name


def compare(
    truth: Sequence[AnnotatedBox],
    found: Found,
    names: Sequence[str],
    name_of: Callable[[AnnotatedBox], str],
    predicted: Sequence[str],
) -> Comparison:
    """Lay truth and detections of one photo side by side.

    Args:
        truth: what people drew.
        found: what a detector found.
        names: the labels; every box of truth has one of them.
        name_of: a box's label.
        predicted: labels by the detector's class id; those that `names` lacks become -1.
    """
    label = {name: i for i, name in enumerate(names)}
    translated = np.array([label.get(name, -1) for name in predicted])
    return Comparison(
        truth=as_array(truth),
        truth_labels=np.array([label[name_of(b)] for b in truth], dtype=np.int64),
        boxes=found.boxes,
        labels=translated[found.class_ids].astype(np.int64),
        confidences=found.confidences.astype(np.float64),
    )


def _report(
    captures: Sequence[LabelledCapture],
    by_class: Sequence[Comparison],
    names: Sequence[str],
    by_kind: Sequence[Comparison],
    kinds: Sequence[str],
    measured_on: str,
) -> EvaluationReport:
    overall, classes, tail = _scores(by_class, names)
    conditions = [Condition.from_stratum(capture.stratum) for capture in captures]
    axes = {axis: [str(getattr(c, axis)) for c in conditions] for axis in ("lighting", "angle", "format")}
    return EvaluationReport(
        measured_on=measured_on,
        overall=overall,
        classes=classes,
        tail=tail,
        kinds=_scores(by_kind, kinds)[1],
        strata=_cells(by_class, names, [c.stratum for c in conditions]),
        axes={axis: _cells(by_class, names, values) for axis, values in axes.items()},
        calibration_error=calibration_error(by_kind),
    )


def _cells(comparisons: Sequence[Comparison], names: Sequence[str], cell_of: Sequence[str]) -> dict[str, Score]:
    cells = {}
    for cell in sorted(set(cell_of)):
        inside = [c for c, name in zip(comparisons, cell_of, strict=True) if name == cell]
        cells[cell] = _scores(inside, names)[0]
    return cells


def _scores(comparisons: Sequence[Comparison], names: Sequence[str]) -> tuple[Score, dict[str, Score], Score | None]:
    """Return the score over all names, that of each name which the truth shows, and that of the thin ones."""
    points = average_precisions(comparisons, len(names))
    draws = bootstrap_ap50(comparisons, len(names))
    shown = np.array([np.bincount(c.truth_labels, minlength=len(names)) for c in comparisons])

    def score(labels: Iterable[int]) -> Score:
        chosen = [label for label in labels if shown[:, label].any()]
        return _score(points[chosen], draws[:, chosen], shown[:, chosen])

    each = {name: score([i]) for i, name in enumerate(names) if shown[:, i].any()}
    thin = [i for i, name in enumerate(names) if name in each and not each[name].supported]
    return score(range(len(names))), each, score(thin) if thin else None


def _score(points: NDArray[np.float64], draws: NDArray[np.float64], shown: NDArray[np.int64]) -> Score:
    captures, boxes = int(shown.any(axis=1).sum()), int(shown.sum())
    enough = captures >= FEWEST_CAPTURES and boxes >= FEWEST_BOXES
    evidence: Evidence = "sufficient" if enough else "insufficient evidence"
    if not boxes:
        return Score(
            ap=None, ap50=None, ap50_low=None, ap50_high=None, captures=captures, boxes=boxes, evidence=evidence
        )
    means = np.nanmean(draws[~np.isnan(draws).all(axis=1)], axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    ap, ap50 = points.mean(axis=0)
    return Score(
        ap=float(ap),
        ap50=float(ap50),
        ap50_low=float(low),
        ap50_high=float(high),
        captures=captures,
        boxes=boxes,
        evidence=evidence,
    )

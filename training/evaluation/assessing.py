"""Running a detector over labelled captures, and everything that is told of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from training.captures import LabelledCapture
from training.evaluation.comparing import Found
from training.evaluation.findings import Findings, find_boxes, find_names
from training.evaluation.looking import Looking, RgbImage, look
from training.evaluation.naming import Knowledge
from training.evaluation.precision import Floats
from training.evaluation.report import EvaluationReport
from training.evaluation.worst import worst_photos
from training.snapshots import ClassMode, class_of


@dataclass(frozen=True, slots=True, eq=False)
class Evaluation:
    """A report and what it was computed from.

    Attributes:
        report: to keep.
        draws: of each cell by its name in the gate, (replicates,): pairs with another model's on the same captures.
    """

    report: EvaluationReport
    draws: dict[str, Floats] = field(default_factory=dict)


def evaluate(
    predict: Callable[[RgbImage], Found],
    predicted_classes: Sequence[str],
    captures: Sequence[LabelledCapture],
    class_mode: ClassMode,
    measured_on: str,
) -> EvaluationReport:
    """Return the report of `assess` on boxes alone."""
    return assess(Looking(predict, predicted_classes), captures, class_mode, measured_on).report


def assess(
    looking: Looking,
    captures: Sequence[LabelledCapture],
    class_mode: ClassMode,
    measured_on: str,
    knowledge: Knowledge | None = None,
) -> Evaluation:
    """Run a detector over labelled captures and judge it.

    Args:
        looking: the detector.
        captures: those of the snapshot's validation part, as a rule.
        class_mode: which classes the truth has; in ``kinds`` mode a detector's GTINs count as ``product``.
        measured_on: hash of the snapshot.
        knowledge: what is known of the captures beside their labels.

    Raises:
        ValueError: if there is no capture or no box, or a stratum is not a condition.
        BadPhoto: if a photo cannot be decoded.
    """
    names = sorted({class_of(box, class_mode) for capture in captures for box in capture.boxes})
    if not names:
        raise ValueError(f"{len(captures)} captures hold no box to measure with: label some, or add captures")
    knowledge = knowledge or Knowledge()
    seen = [look(looking, capture, names, class_mode, knowledge) for capture in captures]
    findings = Findings()
    find_boxes(findings, seen, names)
    if looking.naming is not None:
        find_names(findings, seen, looking.naming, knowledge)
    report = EvaluationReport(
        measured_on=measured_on,
        measures=findings.measures,
        worst=worst_photos([(one.capture, one.by_kind) for one in seen], looking.confidence),
        **findings.fields,
    )
    return Evaluation(report, findings.draws)

"""What a report says; plain JSON by `model_dump_json`."""

from typing import Literal

from pydantic import BaseModel, ConfigDict

FEWEST_CAPTURES = 5
FEWEST_BOXES = 30
Evidence = Literal["sufficient", "insufficient evidence"]


class _Value(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid")


class _Judged(_Value):
    evidence: Evidence

    @property
    def supported(self) -> bool:
        """Whether the cell has enough evidence to judge by."""
        return self.evidence == "sufficient"


class Score(_Judged):
    """One cell of average precision.

    Attributes:
        ap: COCO AP over IoU 0.50:0.95 in 0..1, mean over the classes that the cell shows; None without truth.
        ap_low: 2.5 % quantile of AP over captures drawn with replacement.
        ap_high: 97.5 % quantile.
        ap50: AP at IoU 0.5.
        ap50_low: as `ap_low`.
        ap50_high: as `ap_high`.
        captures: with at least one such box.
        boxes: of truth.
        evidence: insufficient under 5 captures or 30 boxes: read the figures with care, and gate nothing by them.
    """

    ap: float | None
    ap_low: float | None = None
    ap_high: float | None = None
    ap50: float | None
    ap50_low: float | None
    ap50_high: float | None
    captures: int
    boxes: int


class Figure(_Judged):
    """One cell of another measure.

    Attributes:
        value: in 0..1; None where the cell cannot tell it.
        low: 2.5 % quantile over captures drawn with replacement.
        high: 97.5 % quantile.
        captures: that count.
        count: of facings, positions or boxes that count.
        evidence: as in a `Score`.
    """

    value: float | None
    low: float | None
    high: float | None
    captures: int
    count: int


class Measure(_Value):
    """One measure of the whole and of its cells: by category, lighting, angle, format, stratum, and category in it."""

    overall: Figure
    cells: dict[str, dict[str, Figure]]


class Confusion(_Value):
    """A product that was called another one.

    Attributes:
        product: the true GTIN.
        called: the GTIN it was given.
        times: facings.
        siblings: whether both are of one family.
    """

    product: str
    called: str
    times: int
    siblings: bool


class WorstPhoto(_Value):
    """A capture with many errors, as boxes x1, y1, x2, y2 in whole pixels.

    Attributes:
        capture_id: its id in the snapshot.
        stratum: its condition.
        width: of the photo.
        height: of the photo.
        right: labelled boxes that were found, their kind right.
        missed: labelled boxes that were not.
        invented: detections that found none.
    """

    capture_id: str
    stratum: str
    width: int
    height: int
    right: list[tuple[int, int, int, int]]
    missed: list[tuple[int, int, int, int]]
    invented: list[tuple[int, int, int, int]]


class EvaluationReport(_Value):
    """How good one detector is on one set of captures.

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
        products: AP of each product as it is named when the model serves; empty where nothing names.
        bands: the same over products of 100 training boxes or more (``head``), of 10 or more (``middle``), and of
            fewer (``tail``).
        categories: AP by category of the product; a facing of a sibling within the category is right here.
        cells: the same by category and stratum, for example ``drinks warm/oblique/convenience``.
        measures: ``sku_top1``, ``verdict_f1``, ``calibration_error``, ``unknown_auroc``, as far as they can be told.
        confusions: products that were called others, the most frequent first.
        worst: the photos with the most errors, the worst first.
        latency_ms: fastest of several turns, a photo; None if it was not measured.
        megabytes: of the artefact.
    """

    measured_on: str
    overall: Score
    classes: dict[str, Score]
    tail: Score | None
    kinds: dict[str, Score]
    strata: dict[str, Score]
    axes: dict[str, dict[str, Score]]
    calibration_error: float | None
    products: dict[str, Score] = {}
    bands: dict[str, Score] = {}
    categories: dict[str, Score] = {}
    cells: dict[str, Score] = {}
    measures: dict[str, Measure] = {}
    confusions: list[Confusion] = []
    worst: list[WorstPhoto] = []
    latency_ms: float | None = None
    megabytes: float | None = None


def evidence_of(captures: int, count: int) -> Evidence:
    """Say whether so many captures and boxes are enough to judge by."""
    return "sufficient" if captures >= FEWEST_CAPTURES and count >= FEWEST_BOXES else "insufficient evidence"

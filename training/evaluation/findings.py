"""What is found out about a detector, piece by piece: fields of its report, measures, and draws of every cell."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from training.evaluation.looking import AXES, KINDS, Seen, cells_of
from training.evaluation.naming import Knowledge, NamedPhoto, Naming
from training.evaluation.precision import Floats, Precision, Scored, by_cell
from training.evaluation.products import by_product, confusions, facings_of, top1_tally, unknown_tally
from training.evaluation.report import Measure, Score
from training.evaluation.tallies import Tally, measured
from training.evaluation.verdicts import true_verdicts, verdict_tally
from training.matching import Comparison, calibration_errors, calibration_sums


@dataclass(frozen=True, slots=True)
class Findings:
    """What is known so far.

    Attributes:
        fields: of the `EvaluationReport`.
        measures: by name.
        draws: of each cell by its name in the gate.
    """

    fields: dict[str, Any] = field(default_factory=dict)
    measures: dict[str, Measure] = field(default_factory=dict)
    draws: dict[str, Floats] = field(default_factory=dict)

    def scores(self, group: str, scored: Mapping[str, Scored]) -> dict[str, Score]:
        """Return the scores of a group of cells and keep their draws."""
        self.draws.update({f"{group} {name}".strip(): one.draws for name, one in scored.items()})
        return {name: one.score for name, one in scored.items()}

    def measure(self, name: str, tally: Tally, seen: Sequence[Seen]) -> None:
        """Keep a measure of these captures, if it can be told of the whole."""
        found = measured(tally, cells_of(seen))
        if found is not None and found.measure.overall.value is not None:
            self.measures[name] = found.measure
            self.draws.update({f"{name} {cell}": draws for cell, draws in found.draws.items()})


def find_boxes(findings: Findings, seen: Sequence[Seen], names: Sequence[str]) -> None:
    """Judge boxes by class and kind, everywhere and under every condition, and what their confidence is worth."""
    classes, kinds, cells = [one.by_class for one in seen], [one.by_kind for one in seen], cells_of(seen)
    whole = Precision(classes, names)

    def on(axis: str) -> dict[str, Score]:
        return findings.scores(axis, {cell: one.whole for cell, one in by_cell(classes, names, cells[axis]).items()})

    findings.measure("calibration_error", _calibration_tally(kinds), seen)
    calibration = findings.measures.get("calibration_error")
    tail = {} if whole.tail is None else {"": whole.tail}
    findings.fields.update(
        overall=findings.scores("overall", {"": whole.whole})[""],
        classes=findings.scores("class", whole.each),
        tail=findings.scores("tail", tail).get(""),
        kinds=findings.scores("kind", Precision(kinds, KINDS).each),
        strata=on("stratum"),
        axes={axis: on(axis) for axis in AXES},
        calibration_error=None if calibration is None else calibration.overall.value,
    )


def find_names(findings: Findings, seen: Sequence[Seen], naming: Naming, knowledge: Knowledge) -> None:
    """Judge names and verdicts on the captures that may be asked for them."""
    photos = [(one, one.named) for one in seen if one.named is not None]
    asked, number = [one for one, _ in photos], len(photos)
    facings = [
        facing
        for place, (one, named) in enumerate(photos)
        for facing in facings_of(place, one.capture.boxes, one.found, named)
    ]
    if not facings:
        return
    findings.measure("sku_top1", top1_tally(facings, number, naming.known, knowledge), asked)
    findings.measure("unknown_auroc", unknown_tally(facings, number, naming.known, knowledge), asked)
    findings.measure("verdict_f1", _verdict_tally(photos, naming, knowledge), asked)
    findings.fields["confusions"] = confusions(facings, knowledge)
    products = sorted({one.gtin for one in facings})
    precision = Precision(_compared(photos, products), products)
    findings.fields["products"] = findings.scores("product", precision.each)
    findings.fields["bands"] = findings.scores("band", precision.bands(knowledge.trained))
    categories = sorted({knowledge.categories[gtin] for gtin in products if gtin in knowledge.categories})
    if categories:
        _find_categories(findings, asked, _compared(photos, categories, knowledge), categories)


def _find_categories(
    findings: Findings, asked: Sequence[Seen], comparisons: Sequence[Comparison], categories: Sequence[str]
) -> None:
    strata = by_cell(comparisons, categories, cells_of(asked)["stratum"])
    crossed = {f"{name} {cell}": scored for cell, one in strata.items() for name, scored in one.each.items()}
    findings.fields["categories"] = findings.scores("category", Precision(comparisons, categories).each)
    findings.fields["cells"] = findings.scores("cell", crossed)


def _compared(
    photos: Sequence[tuple[Seen, NamedPhoto]], names: Sequence[str], knowledge: Knowledge | None = None
) -> list[Comparison]:
    return [by_product(one.capture.boxes, one.found, named, names, knowledge) for one, named in photos]


def _calibration_tally(comparisons: Sequence[Comparison]) -> Tally:
    sums = np.array([calibration_sums(one) for one in comparisons])[:, None]
    return Tally([""], sums, sums[..., -1], calibration_errors)


def _verdict_tally(photos: Sequence[tuple[Seen, NamedPhoto]], naming: Naming, knowledge: Knowledge) -> Tally:
    planograms = [knowledge.planograms.get(one.capture.capture_id) for one, _ in photos]
    truths = [
        {} if planogram is None else true_verdicts(one.capture, planogram)
        for (one, _), planogram in zip(photos, planograms, strict=True)
    ]
    return verdict_tally(truths, [named.bay for _, named in photos], planograms, naming.least, knowledge)

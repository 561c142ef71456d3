"""Facings by their products: named right or not, known or not, taken for which other product."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from labeling.annotations import AnnotatedBox, as_array
from retail.boxes import DetectionKind
from training.evaluation.comparing import Found
from training.evaluation.naming import Knowledge, NamedPhoto
from training.evaluation.report import Confusion
from training.evaluation.tallies import Floats, Tally, share
from training.matching import Comparison, taken

_MOST_BINS = 256  # of unknown scores; with fewer scores each has its own
_MOST_CONFUSIONS = 50


@dataclass(frozen=True, slots=True)
class Facing:
    """A labelled facing whose product people said.

    Attributes:
        capture: place of its capture.
        gtin: what it shows.
        called: the product that it is called; None if it was not found, or is called unknown.
        unknown_score: of the box that found it; None if it was not found, or the detector's own class says the product.
    """

    capture: int
    gtin: str
    called: str | None
    unknown_score: float | None


def facings_of(place: int, truth: Sequence[AnnotatedBox], found: Found, named: NamedPhoto) -> list[Facing]:
    """Return the facings of one capture whose product is labelled; boxes meet by IoU 0.5, the surest first."""
    boxes = [box for box in truth if box.kind is DetectionKind.FACING]
    rows = np.array(named.rows, np.int64)
    met = taken(
        Comparison(
            truth=as_array(boxes),
            truth_labels=np.zeros(len(boxes), np.int64),
            boxes=found.boxes[rows],
            labels=np.zeros(len(rows), np.int64),
            confidences=found.confidences[rows].astype(np.float64),
        )
    )
    finder = {box: row for row, box in enumerate(met.tolist()) if box >= 0}
    facings = []
    for number, box in enumerate(boxes):
        if box.gtin is None:
            continue
        row = finder.get(number)
        score = float("nan") if row is None else named.unknown_scores[row]
        called = None if row is None else named.gtins[row]
        facings.append(Facing(place, box.gtin, called, None if np.isnan(score) else score))
    return facings


def by_product(
    truth: Sequence[AnnotatedBox], found: Found, named: NamedPhoto, names: Sequence[str], knowledge: Knowledge | None
) -> Comparison:
    """Compare named facings; a detection's confidence is that there is a facing times that of its product.

    Args:
        truth: what people drew; only facings whose product they said count.
        found: detections.
        named: their names.
        names: products, or with knowledge, categories.
        knowledge: of categories.
    """
    label = {name: place for place, name in enumerate(names)}
    rows = np.array(named.rows, np.int64)

    def place_of(gtin: str | None) -> int:
        name = gtin if knowledge is None or gtin is None else knowledge.categories.get(gtin)
        return -1 if name is None else label.get(name, -1)

    wanted = [box for box in truth if box.kind is DetectionKind.FACING and place_of(box.gtin) >= 0]
    return Comparison(
        truth=as_array(wanted),
        truth_labels=np.array([place_of(box.gtin) for box in wanted], np.int64),
        boxes=found.boxes[rows],
        labels=np.array([place_of(gtin) for gtin in named.gtins], np.int64),
        confidences=found.confidences[rows].astype(np.float64) * np.array(named.chances),
    )


def top1_tally(facings: Sequence[Facing], captures: int, known: frozenset[str], knowledge: Knowledge) -> Tally:
    """Tally which facings of known products are found and called by their product."""
    asked = [one for one in facings if one.gtin in known]
    sums, counts, categories = _empty(asked, captures, 2, knowledge)
    for one in asked:
        where = one.capture, categories.index(knowledge.categories.get(one.gtin, ""))
        sums[where] += (one.called == one.gtin, 1)
        counts[where] += 1
    return Tally(categories, sums, counts, share)


def unknown_tally(facings: Sequence[Facing], captures: int, known: frozenset[str], knowledge: Knowledge) -> Tally:
    """Tally the unknown scores of facings that were found, of unknown products and of known ones."""
    asked = [one for one in facings if one.unknown_score is not None]
    scores = np.array([one.unknown_score for one in asked])
    edges = np.unique(np.quantile(scores, np.linspace(0, 1, _MOST_BINS), method="nearest")) if asked else np.zeros(1)
    sums, counts, categories = _empty(asked, captures, 2 * len(edges), knowledge)
    for one, score in zip(asked, scores.tolist(), strict=True):
        bin = int(np.searchsorted(edges, score, side="right")) - 1
        where = one.capture, categories.index(knowledge.categories.get(one.gtin, ""))
        sums[where][bin + (0 if one.gtin in known else len(edges))] += 1
        counts[where] += 1
    return Tally(categories, sums, counts, _auroc)


def _auroc(sums: Floats) -> Floats:
    """Finish histograms (r, 2 × bins) of scores of known, then unknown facings; NaN where either kind lacks."""
    known, unknown = np.split(sums, 2, axis=1)
    below = np.cumsum(known, axis=1) - known / 2  # a tie counts half
    pairs = known.sum(axis=1) * unknown.sum(axis=1)
    return np.divide((unknown * below).sum(axis=1), pairs, out=np.full(len(sums), np.nan), where=pairs > 0)


def confusions(facings: Sequence[Facing], knowledge: Knowledge) -> list[Confusion]:
    """Return which products were called which others, the most frequent first."""
    times = Counter((one.gtin, one.called) for one in facings if one.called not in (None, one.gtin))
    return [
        Confusion(product=product, called=called, times=number, siblings=_siblings(product, called, knowledge))
        for (product, called), number in sorted(times.items(), key=lambda one: (-one[1], one[0]))[:_MOST_CONFUSIONS]
        if called is not None
    ]


def _siblings(one: str, other: str, knowledge: Knowledge) -> bool:
    family = knowledge.families.get(one)
    return family is not None and family == knowledge.families.get(other)


def _empty(
    facings: Sequence[Facing], captures: int, width: int, knowledge: Knowledge
) -> tuple[Floats, Floats, list[str]]:
    categories = sorted({knowledge.categories.get(one.gtin, "") for one in facings} | {""})
    return np.zeros((captures, len(categories), width)), np.zeros((captures, len(categories))), categories

"""One answer out of several people's, each weighted by how often gold found them right."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np

from labeling.annotations import FLAGS, AnnotatedBox, as_array
from labeling.quality.boundaries import (
    EDGES,
    KIND,
    MISSING,
    PRESENCE,
    PRODUCT,
    SPURIOUS,
    Boundary,
    Categories,
    group_boxes,
    product_boundary,
)
from labeling.quality.gold_accuracy import GOOD_EDGES_IOU, Tally
from retail.boxes import iou
from retail.gtin import Gtin

Answer = TypeVar("Answer")

_USUAL = 20.0  # decisions that what is usual weighs
_WRONG_ANSWERS = 3  # the other kinds; siblings that a product is taken for
_WRONG_EDGES = 10  # ways to displace a box that do not fit each other


@dataclass(frozen=True, slots=True)
class Voice:
    """One person's boxes of a photo, and how that person did on gold (empty: not measured yet)."""

    boxes: tuple[AnnotatedBox, ...]
    tallies: Mapping[Boundary, Tally]


@dataclass(frozen=True, slots=True)
class Agreed:
    """A box of the consensus.

    Attributes:
        box: what is kept, or the best guess of what was voted away.
        certainty: by boundary (``presence``, ``kind``, ``product``), the probability of the winning answer.
        places: index of the box in each person's answer, None without one.
    """

    box: AnnotatedBox
    certainty: Mapping[Boundary, float]
    places: tuple[int | None, ...]


@dataclass(frozen=True, slots=True)
class Consensus:
    """What several people say together: boxes kept, and those that some drew and the others outvoted."""

    kept: tuple[Agreed, ...]
    outvoted: tuple[Agreed, ...]

    @property
    def boxes(self) -> tuple[AnnotatedBox, ...]:
        """The boxes kept, from the top left on."""
        return tuple(one.box for one in self.kept)

    def doubtful(self, certainty: float = 0.8) -> tuple[Agreed, ...]:
        """Return what a second person should look at: kept or outvoted with less than this certainty somewhere."""
        return tuple(a for a in (*self.kept, *self.outvoted) if min(a.certainty.values()) < certainty)


def consensus(voices: Sequence[Voice], categories: Categories) -> Consensus:
    """Merge the answers of two people or more about one photo.

    Presence, kind, product and flags are voted on; a vote weighs the log-likelihood ratio that the voter's gold
    accuracy gives it, the optimal weighting of independent voters (Nitzan & Paroush 1982; Dawid & Skene 1979 with the
    error rates taken from gold instead of estimated). Edges are the median of those
    who agree (IoU of 0.75 or more) about them and weigh most together.

    Raises:
        ValueError: for fewer than two voices.
    """
    if len(voices) < 2:
        raise ValueError(f"a consensus needs two answers or more, got {len(voices)}")
    rates = [_Rates(voice.tallies, categories) for voice in voices]
    groups = group_boxes([voice.boxes for voice in voices])
    merged = [_merged(places, voices, rates) for places in groups]
    merged.sort(key=lambda one: (one[1].box.y1, one[1].box.x1))
    return Consensus(tuple(one for there, one in merged if there), tuple(one for there, one in merged if not there))


class _Rates:
    """How often one person is right, from gold; shrunk towards what is usual, as much as a few decisions weigh."""

    def __init__(self, tallies: Mapping[Boundary, Tally], categories: Categories) -> None:
        self._tallies = tallies
        self._categories = categories
        self.found = self._rate(MISSING, 0.95)
        precision = self._rate(SPURIOUS, 0.97)
        self.spurious = min(self.found * (1 - precision) / precision, 0.5)  # for each thing that is there
        self.edges = self._rate(EDGES, 0.95)
        self.kind = self._rate(KIND, 0.98)
        self._product = self._rate(PRODUCT, 0.92)

    def product(self, gtin: Gtin | None) -> float:
        """How often right about products, in the category of what is said where that was measured."""
        leaf = self._categories.get(gtin) if gtin is not None else None
        return self._product if leaf is None else self._rate(product_boundary(leaf), self._product)

    def flag(self, boundary: Boundary) -> float:
        """How often right about a flag."""
        return self._rate(boundary, 0.95)

    def _rate(self, boundary: Boundary, usual: float) -> float:
        tally = self._tallies.get(boundary, Tally())
        return min((tally.right + usual * _USUAL) / (tally.total + _USUAL), 0.999)


def _merged(places: tuple[int | None, ...], voices: Sequence[Voice], rates: Sequence[_Rates]) -> tuple[bool, Agreed]:
    drawn = [(voice.boxes[i], rate) for i, voice, rate in zip(places, voices, rates, strict=True) if i is not None]
    there = _presence([i is not None for i in places], rates)
    kind, kind_certainty = _vote([(box.kind, rate.kind) for box, rate in drawn], _WRONG_ANSWERS)
    same = [(box, rate) for box, rate in drawn if box.kind is kind]
    gtin, product_certainty = _vote([(box.gtin, rate.product(box.gtin)) for box, rate in same], _WRONG_ANSWERS)
    flags = {flag: _vote([(getattr(box, flag), rate.flag(flag)) for box, rate in drawn], 1)[0] for flag in FLAGS}
    x1, y1, x2, y2 = _edges([box for box, _ in same], [rate.edges for _, rate in same])
    certainty = {PRESENCE: max(there, 1 - there), KIND: kind_certainty, PRODUCT: product_certainty}
    return there >= 0.5, Agreed(AnnotatedBox(kind, x1, y1, x2, y2, gtin, **flags), certainty, places)


def _presence(drew: Sequence[bool], rates: Sequence[_Rates]) -> float:
    """Return the probability that something is there, from who drew it.

    There are thought to be as many places where something may be seen by mistake as there are things.
    """
    log_odds = 0.0
    for did, rate in zip(drew, rates, strict=True):
        log_odds += math.log(rate.found / rate.spurious if did else (1 - rate.found) / (1 - rate.spurious))
    return 1 / (1 + math.exp(-log_odds))


def _vote(votes: Sequence[tuple[Answer, float]], wrong_answers: int) -> tuple[Answer, float]:
    """Return the likeliest answer and its probability; who errs is thought to err evenly among the wrong answers."""
    weights: dict[Answer, float] = {}
    for answer, accuracy in votes:
        weights[answer] = weights.get(answer, 0.0) + math.log(accuracy * wrong_answers / (1 - accuracy))
    best = max(weights, key=lambda answer: weights[answer])
    return best, 1 / sum(math.exp(weight - weights[best]) for weight in weights.values())


def _edges(boxes: Sequence[AnnotatedBox], accuracies: Sequence[float]) -> list[float]:
    """Return the median edges of the people whose boxes fit the one that has most support; wrong edges differ."""
    edges = as_array(boxes).astype(np.float64)
    weights = np.log(np.array(accuracies) * _WRONG_EDGES / (1 - np.array(accuracies)))
    fit = iou(as_array(boxes), as_array(boxes)) >= GOOD_EDGES_IOU
    best = int((fit @ weights).argmax())
    median: list[float] = np.median(edges[fit[best]], axis=0).tolist()
    return median

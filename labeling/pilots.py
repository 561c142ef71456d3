"""Whether a small batch, labelled by several people, says that the whole team may begin."""

import math
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from labeling.quality.boundaries import PRODUCT, Boundary, Unit
from labeling.quality.disagreements import Pair, confused_pairs
from labeling.quality.krippendorff import Agreed, agreement_by_boundary

_Z = 1.96  # of a 95 % interval
_FEWEST_APART = 3  # pairs of people, on two photos: once is a slip


class Verdict(StrEnum):
    """How a pilot ends."""

    GO = "go"
    NO_GO = "no_go"


@dataclass(frozen=True, slots=True)
class Limits:
    """What a pilot must keep to.

    Attributes:
        least_agreement: Krippendorff's α at every boundary; below 0.667 he lets no conclusion be drawn from labels.
        enough_observed: share of same answers that is enough whatever α: where nearly everything is one answer, a flag
            that few boxes have say, a few slips bring α to 0.
        most_confusion: of any two answers, the share of pairs of people who differ; it is about 0.5 where they guess.
    """

    least_agreement: float = 0.667
    enough_observed: float = 0.9
    most_confusion: float = 0.2


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a pilot found.

    Attributes:
        agreement: at each boundary.
        weak: boundaries at which people agree too little, the worst first.
        confused: pairs of answers that people take for each other, the most often confused first.
    """

    verdict: Verdict
    agreement: Mapping[Boundary, Agreed]
    weak: tuple[Boundary, ...]
    confused: tuple[Pair, ...]


def judge_pilot(photos: Sequence[Sequence[Unit]], limits: Limits) -> Judgement:
    """Judge a pilot by the decisions (`labeling.quality.boundaries.decisions`) on each photo.

    Only what is certain stops it, as batches are small: a boundary is weak if the upper end of α's 95 % interval is
    too low, a pair is confused if the lower end of its share's 95 % interval is too high and if it was on two photos.
    """
    agreement = agreement_by_boundary(photos)
    weak = [name for name, agreed in agreement.items() if _is_weak(agreed, limits)]
    weak.sort(key=lambda name: (agreement[name].alpha or 0.0, name))
    units = [unit for photo in photos for unit in photo if not unit.boundary.startswith(f"{PRODUCT}:")]
    seen_on = _photos_apart(photos)
    confused = tuple(
        pair
        for pair in confused_pairs(units, fewest=_FEWEST_APART)
        if seen_on[pair.boundary, pair.one, pair.other] >= 2 and _least_share(pair) > limits.most_confusion
    )
    verdict = Verdict.NO_GO if weak or confused else Verdict.GO
    return Judgement(verdict, agreement, tuple(weak), confused)


def _is_weak(agreed: Agreed, limits: Limits) -> bool:
    if agreed.high is None or agreed.observed is None:
        return False
    return agreed.high < limits.least_agreement and agreed.observed < limits.enough_observed


def _photos_apart(photos: Sequence[Sequence[Unit]]) -> Counter[tuple[Boundary, str, str]]:
    return Counter((pair.boundary, pair.one, pair.other) for photo in photos for pair in confused_pairs(photo))


def _least_share(pair: Pair) -> float:
    """Return the lower end of the share's interval (E. B. Wilson 1927)."""
    total = pair.apart + pair.together
    centre = pair.confusion + _Z**2 / (2 * total)
    spread = _Z * math.sqrt(pair.confusion * (1 - pair.confusion) / total + _Z**2 / (4 * total**2))
    return (centre - spread) / (1 + _Z**2 / total)

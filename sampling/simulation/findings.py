"""What a study's curves come to: one finding for each recipe, and how far any one of them is from the best."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sampling.simulation.contestants import RANDOM
from sampling.simulation.protocol import Curve
from sampling.simulation.statistics import Interval, area, holm, mean_interval, paired_p, reached_at, saving

SHARE_OF_FULL = 0.95
NEAR_THE_BEST = 1.10


@dataclass(frozen=True, slots=True)
class Finding:
    """One recipe over all seeds, beside random with the same seeds.

    Attributes:
        recipe: its name.
        seeds: how many.
        reached: with how many seeds 95 % of the full-data score was reached within the schedule.
        boxes: to get there, by seed; None where it was not reached.
        seconds: modelled annotator seconds to get there, by seed.
        share: of all boxes of the pool, the mean; None unless every seed reached it.
        area: mean score from the first labels to the end of the schedule.
        saved: share of boxes saved against random; None unless both reached it with every seed.
        saved_seconds: the same in annotator seconds.
        p: of no difference from random in boxes, Holm-corrected over the recipes; None as for `saved`.
    """

    recipe: str
    seeds: int
    reached: int
    boxes: tuple[float | None, ...]
    seconds: tuple[float | None, ...]
    share: float | None
    area: Interval
    saved: Interval | None
    saved_seconds: Interval | None
    p: float | None

    @property
    def mean_boxes(self) -> float | None:
        """Return the mean number of boxes to get there; None unless every seed did."""
        return mean_of(self.boxes)


def findings(curves: Iterable[Curve], share_of_full: float = SHARE_OF_FULL) -> list[Finding]:
    """Return a finding for each recipe, in the order in which they first appear; `random` must be one of them."""
    by_recipe = grouped(curves)
    theirs = by_recipe[RANDOM]
    random_boxes, random_seconds = (_costs(theirs, unit, share_of_full) for unit in ("boxes", "seconds"))
    costs = {name: _costs(mine, "boxes", share_of_full) for name, mine in by_recipe.items()}
    tested = [name for name in by_recipe if name != RANDOM]
    p = dict(zip(tested, holm([paired_p(costs[name], random_boxes) for name in tested]), strict=True))
    until = min(curve.boxes[-1] for mine in by_recipe.values() for curve in mine)
    return [
        Finding(
            recipe=name,
            seeds=len(mine),
            reached=sum(cost is not None for cost in costs[name]),
            boxes=costs[name],
            seconds=(seconds := _costs(mine, "seconds", share_of_full)),
            share=_share(costs[name], mine),
            area=mean_interval([area(curve.boxes, curve.scores, until) for curve in mine]),
            saved=None if name == RANDOM else saving(costs[name], random_boxes),
            saved_seconds=None if name == RANDOM else saving(seconds, random_seconds),
            p=p.get(name),
        )
        for name, mine in by_recipe.items()
    ]


def grouped(curves: Iterable[Curve]) -> dict[str, list[Curve]]:
    """Return each recipe's curves by seed.

    Raises:
        ValueError: if the recipes were not all played with the same seeds.
    """
    by_recipe: dict[str, list[Curve]] = {}
    for curve in curves:
        by_recipe.setdefault(curve.recipe, []).append(curve)
    for mine in by_recipe.values():
        mine.sort(key=lambda curve: curve.seed)
    if len({tuple(curve.seed for curve in mine) for mine in by_recipe.values()}) > 1:
        raise ValueError("curves: recipes can only be compared where all were played with the same seeds")
    return by_recipe


def mean_of(costs: Sequence[float | None]) -> float | None:
    """Return the mean, or None if anything was not reached."""
    reached = [cost for cost in costs if cost is not None]
    return float(np.mean(reached)) if len(reached) == len(costs) else None


@dataclass(frozen=True, slots=True)
class Nearness:
    """How many more boxes a recipe takes than the best fixed recipe of each set.

    Attributes:
        recipe: its name.
        ratios: by set, its mean boxes over the best fixed recipe's; None where it did not get there.
        within: whether none of them exceeds 1.10.
    """

    recipe: str
    ratios: Mapping[str, float | None]
    within: bool


def nearness(sets: Mapping[str, Sequence[Finding]], fixed: Sequence[str], adaptive: str) -> list[Nearness]:
    """Compare the adaptive recipe and every fixed one with the best fixed one of each set."""
    boxes = {name: {finding.recipe: finding.mean_boxes for finding in found} for name, found in sets.items()}
    best = {name: min((n for r in fixed if (n := of[r]) is not None), default=None) for name, of in boxes.items()}
    result = []
    for recipe in (adaptive, *fixed):
        ratios = {name: _ratio(of[recipe], best[name]) for name, of in boxes.items()}
        within = all(ratio is not None and ratio <= NEAR_THE_BEST for ratio in ratios.values())
        result.append(Nearness(recipe, ratios, within))
    return result


def _ratio(boxes: float | None, best: float | None) -> float | None:
    return None if boxes is None or best is None else boxes / best


def _costs(curves: Sequence[Curve], unit: str, share_of_full: float) -> tuple[float | None, ...]:
    return tuple(reached_at(getattr(c, unit), c.scores, share_of_full * c.full_score) for c in curves)


def _share(boxes: Sequence[float | None], curves: Sequence[Curve]) -> float | None:
    shares = [None if b is None else b / curve.full_boxes for b, curve in zip(boxes, curves, strict=True)]
    return mean_of(shares)

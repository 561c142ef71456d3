"""Findings as rows of the report."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from sampling.simulation.findings import Finding, Nearness, grouped
from sampling.simulation.protocol import Curve
from sampling.simulation.statistics import Interval, area, band, mean_interval

Row = dict[str, Any]


def of_findings(name: str, found: Sequence[Finding]) -> Iterator[Row]:
    """Yield a row for each recipe, those with the fewest boxes first."""
    for finding in sorted(found, key=lambda f: (f.mean_boxes is None, f.mean_boxes or 0.0, -f.area.mean)):
        saved, seconds = finding.saved, finding.saved_seconds
        yield {
            "set": name,
            "recipe": finding.recipe,
            "reached": f"{finding.reached}/{finding.seeds}",
            "boxes to 95 %": _whole(finding.mean_boxes),
            "of all": finding.share,
            "area": finding.area.mean,
            "± area": (finding.area.high - finding.area.low) / 2,
            "saved": saved and saved.mean,
            "low": saved and saved.low,
            "high": saved and saved.high,
            "saved seconds": seconds and seconds.mean,
            "p, Holm": finding.p,
        }


def of_curves(name: str, curves: Iterable[Curve]) -> Iterator[Row]:
    """Yield each recipe's mean curve with its 95 % band, and the boxes to 95 % by seed, as text."""
    for recipe, mine in grouped(curves).items():
        points = min(len(curve.scores) for curve in mine)
        mean, low, high = band([curve.scores[:points] for curve in mine])
        yield {
            "curves": name,
            "recipe": recipe,
            "boxes": _listed(np.mean([curve.boxes[:points] for curve in mine], 0), 0),
            "mean": _listed(mean, 3),
            "low": _listed(low, 3),
            "high": _listed(high, 3),
        }


def of_seeds(name: str, curves: Iterable[Curve], found: Iterable[Finding]) -> Iterator[Row]:
    """Yield the score of all labels by seed, and each recipe's boxes to 95 % of it."""
    first = next(iter(grouped(curves).values()))
    yield {"seeds of": name, "recipe": "score of all labels", "by seed": _listed([c.full_score for c in first], 3)}
    for finding in found:
        boxes = " ".join("–" if cost is None else f"{cost:.0f}" for cost in finding.boxes)
        yield {"seeds of": name, "recipe": finding.recipe, "by seed": boxes}


def of_nearness(found: Iterable[Nearness]) -> Iterator[Row]:
    """Yield how far each recipe is from the best fixed one of each set."""
    for nearness in found:
        ratios = {f"{name}, of the best's boxes": ratio for name, ratio in nearness.ratios.items()}
        yield {"recipe": nearness.recipe, **ratios, "at most 10 % more": nearness.within}


def of_pairs(name: str, curves: Iterable[Curve], pairs: Iterable[tuple[str, str]]) -> Iterator[Row]:
    """Yield the mean difference in area of pairs of recipes, with its 95 % interval over seeds."""
    by_recipe = grouped(curves)
    for one, other in pairs:
        gap = area_gap(by_recipe[one], by_recipe[other])
        yield {
            "in": name,
            "recipe": one,
            "beside": other,
            "area more": gap.mean,
            "from": gap.low,
            "to": gap.high,
            "so": "no difference" if gap.low <= 0 <= gap.high else "better" if gap.low > 0 else "worse",
        }


def area_gap(ours: Sequence[Curve], theirs: Sequence[Curve]) -> Interval:
    """Return how much higher the mean score is over what both labelled, paired by seed."""
    gaps = []
    for one, other in zip(ours, theirs, strict=True):
        until = min(one.boxes[-1], other.boxes[-1])
        gaps.append(area(one.boxes, one.scores, until) - area(other.boxes, other.scores, until))
    return mean_interval(gaps)


def _listed(values: Iterable[float], digits: int) -> str:
    return " ".join(f"{value:.{digits}f}" for value in values)


def _whole(value: float | None) -> int | None:
    return None if value is None else round(value)

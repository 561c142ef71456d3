"""How hard each class is for the model, measured on captures that were drawn at random."""

import math
from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

# Yang et al., "Plug and Play Active Learning for Object Detection", CVPR 2024: how fast the weight rises with the
# difficulty, and how far above 1 it can get; the values are the authors'.
_ALPHA, _BETA = 0.3, 0.2

# Variance of a class's difficulty from capture to capture, where no class occurs twice: the largest one there is.
_UNKNOWN_VARIANCE = 0.25


@dataclass(frozen=True, slots=True)
class Observed:
    """How hard one class was in one capture: the mean over its facings, 0 (found and named for sure) to 1 (missed).

    Facings of one capture are alike, so they count once.
    """

    name: str
    category: str
    difficulty: float


def facing_difficulty(probability: float, iou: float) -> float:
    """Return 1 - probability of the right class × IoU with the annotated box, 0..1; 1 for a missed facing."""
    return 1 - probability * iou


def class_difficulty(observed: Iterable[Observed], categories: Mapping[str, str]) -> dict[str, float]:
    """Return the weight of each class and category; 1 is the average capture's.

    A class with few captures is shrunk to its category and that to the mean of all, by Bühlmann's credibility (ASTIN
    Bulletin 4, 1967; an empirical Bayes estimate): n / (n + variance within / variance between). The weight is
    1 + αβ log(1 + γ difficulty), γ = exp(1/α) - 1, divided by its mean.

    Args:
        observed: of captures that were drawn at random, else the sampler would measure its own taste.
        categories: of every class that is to have a weight, observed or not; categories are named as classes are in
            looks of unknown products.
    """
    seen = list(observed)
    if not seen:
        return {}
    mean = float(np.mean([one.difficulty for one in seen]))
    by_category = _shrunk([(one.category, one.difficulty) for one in seen], {}, mean)
    by_class = _shrunk(
        [(one.name, one.difficulty) for one in seen],
        {one.name: by_category[one.category] for one in seen},
        mean,
    )
    unseen = {name: by_category[category] for name, category in categories.items() if category in by_category}
    difficulty = unseen | by_category | by_class
    average = float(np.mean([_weight(by_class[one.name]) for one in seen]))
    return {name: round(_weight(difficulty[name]) / average, 4) for name in sorted(difficulty)}


def _weight(difficulty: float) -> float:
    return 1 + _ALPHA * _BETA * math.log1p(math.expm1(1 / _ALPHA) * difficulty)


def _shrunk(numbers: list[tuple[str, float]], towards: Mapping[str, float], otherwise: float) -> dict[str, float]:
    groups: dict[str, list[float]] = defaultdict(list)
    for name, number in numbers:
        groups[name].append(number)
    within, between = _variances(list(groups.values()))
    if not between:
        return {name: towards.get(name, otherwise) for name in groups}
    prior = within / between
    return {
        name: (sum(group) + prior * towards.get(name, otherwise)) / (len(group) + prior)
        for name, group in groups.items()
    }


def _variances(groups: list[list[float]]) -> tuple[float, float]:
    """Return the variances within and between groups, by their sums of squares; between is 0 where it is noise."""
    sizes = np.array([len(group) for group in groups], np.float64)
    means = np.array([np.mean(group) for group in groups])
    total, freedom = sizes.sum(), sizes.sum() - len(groups)
    squares = sum(float(((np.array(group) - mean) ** 2).sum()) for group, mean in zip(groups, means, strict=True))
    within = squares / freedom if freedom else _UNKNOWN_VARIANCE
    spread = float((sizes * (means - (sizes * means).sum() / total) ** 2).sum())
    effective = total - (sizes**2).sum() / total
    between = (spread - (len(groups) - 1) * within) / effective if effective else 0.0
    return within, max(between, 0.0)

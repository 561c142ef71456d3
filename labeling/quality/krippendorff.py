"""Krippendorff's α: how much better people agree than chance would."""

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from labeling.quality.boundaries import Boundary, Unit

_RESAMPLED = 400
Floats = NDArray[np.float64]
Row = Sequence[Hashable | None]


@dataclass(frozen=True, slots=True)
class Agreed:
    """Agreement at one boundary.

    Attributes:
        alpha: Krippendorff's α, 1 for perfect and 0 for chance; None if nobody could disagree: no unit with two
            answers, or one and the same answer throughout.
        low, high: its 95 % bootstrap interval over photos; None with fewer than two photos, or without α.
        observed: share of pairs of answers that are the same, weighted as in α; None without any pair.
        units: decisions that two people or more took.
    """

    alpha: float | None
    low: float | None
    high: float | None
    observed: float | None
    units: int


@dataclass(frozen=True, slots=True)
class _Counts:
    """What α is made of, additive over units: disagreements, and how often each answer was given."""

    disagreed: float
    answers: Counter[Hashable]
    units: int


def alpha(rows: Iterable[Row]) -> float | None:
    """Return α for nominal answers; a row is a unit, its entries the answers of each person, None for no answer.

    K. Krippendorff, "Computing Krippendorff's Alpha-Reliability" (2011), section C: units with fewer than two answers
    are left out, and a unit's coincidences weigh 1 / (answers - 1). None if α is undefined.
    """
    counts = _count(rows)
    given = np.array(list(counts.answers.values()), np.float64)[None, :]
    found = float(_alphas(np.array([counts.disagreed]), given)[0])
    return None if np.isnan(found) else found


def agreement_by_boundary(photos: Sequence[Sequence[Unit]], seed: int = 0) -> dict[Boundary, Agreed]:
    """Return the agreement at every boundary, from the units (`decisions`) of each photo."""
    rows: dict[Boundary, list[list[Row]]] = defaultdict(lambda: [[] for _ in photos])
    for number, units in enumerate(photos):
        for unit in units:
            rows[unit.boundary][number].append(unit.said)
    return {boundary: _agreed([_count(part) for part in rows[boundary]], seed) for boundary in sorted(rows)}


def _count(rows: Iterable[Row]) -> _Counts:
    disagreed, units = 0.0, 0
    answers: Counter[Hashable] = Counter()
    for row in rows:
        given = Counter(word for word in row if word is not None)
        people = given.total()
        if people >= 2:
            disagreed += (people**2 - sum(n**2 for n in given.values())) / (people - 1)
            answers += given
            units += 1
    return _Counts(disagreed, answers, units)


def _agreed(photos: Sequence[_Counts], seed: int) -> Agreed:
    words = sorted({word for photo in photos for word in photo.answers}, key=repr)
    given = np.array([[photo.answers[word] for word in words] for photo in photos], np.float64).reshape(-1, len(words))
    disagreed = np.array([photo.disagreed for photo in photos])
    found = float(_alphas(disagreed.sum(keepdims=True), given.sum(axis=0, keepdims=True))[0])
    counted = int((given.sum(axis=1) > 0).sum())
    low: float | None = None
    high: float | None = None
    if counted >= 2 and not np.isnan(found):
        drawn = np.random.default_rng(seed).multinomial(len(photos), [1 / len(photos)] * len(photos), _RESAMPLED)
        low, high = np.nanquantile(_alphas(drawn @ disagreed, drawn @ given), (0.025, 0.975)).tolist()
    return Agreed(
        alpha=None if np.isnan(found) else found,
        low=low,
        high=high,
        observed=float(1 - disagreed.sum() / given.sum()) if given.sum() else None,
        units=sum(photo.units for photo in photos),
    )


def _alphas(disagreed: Floats, given: Floats) -> Floats:
    """Return α of each row of counts, NaN where all answers are the same: (n,) disagreements, (n, answers) counts."""
    total = given.sum(axis=1)
    expected = total**2 - (given**2).sum(axis=1)
    result: Floats = 1 - np.divide(
        disagreed * (total - 1), expected, out=np.full(len(total), np.nan), where=expected > 0
    )
    return result

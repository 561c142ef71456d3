"""How well one capture stands for another, by what they show."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampling.looks import MOST, Looks
from sampling.signatures import Vectors

# Unit vectors rounded to multiples of 1/4000 and multiplied as whole numbers: every sum stays below 2^24, where float32
# is exact, so that neither the order of adding up nor the number of threads can change a result.
_STEPS = 4000
# How fast one stops standing for another as their vectors part: at a cosine of 0.8 it is worth 0.37.
_STEEPNESS = 5
# Pairs of looks that are compared, about a second's work on one core; a capture's less uncertain looks go first.
_MOST_PAIRS = 70_000_000
_BLOCK = 512

Matrix = NDArray[np.float32]


@dataclass(frozen=True, slots=True, eq=False)
class Shown:
    """What n captures show: unit image vectors, (n, k), and their looks, None where there are none."""

    vectors: Vectors
    looks: Sequence[Looks | None]


def cosines(a: Vectors, b: Vectors) -> Matrix:
    """Return the cosines, 1 at most, of unit vectors (n, k) and (m, k), shape (n, m); threads do not change them."""
    return _cosines(_whole(a), _whole(b))


def likeness(cosine: Matrix) -> Matrix:
    """Return exp(5 (cosine - 1)), 0..1: the kernel of the herding of Bae et al. (ECCV 2024)."""
    kernel: Matrix = cosine - np.float32(1)
    kernel *= np.float32(_STEEPNESS)
    return np.exp(kernel, out=kernel)


def coverage(by: Shown, of: Shown) -> Matrix:
    """Return how well each of n captures stands for each of m others, 0..1, shape (n, m).

    For each look of the second the likeness of the most alike look of the same class in the first, averaged, weighed by
    uncertainty: the category-conditioned similarity of Yang et al. (CVPR 2024), asked from the side of the capture that
    is to be stood for. Where one has no looks, or their vectors come from different networks, the likeness of the image
    vectors.
    """
    rows, columns = (_by_width(shown.looks) for shown in (by, of))
    if len(rows) == len(columns) == 1 and rows.keys() == columns.keys() != {0}:
        return _by_looks(_some(by.looks), _some(of.looks))
    result = likeness(cosines(by.vectors, of.vectors))
    for width in (rows.keys() & columns.keys()) - {0}:
        ours, theirs = rows[width], columns[width]
        result[np.ix_(ours, theirs)] = _by_looks(
            _some([by.looks[row] for row in ours]), _some([of.looks[column] for column in theirs])
        )
    return result


def _whole(vectors: Vectors) -> Vectors:
    whole: Vectors = np.rint(vectors * _STEPS).astype(np.float32)
    return whole


def _cosines(a: Vectors, b: Vectors) -> Matrix:
    alike: Matrix = a @ b.T
    alike *= np.float32(1 / _STEPS**2)
    return np.minimum(alike, 1, out=alike)


def _by_width(looks: Sequence[Looks | None]) -> dict[int, list[int]]:
    """Return places by the width of their vectors; 0 where there are no looks."""
    places: dict[int, list[int]] = {}
    for place, one in enumerate(looks):
        places.setdefault(one.vectors.shape[1] if one is not None and len(one) else 0, []).append(place)
    return places


def _some(looks: Sequence[Looks | None]) -> list[Looks]:
    return [one for one in looks if one is not None]


def _by_looks(by: Sequence[Looks], of: Sequence[Looks]) -> Matrix:
    result = np.zeros((len(by), len(of)), np.float32)
    ours, theirs = _slots(by), _slots(of)
    pairs = [(slots, theirs[name]) for name, slots in ours.items() if name in theirs]
    most = _most_looks(pairs)
    for one, other in pairs:
        _add_class(result, one, other, most)
    return np.minimum(result, 1, out=result)


@dataclass(frozen=True, slots=True, eq=False)
class _Slots:
    """The looks of one class: of n captures, those with most looks of it first.

    ``vectors[i]`` (n_i, w) and ``weights[i]`` (n_i,) are those of the i-th most uncertain look of the first n_i ones,
    as many as have that many; ``captures`` (n,) says which ones these are.
    """

    captures: NDArray[np.int64]
    vectors: list[Vectors]
    weights: list[Matrix]


def _slots(looks: Sequence[Looks]) -> Mapping[str, _Slots]:
    owners = np.repeat(np.arange(len(looks)), [len(one) for one in looks])
    names, classes = np.unique([name for one in looks for name in one.classes], return_inverse=True)
    vectors, weights = _whole(np.concatenate([one.vectors for one in looks])), _shares(looks, owners)
    runs = classes * len(looks) + owners  # looks of one class in one capture
    _, run, counts = np.unique(runs, return_inverse=True, return_counts=True)
    slots = _places(run)
    order = np.lexsort((owners, -counts[run], slots, classes))
    ends = np.flatnonzero(np.diff(classes[order] * MOST + slots[order], append=-1)) + 1
    made: dict[str, _Slots] = {}
    for start, end in zip([0, *ends[:-1].tolist()], ends.tolist(), strict=True):
        rows = order[start:end]
        slots_of = made.setdefault(str(names[classes[rows[0]]]), _Slots(owners[rows], [], []))
        slots_of.vectors.append(vectors[rows])
        slots_of.weights.append(weights[rows])
    return made


def _shares(looks: Sequence[Looks], owners: NDArray[np.int64]) -> Matrix:
    """Return each look's share of its capture's uncertainty; equal shares where there is none."""
    values = np.concatenate([one.values for one in looks]).astype(np.float64)
    totals = np.bincount(owners, values, minlength=len(looks))
    equal = 1 / np.bincount(owners, minlength=len(looks))
    sure = totals[owners] == 0
    shares: Matrix = np.where(sure, equal[owners], values / np.where(sure, 1, totals[owners])).astype(np.float32)
    return shares


def _places(run: NDArray[np.int64]) -> NDArray[np.int64]:
    """Count the members of each run from 0, in their order."""
    order = np.argsort(run, kind="stable")
    starts = np.flatnonzero(np.diff(run[order], prepend=-1))
    places = np.empty_like(run)
    places[order] = np.arange(len(run)) - np.repeat(starts, np.diff(starts, append=len(run)))
    return places


def _most_looks(pairs: Sequence[tuple[_Slots, _Slots]]) -> int:
    """Return how many looks of one class a capture may bring, so that not too many pairs are compared."""
    for most in range(MOST, 1, -1):
        counts = [[sum(map(len, slots.vectors[:most])) for slots in pair] for pair in pairs]
        if sum(ours * theirs for ours, theirs in counts) <= _MOST_PAIRS:
            return most
    return 1


def _add_class(result: Matrix, ours: _Slots, theirs: _Slots, most: int) -> None:
    """Add what looks of one class contribute; looks that are left out hand their weight to their capture's first."""
    weights = [one.copy() for one in theirs.weights[:most]]
    for left_out in theirs.weights[most:]:
        weights[0][: len(left_out)] += left_out
    for start in range(0, len(ours.captures), _BLOCK):
        by = [vectors[start : start + _BLOCK] for vectors in ours.vectors[:most] if len(vectors) > start]
        added = np.zeros((len(by[0]), len(theirs.captures)), np.float32)
        for of, share in zip(theirs.vectors[:most], weights, strict=True):
            best = _cosines(by[0], of)
            for vectors in by[1:]:
                np.maximum(best[: len(vectors)], _cosines(vectors, of), out=best[: len(vectors)])
            alike = likeness(best)
            alike *= share
            added[:, : len(of)] += alike
        result[np.ix_(ours.captures[start : start + _BLOCK], theirs.captures)] += added

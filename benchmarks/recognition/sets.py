"""Which conformal sets are the smallest at the same coverage? Compared on inner folds only.

`LAC` keeps all products above one probability (Sadinle, Lei and Wasserman, JASA 2019). `APS` adds products from the
likeliest on until their sum passes a threshold, the last one by chance (Romano, Sesia and Candès, NeurIPS 2020); it
covers hard and easy photos more evenly, and pays for that in size. `APS, never empty` always keeps the likeliest.
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.recognition.folds import FOLDS, Ints
from benchmarks.recognition.naming import COVERAGE, KINDS, joined, with_truth
from benchmarks.recognition.trials import SEED, Trials, others
from vision.naming_calibration import Numbers, Shortlists, fit_calibration

Sets = NDArray[np.bool_]


def compare_sets(trials: Trials, products: Ints) -> Iterator[dict[str, Any]]:
    """Yield coverage and mean size of each kind of set: three inner folds calibrate, the fourth is named."""
    for kind in KINDS:
        found: dict[str, list[tuple[float, float]]] = {}
        for fold in range(FOLDS):
            lists = []
            for inner in others(fold):
                rows = trials.fold(inner)
                named = trials.named(kind, frozenset({fold, inner}), products, rows)
                lists.append(with_truth(named, trials.products[rows], products))
            for place, test in enumerate(lists):
                for name, sets in _sets(joined(lists[:place] + lists[place + 1 :]), test).items():
                    found.setdefault(name, []).append((_covered(sets, test), float(sets.sum(1).mean())))
        for name, pairs in found.items():
            coverage, size = np.mean(pairs, 0).tolist()
            yield {"sets": name, "gallery": kind, "coverage, inner folds": coverage, "mean size": size}


def _sets(known: Shortlists, test: Shortlists) -> dict[str, Sets]:
    calibration, rng = fit_calibration(known, coverage=COVERAGE, on="inner folds"), np.random.default_rng(SEED)
    before, after = (_chances(lists, calibration.temperature) for lists in (known, test))
    sums, mine = _sums(before, rng), np.maximum(known.truth, 0)
    reached = np.where(known.truth >= 0, sums[np.arange(len(mine)), mine], np.inf)
    rank = int(np.ceil((len(reached) + 1) * COVERAGE))
    even = _sums(after, rng) <= np.sort(reached)[rank - 1]
    likeliest = np.arange(even.shape[1])[None] == 0
    return {"LAC": calibration.sets(test.scores), "APS": even, "APS, never empty": even | likeliest}


def _sums(chances: Numbers, rng: np.random.Generator) -> Numbers:
    """Return the sum of all likelier products' chances and of a random part of its own, for each product."""
    sums: Numbers = chances.cumsum(1) - chances * rng.random((len(chances), 1))
    return sums


def _chances(lists: Shortlists, temperature: float) -> Numbers:
    powers = np.exp((lists.scores - lists.scores[:, :1]).astype(np.float64) / temperature)
    chances: Numbers = powers / powers.sum(1, keepdims=True)
    return chances


def _covered(sets: Sets, test: Shortlists) -> float:
    rows = np.arange(len(test.truth))
    return float(((test.truth >= 0) & sets[rows, test.truth]).mean())

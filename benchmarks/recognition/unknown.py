"""Products that nobody has told the system about: sixteen are left out of embedder, gallery and calibration alike."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.calibration.figures import auroc
from benchmarks.recognition.folds import FOLDS, Ints
from benchmarks.recognition.naming import joined, with_truth
from benchmarks.recognition.trials import SEED, Trials, others
from benchmarks.report import Target
from vision.naming_calibration import NamingCalibration, Numbers, Shortlists, fit_calibration, lead
from vision.recognition import ProductShortlists

Row = dict[str, Any]
PRODUCTS = np.arange(81)
WITHHELD = PRODUCTS[2::5]  # every fifth by its number in the list, fixed before anything was measured
KNOWN = np.setdiff1d(PRODUCTS, WITHHELD)
INNER_WITHHELD = KNOWN[2::5]  # of the known ones, for whatever has to be chosen
INNER_KNOWN = np.setdiff1d(KNOWN, INNER_WITHHELD)
REFUSED = 0.01  # of the photos of known products, at most

TARGETS = {"unknown_auroc": Target(at_least=0.9)}


def measure_unknown(trials: Trials) -> tuple[dict[str, float | None], list[Row]]:
    """Return headline numbers and rows."""
    tests, strange = [], []
    for fold in range(FOLDS):
        rows = trials.fold(fold)
        lists = trials.named("all", frozenset({fold}), KNOWN, rows)
        tests.append(_signals(lists, calibrated(trials, fold)))
        strange.append(np.isin(trials.products[rows], WITHHELD))
    inner = _inner_areas(trials)
    rng, unknown = np.random.default_rng(SEED), np.concatenate(strange)
    figures = {name: _area([test[name] for test in tests], unknown, rng) for name in tests[0]}
    rows_out: list[Row] = [
        {
            "unknown by": name,
            "inner folds": inner[name],
            **figure,
            "photos": len(unknown),
            "unknown": int(unknown.sum()),
        }
        for name, figure in figures.items()
    ]
    scores, products = np.concatenate([test["unknown_score"] for test in tests]), _products(trials)
    for product in WITHHELD.tolist():
        one = ~unknown | (products == product)
        area = _area([scores[one]], unknown[one], rng)["AUROC"]
        rows_out.append({"withheld": trials.photos.klasson.packs[product].parent.name, "AUROC": area})
    return {"unknown_auroc": figures["unknown_score"]["AUROC"]}, rows_out


def _products(trials: Trials) -> Ints:
    products: Ints = np.concatenate([trials.products[trials.fold(fold)] for fold in range(FOLDS)])
    return products


def calibrated(trials: Trials, fold: int) -> NamingCalibration:
    """Return a calibration on the inner folds, which knows nothing of the fold nor of the sixteen products.

    What unknown products look like it learns from others: from trials that leave those out besides.
    """
    parts = []
    for inner in others(fold):
        known, unknown = trials.fold(inner, KNOWN), trials.fold(inner, INNER_WITHHELD)
        without = frozenset({fold, inner})
        parts.append(with_truth(trials.named("all", without, KNOWN, known), trials.products[known], KNOWN))
        lists = trials.named("all", without, INNER_KNOWN, unknown)
        parts.append(with_truth(lists, trials.products[unknown], INNER_KNOWN))
    return fit_calibration(joined(parts), refuse=REFUSED, on="inner folds")


def _signals(lists: ProductShortlists, calibration: NamingCalibration) -> dict[str, Numbers]:
    """Return what may tell unknown products, larger is less known; the last one is served."""
    scores = lists.scores
    chances = np.exp((scores - scores[:, :1]) / calibration.temperature)
    return {
        "best score": -scores[:, 0].astype(np.float64),
        "its lead over the second": (scores[:, 1] - scores[:, 0]).astype(np.float64),
        "best probability": -1 / chances.sum(1).astype(np.float64),
        "chance of none": calibration.probabilities(scores)[:, -1],
        "nearest reference": -lists.nearest.astype(np.float64),
        "lead of both over the next three": -lead(scores, lists.nearest),
        "unknown_score": calibration.unknown_scores(scores, lists.nearest, [gtins[0] for gtins in lists.gtins]),
    }


def _inner_areas(trials: Trials) -> dict[str, float]:
    """Return the mean area of each signal on products withheld from the inner folds, by which one was chosen."""
    areas: dict[str, list[float]] = {}
    for fold in range(FOLDS):
        lists, truths = _inner_lists(trials, fold)
        labelled = [with_truth(one, truth, INNER_KNOWN) for one, truth in zip(lists, truths, strict=True)]
        for place, one in enumerate(lists):
            rest: list[Shortlists] = [other for number, other in enumerate(labelled) if number != place]
            unknown = np.isin(truths[place], INNER_WITHHELD)
            for name, signal in _signals(one, fit_calibration(joined(rest), on="inner folds")).items():
                area = _area([signal], unknown, np.random.default_rng(SEED))["AUROC"]
                areas.setdefault(name, []).append(float(area))
    return {name: float(np.mean(values)) for name, values in areas.items()}


def _inner_lists(trials: Trials, fold: int) -> tuple[list[ProductShortlists], list[Ints]]:
    lists, truths = [], []
    for inner in others(fold):
        rows = trials.fold(inner, KNOWN)
        lists.append(trials.named("all", frozenset({fold, inner}), INNER_KNOWN, rows))
        truths.append(trials.products[rows])
    return lists, truths


def _area(signals: Sequence[Numbers], unknown: NDArray[np.bool_], rng: np.random.Generator) -> Row:
    each, bad = np.concatenate(signals), unknown
    return auroc(np.split(each, len(each)), np.split(bad, len(bad)), rng)

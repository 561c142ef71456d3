"""Names of photos that no part of the system has seen: right, calibrated, covered by their sets."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.calibration.figures import calibration_error
from benchmarks.recognition.folds import FOLDS, Ints, assign_folds
from benchmarks.recognition.trials import Trials, gtin_of, others
from benchmarks.report import Target
from training.embedder.projection import closed_form, project
from vision.naming_calibration import NamingCalibration, Numbers, Shortlists, fit_calibration
from vision.recognition import ProductShortlists

Row = dict[str, Any]
COVERAGE = 0.9
KINDS = ("pack-shots", "5 shots", "all")
_FEWEST = 30  # photos of a light or group, below which nothing is said of it
_LIKENESSES = (0.75, 0.8, 0.85, 2.0)

TARGETS = {
    "top1_all": Target(at_least=0.86),
    # What a binomial of 2,936 photos allows, to both sides.
    "conformal_coverage": Target(at_least=0.8891, at_most=0.9109),
    "conformal_set_size": Target(at_most=3),
}


@dataclass(frozen=True, slots=True, eq=False)
class Named:
    """What was said of n photos; arrays are (n,).

    Attributes:
        rows: the photos.
        best: most similar product, -1 if there was none.
        probability: of that product.
        covered: whether the conformal set holds the true product.
        size: of the conformal set.
    """

    rows: Ints
    best: Ints
    probability: Numbers
    covered: NDArray[np.bool_]
    size: Ints

    @classmethod
    def joined(cls, parts: Sequence["Named"]) -> "Named":
        """Put photos of several trials together."""
        names = ("rows", "best", "probability", "covered", "size")
        return cls(*(np.concatenate([getattr(part, name) for part in parts]) for name in names))


def with_truth(lists: ProductShortlists, truth: Ints, known: Ints) -> Shortlists:
    """Say of shortlists what is true; `known` are the products in the gallery."""
    gtins = [gtin_of(product) for product in truth]
    places = [one.index(gtin) if gtin in one else -1 for one, gtin in zip(lists.gtins, gtins, strict=True)]
    return Shortlists(lists.scores, lists.nearest, np.array(places, np.int64), np.isin(truth, known), gtins)


def joined(parts: Sequence[Shortlists]) -> Shortlists:
    """Put shortlists of several trials together."""
    return Shortlists(
        np.concatenate([part.scores for part in parts]),
        np.concatenate([part.nearest for part in parts]),
        np.concatenate([part.truth for part in parts]),
        np.concatenate([part.known for part in parts]),
        [product for part in parts for product in part.products],
    )


def inner_lists(trials: Trials, kind: str, fold: int, products: Ints) -> Shortlists:
    """Return what trials without a fold say of each of the others, left out in its turn as well."""
    parts = []
    for inner in others(fold):
        rows = trials.fold(inner, products)
        lists = trials.named(kind, frozenset({fold, inner}), products, rows)
        parts.append(with_truth(lists, trials.products[rows], products))
    return joined(parts)


def measure_naming(trials: Trials) -> tuple[dict[str, float | None], list[Row]]:
    """Return headline numbers and rows."""
    served = {kind: _served(trials, kind) for kind in KINDS}
    matched = {kind: _matched(trials, kind) for kind in KINDS}
    products = trials.products
    rows = [{"gallery": kind, **_figures(trials, served[kind]), **_coverage(products, matched[kind])} for kind in KINDS]
    rows += [{"four folds, calibrated on three": kind, **_coverage(products, served[kind])} for kind in KINDS]
    rows += [_of_small_gallery(trials, kind) for kind in KINDS]
    rows += list(_by_light(trials, served["all"], matched["all"]))
    rows += list(_by_group(trials, served["all"], matched["all"]))
    rows += list(_by_likeness(trials))
    first = {kind: row for kind, row in zip(KINDS, rows, strict=False)}
    headline: dict[str, float | None] = {
        "top1_packshot": first["pack-shots"]["top1"],
        "top1_5shot": first["5 shots"]["top1"],
        "top1_all": first["all"]["top1"],
        "coarse_all": first["all"]["coarse"],
        "ece_all": first["all"]["ece"],
        "conformal_coverage": first["all"]["coverage"],
        "conformal_set_size": first["all"]["set_size"],
    }
    return headline, rows


def _served(trials: Trials, kind: str) -> Named:
    """Name each fold with all others in the gallery, as it would be served, calibrated on inner folds."""
    every = np.arange(len(trials.photos.klasson.packs))
    parts = []
    for fold in range(FOLDS):
        calibration = fit_calibration(inner_lists(trials, kind, fold, every), coverage=COVERAGE, on="inner folds")
        rows = trials.fold(fold)
        parts.append(_said(trials, calibration, rows, trials.named(kind, frozenset({fold}), every, rows)))
    return Named.joined(parts)


def _matched(trials: Trials, kind: str) -> Named:
    """Name each fold with three others in the gallery, as the photos of the calibration were.

    Sets cover what they promise where the facings of calibration and of test are exchangeable, so their galleries must
    be equally large. Each photo is named four times, once for each fold that is left out besides.
    """
    every = np.arange(len(trials.photos.klasson.packs))
    parts = []
    for fold in range(FOLDS):
        calibration = fit_calibration(inner_lists(trials, kind, fold, every), coverage=COVERAGE, on="inner folds")
        rows = trials.fold(fold)
        for inner in others(fold):
            parts.append(_said(trials, calibration, rows, trials.named(kind, frozenset({fold, inner}), every, rows)))
    return Named.joined(parts)


def _said(trials: Trials, calibration: NamingCalibration, rows: Ints, lists: ProductShortlists) -> Named:
    truth = with_truth(lists, trials.products[rows], np.arange(len(trials.photos.klasson.packs))).truth
    sets = calibration.sets(lists.scores)
    return Named(
        rows,
        np.array([int(gtins[0]) if gtins else -1 for gtins in lists.gtins]),
        calibration.probabilities(lists.scores)[:, 0],
        (truth >= 0) & sets[np.arange(len(truth)), truth],
        sets.sum(1),
    )


def _figures(trials: Trials, named: Named) -> Row:
    truth, groups = trials.products[named.rows], trials.photos.klasson.groups
    right = named.best == truth
    return {
        "photos": len(truth),
        "top1": float(right.mean()),
        "coarse": float((groups[named.best] == groups[truth]).mean()),
        "ece": calibration_error(named.probability, right, np.ones(len(right), bool)),
    }


def _coverage(products: Ints, named: Named) -> Row:
    """Return coverage, the 95 % interval that a binomial of as many photos has around the promise, and set sizes."""
    photos = len(np.unique(named.rows))
    half = 1.96 * float(np.sqrt(COVERAGE * (1 - COVERAGE) / photos))
    return {
        "coverage": float(named.covered.mean()),
        "from": COVERAGE - half,
        "to": COVERAGE + half,
        "set_size": float(named.size.mean()),
        "empty": float((named.size == 0).mean()),
        "top1_then": float((named.best == products[named.rows]).mean()),
    }


def _of_small_gallery(trials: Trials, kind: str) -> Row:
    """Name with the calibration of a gallery that knows four folds: what happens to products with few references."""
    every = np.arange(len(trials.photos.klasson.packs))
    refused, parts = [], []
    for fold in range(FOLDS):
        calibration = fit_calibration(inner_lists(trials, "all", fold, every), coverage=COVERAGE, on="inner folds")
        rows = trials.fold(fold)
        lists = trials.named(kind, frozenset({fold}), every, rows)
        parts.append(_said(trials, calibration, rows, lists))
        firsts = [gtins[0] for gtins in lists.gtins]
        refused += (calibration.unknown_scores(lists.scores, lists.nearest, firsts) >= calibration.refused).tolist()
    said = Named.joined(parts)
    right = said.best == trials.products[said.rows]
    return {
        "calibrated on all, gallery of": kind,
        "known, called unknown": float(np.mean(refused)),
        "of them named right": float(right[np.array(refused)].mean()),
        "ece": calibration_error(said.probability, right, np.ones(len(right), bool)),
        "coverage": float(said.covered.mean()),
    }


def _by_light(trials: Trials, served: Named, matched: Named) -> Iterator[Row]:
    lights = np.array(trials.photos.lights)
    for light in sorted(set(lights.tolist())):
        yield from _cell(trials, "light", light, lights == light, served, matched)


def _by_group(trials: Trials, served: Named, matched: Named) -> Iterator[Row]:
    klasson = trials.photos.klasson
    for group, name in enumerate(klasson.names):
        yield from _cell(trials, "group", name, klasson.groups[klasson.products] == group, served, matched)


def _cell(
    trials: Trials, kind: str, name: str, wanted: NDArray[np.bool_], served: Named, matched: Named
) -> Iterator[Row]:
    inside, inside_matched = wanted[served.rows], wanted[matched.rows]
    right = served.best == trials.products[served.rows]
    if inside.sum() >= _FEWEST:
        yield {
            kind: name,
            "photos": int(inside.sum()),
            "top1": float(right[inside].mean()),
            "ece": calibration_error(served.probability, right, inside),
            "coverage": float(matched.covered[inside_matched].mean()),
            "set_size": float(matched.size[inside_matched].mean()),
        }


def _by_likeness(trials: Trials) -> Iterator[Row]:
    """Tell what keeping scenes together costs: nearest mean in closed form, a second a trial."""
    features, products = trials.photos.features[: len(trials.folds), 0], trials.photos.klasson.products
    for likeness in _LIKENESSES:
        folds = assign_folds(products, trials.photos.vectors, likeness)
        right = 0
        for fold in range(FOLDS):
            known = folds != fold
            vectors = project(closed_form(np.ascontiguousarray(features[known]), products[known]), features)
            means = np.stack([vectors[known & (products == product)].mean(0) for product in np.unique(products)])
            means /= np.linalg.norm(means, axis=1, keepdims=True)
            right += int(((vectors[~known] @ means.T).argmax(1) == products[~known]).sum())
        yield {
            "kept together from cosine": likeness if likeness <= 1 else "nothing",
            "closed form, nearest mean: top1": right / len(products),
        }

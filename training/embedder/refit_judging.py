"""Whether an embedder that was fitted further may take over: named right on unseen captures, and doubt where it is due.

Both embedders name the same facings by the same pictures, as the service does. What they make of products that a
fit never met is told by a trial that was fitted without a part of the products.
"""

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retail.gtin import Gtin
from training.embedder.facings import Facings
from training.gate import Check
from vision.detections import Floats
from vision.gallery import Gallery, Reference
from vision.naming_calibration import NamingCalibration, Shortlists, TooFewToCalibrate, fit_calibration, lead
from vision.recognition import SHORTLIST, shortlist

MOST_REFERENCES = 24  # of a product, the newest facings: as many as the service keeps
FEWEST_FACINGS, FEWEST_CAPTURES, FEWEST_UNKNOWN = 30, 5, 15
TOLERANCE = 0.02  # that products it never met may lose, and the telling of unknown ones
REFUSED = 0.1  # share of known facings that may be taken for unknown
_DRAWS, _SEED = 1000, 20261122
_THIN = "insufficient evidence"
Bools = NDArray[np.bool_]
Numbers = NDArray[np.float64]


@dataclass(frozen=True, slots=True, eq=False)
class Known:
    """One embedder's vectors of pictures that products are known by, and of facings to name."""

    known_vectors: Floats
    known: Facings
    unseen_vectors: Floats
    unseen: Facings

    def shortlists(self, without: frozenset[Gtin] = frozenset()) -> Shortlists:
        """Name the unseen facings by a gallery, which may do without some products."""
        gallery = Gallery("judging", self.known_vectors.shape[1])
        taken: Counter[Gtin] = Counter()
        references = []
        for row, gtin in enumerate(self.known.gtins):
            taken[gtin] += 1
            if gtin not in without and taken[gtin] <= MOST_REFERENCES:
                references.append(Reference(str(row), gtin, gtin, self.known_vectors[row]))
        gallery.change(references)
        found = shortlist(gallery.search(self.unseen_vectors, most=SHORTLIST))
        place = [
            gtins.index(gtin) if gtin in gtins else -1
            for gtin, gtins in zip(self.unseen.gtins, found.gtins, strict=True)
        ]
        inside = np.array([gtin in gallery.gtins for gtin in self.unseen.gtins], bool)
        return Shortlists(found.scores, found.nearest, np.array(place, np.int64), inside, list(self.unseen.gtins))


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on an embedder that was fitted further, as plain values.

    Attributes:
        passed: whether it may take over.
        checks: one by one.
        figures: name to value: shares named right, numbers of facings.
    """

    passed: bool
    checks: tuple[Check, ...]
    figures: Mapping[str, float]


def judge(old: Known, new: Known, old_trial: Known, new_trial: Known, withheld: frozenset[Gtin]) -> Judged:
    """Compare the installed embedder with the new one.

    Args:
        old: the installed one's vectors.
        new: the new file's.
        old_trial: the installed one's, for the trial.
        new_trial: those of a map fitted without the withheld products.
        withheld: products that the trial did not learn from.
    """
    before, after = old.shortlists(), new.shortlists()
    inside, captures = before.known, np.array(old.unseen.captures)
    right = [(lists.truth == 0) & inside for lists in (before, after)]
    top1 = _top1(right[0][inside], right[1][inside], captures[inside])
    met = np.isin(np.array(old.unseen.gtins), sorted(withheld))
    apart = [known.shortlists().truth == 0 for known in (old_trial, new_trial)]
    never_met = _no_worse("top-1 of products it never met", apart[0][inside & met], apart[1][inside & met])
    unknown = _unknown(*(known.shortlists(without=withheld) for known in (old_trial, new_trial)))
    shown = Counter(gtin for gtin, capture in zip(old.known.gtins, old.known.captures, strict=True) if capture)
    pictured = inside & np.array([not shown[gtin] for gtin in old.unseen.gtins], bool)
    checks = (top1, never_met, unknown)
    return Judged(all(check.passed for check in checks), checks, _figures(checks, right, inside, pictured, captures))


def calibrated(trial: Known, withheld: frozenset[Gtin]) -> NamingCalibration | None:
    """Fit a calibration on unseen facings, those of withheld products being unknown; None if they are too few."""
    on = f"{len(trial.unseen)} facings of captures it was not fitted on"
    try:
        fitted = fit_calibration(trial.shortlists(without=withheld), refuse=REFUSED, on=on)
    except TooFewToCalibrate:
        return None
    return fitted.model_copy(update={"offsets": {}})


def auroc(known: Numbers, unknown: Numbers) -> float:
    """Return how often an unknown facing is doubted more than a known one, ties counting half (Mann-Whitney)."""
    order = np.sort(known)
    below, upto = np.searchsorted(order, unknown, "left"), np.searchsorted(order, unknown, "right")
    return float((below + upto).sum() / (2 * len(known) * len(unknown)))


def _top1(old: Bools, new: Bools, captures: NDArray[np.str_]) -> Check:
    name = "top-1 on unseen captures"
    if len(old) < FEWEST_FACINGS or len(set(captures.tolist())) < FEWEST_CAPTURES:
        why = f"{_THIN}: {len(old)} facings of {len(set(captures.tolist()))} captures that did not train"
        before, after = (float(right.mean()) if len(right) else None for right in (old, new))
        return Check(name, before, after, None, False, why)
    low, high = _interval(old, new, captures)
    share, gain = float(old.mean()), float(new.mean() - old.mean())
    passed = low > 0
    said = f"{'better' if passed else 'no better'}: {gain:+.3f} ({low:+.3f} to {high:+.3f})"
    return Check(name, share, share + gain, share, passed, said, gain, low, high)


def _interval(old: Bools, new: Bools, captures: NDArray[np.str_]) -> tuple[float, float]:
    """Return the 95 % interval of the difference over captures drawn with replacement, the same ones for both."""
    _, rows = np.unique(captures, return_inverse=True)
    gained = np.bincount(rows, new.astype(float) - old)
    facings = np.bincount(rows)
    draws = np.random.default_rng(_SEED).integers(0, len(facings), (_DRAWS, len(facings)))
    low, high = np.quantile(gained[draws].sum(1) / facings[draws].sum(1), [0.025, 0.975])
    return float(low), float(high)


def _no_worse(name: str, old: Bools, new: Bools) -> Check:
    if len(old) < FEWEST_UNKNOWN:
        return Check(name, None, None, None, True, f"{_THIN}: {len(old)} facings")
    return _at_least(name, float(old.mean()), float(new.mean()))


def _unknown(old: Shortlists, new: Shortlists) -> Check:
    name, unknown = "unknown AUROC", ~old.known
    if min(unknown.sum(), old.known.sum()) < FEWEST_UNKNOWN:
        why = (
            f"{_THIN}: {int(unknown.sum())} facings of products left out of the gallery, {int(old.known.sum())} others"
        )
        return Check(name, None, None, None, True, why)
    doubts = [-lead(lists.scores, lists.nearest) for lists in (old, new)]
    return _at_least(name, *(auroc(doubt[old.known], doubt[unknown]) for doubt in doubts))


def _at_least(name: str, old: float, new: float) -> Check:
    limit = old - TOLERANCE
    passed = new >= limit
    reason = "within tolerance" if passed else f"{new:.3f} is {limit - new:.3f} under the limit {limit:.3f}"
    return Check(name, old, new, limit, passed, reason, new - old)


def _figures(
    checks: tuple[Check, ...], right: list[Bools], inside: Bools, pictured: Bools, captures: NDArray[np.str_]
) -> dict[str, float]:
    figures = {"facings": float(inside.sum()), "captures": float(len(set(captures[inside].tolist())))}
    for check in checks:
        for who, value in (("installed", check.champion), ("candidate", check.candidate)):
            if value is not None:
                figures[f"{who}/{check.name}"] = value
    if pictured.any():
        figures["facings of products known by pictures alone"] = float(pictured.sum())
        for who, ok in zip(("installed", "candidate"), right, strict=True):
            figures[f"{who}/top-1 of products known by pictures alone"] = float(ok[pictured].mean())
    return figures

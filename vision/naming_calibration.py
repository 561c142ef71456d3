"""From how alike a facing and known products are to honest probabilities, sets and doubt.

Everything here works on shortlists: of each facing the scores of its most similar products, best first, and how alike
the nearest reference is. What is fitted is written into the embedder's file, or into the records once the random arm
has been labelled.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field

from vision.detections import Floats

Numbers = NDArray[np.float64]

QUANTILES = 41  # of the lead of right matches
LEAST_KNOWN = 30  # facings from which a calibration means anything
_SHRINK = 100.0  # facings of one product that weigh as much as all others
_TEMPERATURES = np.geomspace(0.005, 0.5, 60)
# How fast several views of one product make surer, measured on the inner folds of benchmarks.recognition: exponents of
# their number. Were they independent, the first would be 1; were they all alike, both 0.
_SURER = 0.25
_LESS_REFUSED = 0.4
_LEVELS = np.linspace(-0.2, 1.0, 121)
_FEW = 0.02
_NEXT = 3  # best products after the first
_WEIGHT = 0.5  # of their mean
_NEAREST = 0.5  # weight of the nearest reference beside the best score


class TooFewToCalibrate(ValueError):
    """So few known facings that nothing could be said of them."""


@dataclass(frozen=True, slots=True, eq=False)
class Shortlists:
    """The most similar products of n facings whose truth is known.

    Attributes:
        scores: (n, m) best first; minus infinity where there are no more.
        nearest: (n,) cosine to the most alike reference of any product.
        truth: (n,) column of the true product; -1 where it is not on the list, or not in the gallery at all.
        known: (n,) whether the true product is in the gallery.
        products: (n,) names of the true products, for what is told apart by product.
    """

    scores: Floats
    nearest: Floats
    truth: NDArray[np.int64]
    known: NDArray[np.bool_]
    products: Sequence[str]

    def __post_init__(self) -> None:
        n = len(self.scores)
        if self.scores.ndim != 2 or {len(self.nearest), len(self.truth), len(self.known), len(self.products)} != {n}:
            raise ValueError(
                f"scores of shape {self.scores.shape} with {len(self.nearest)} nearest, {len(self.truth)} truths, "
                f"{len(self.known)} known and {len(self.products)} products, expected one of each per row"
            )


class NamingCalibration(BaseModel):
    """What turns scores into probabilities.

    The product of a facing is one of its shortlist or none of them: P(product) = exp(score / temperature) / Z, and
    P(none) = exp(level / temperature) / Z.

    Attributes:
        temperature: of the scores.
        level: the score at which a product is as likely as no known product at all.
        coverage: share of facings whose set is to hold the true product.
        least: probability from which a product belongs to the set.
        matches: quantiles, evenly spaced from 0 to 1, of the `lead` of right matches.
        offsets: by product how much higher than usual that is; few matches are drawn towards no difference.
        refused: `unknown_score` from which a facing shows no known product.
        measured_on: on what this was fitted.
        facings: how many known facings that were.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    temperature: float = Field(gt=0)
    level: float
    coverage: float = Field(gt=0, lt=1)
    least: float = Field(ge=0, le=1)
    matches: tuple[float, ...] = Field(min_length=2)
    offsets: dict[str, float] = Field(default_factory=dict)
    refused: float = Field(gt=0, le=1)
    measured_on: str
    facings: int = Field(ge=0)

    @classmethod
    def assumed(cls) -> "NamingCalibration":
        """Return cautious figures for an embedder on which nothing was measured."""
        matches = tuple(np.linspace(0.2, 0.95, QUANTILES).tolist())
        return cls(
            temperature=0.05,
            level=0.5,
            coverage=0.9,
            least=0.05,
            matches=matches,
            refused=0.95,
            measured_on="assumed",
            facings=0,
        )

    def of_views(self, views: int) -> "NamingCalibration":
        """Return the calibration of scores that are means over so many views of one product.

        Its sets are no longer promised to cover as often.
        """
        return self.model_copy(
            update={
                "temperature": self.temperature / views**_SURER,
                "refused": max(1 - (1 - self.refused) * views**_LESS_REFUSED, 0.0),
            }
        )

    def probabilities(self, scores: Floats) -> Numbers:
        """Return the probability of each product of shortlists (n, m), and in a last column of none of them."""
        return _softmax(_with_level(scores, self.level) / self.temperature)

    def sets(self, scores: Floats) -> NDArray[np.bool_]:
        """Return which products of shortlists (n, m) belong to the conformal set of their facing; maybe none."""
        among_known: NDArray[np.bool_] = _softmax(scores / self.temperature) >= self.least
        return among_known

    def unknown_scores(self, scores: Floats, nearest: Floats, products: Sequence[str]) -> Numbers:
        """Return which share of right matches stand out more than the best one of each facing, (n,) in 0..1.

        Args:
            scores: (n, m) shortlists.
            nearest: (n,) cosines to the most alike reference.
            products: the best product of each; a product's matches are compared with its own, as far as it has any.
        """
        usual = lead(scores, nearest) - np.array([self.offsets.get(product, 0.0) for product in products])
        least, last = self.matches[0], 1 / len(self.matches)
        shares: Numbers = 1 - np.interp(usual, self.matches, np.linspace(0, 1, len(self.matches)))
        # Below the least of right matches some still stand out more than others.
        return np.where(usual < least, 1 - last / 2 / (1 + np.maximum(least - usual, 0)), shares * (1 - last))


def lead(scores: Floats, nearest: Floats) -> Numbers:
    """Return how far facings (n,) stand out: between best score and nearest reference, less half the next three's mean.

    A product that the gallery lacks is often somewhat like several that it has, but seldom just like one picture. On
    products left out of training and gallery this tells more than the best score, the best probability or the lead over
    the second one alone, as `benchmarks.recognition` measures. The nearest reference in place of the best score tells
    still more where there are thirty references of each product, and less where there are five.

    Args:
        scores: (n, m) shortlists; where there are fewer than four products, the rest count as not at all alike.
        nearest: (n,) cosines to the most alike reference of any product; minus infinity where there is none.
    """
    listed = np.zeros((len(scores), 1 + _NEXT))
    width = min(scores.shape[1], 1 + _NEXT)
    listed[:, :width] = np.where(np.isfinite(scores[:, :width]), scores[:, :width], 0)
    standing: Numbers = (1 - _NEAREST) * listed[:, 0] + _NEAREST * nearest - _WEIGHT * listed[:, 1:].mean(1)
    return standing


def fit_calibration(lists: Shortlists, *, coverage: float = 0.9, refuse: float = 0.05, on: str) -> NamingCalibration:
    """Fit a calibration to facings whose truth is known, some of them of products that the gallery does not have.

    Temperature and level have the least negative log-likelihood (Guo et al., ICML 2017, with one option more). Sets
    are those of Sadinle, Lei and Wasserman (JASA 2019): all products above one threshold, which is the smallest that
    covers the truth with the finite-sample correction of Angelopoulos and Bates (2021). So they are the smallest sets
    of that coverage on average, and empty where no product is likely.

    Args:
        lists: none of these facings may be a reference of the gallery that scored them.
        coverage: of the sets.
        refuse: share of known facings that may be taken for unknown.
        on: what the facings are, for people.

    Raises:
        TooFewToCalibrate: below 30 known facings, or if none of them is recognised.
    """
    known = lists.known
    best = lists.truth == 0
    if known.sum() < LEAST_KNOWN or not best.any():
        raise TooFewToCalibrate(
            f"{int(known.sum())} known facings, {int(best.sum())} of them recognised; expected at least {LEAST_KNOWN}"
        )
    temperature, level = _temperature_and_level(lists)
    names = [lists.products[row] for row in np.flatnonzero(best).tolist()]
    matches, offsets = _matches(lead(lists.scores[best], lists.nearest[best]), names)
    fitted = NamingCalibration(
        temperature=temperature,
        level=level,
        coverage=coverage,
        least=_least(lists, temperature, coverage),
        matches=matches,
        offsets=offsets,
        refused=1.0,
        measured_on=on,
        facings=int(known.sum()),
    )
    # A facing that is taken for another product has no product's usual lead to be compared with.
    products = [product if first else "" for product, first in zip(lists.products, best.tolist(), strict=True)]
    scores = fitted.unknown_scores(lists.scores, lists.nearest, products)[known]
    return fitted.model_copy(update={"refused": float(np.clip(np.quantile(scores, 1 - refuse), 1e-6, 1))})


def _temperature_and_level(lists: Shortlists) -> tuple[float, float]:
    """Search a grid for the least negative log-likelihood of the true product, or of none where it is unknown."""
    # A known product that is not on the list can be neither option: nothing is learnt from it.
    told = (lists.truth >= 0) | ~lists.known
    scores, truth = lists.scores[told].astype(np.float64), lists.truth[told]
    named = truth >= 0
    true_scores = scores[named, truth[named]]
    # Without an unknown facing nothing says where known products end: then below nearly all right matches.
    levels = _LEVELS if not named.all() else np.quantile(true_scores, [_FEW])
    best = (np.inf, 0.0, 0.0)
    for temperature in _TEMPERATURES.tolist():
        sums = np.logaddexp.reduce(scores / temperature, axis=1)
        chosen = true_scores.sum() / temperature
        for level in levels.tolist():
            total = np.logaddexp(sums, level / temperature).sum()
            loss = float(total - chosen - (~named).sum() * level / temperature)
            best = min(best, (loss, temperature, level))
    return best[1], best[2]


def _least(lists: Shortlists, temperature: float, coverage: float) -> float:
    known = lists.known
    chances = _softmax(lists.scores[known] / temperature)
    truth = lists.truth[known]
    true_chances = np.where(truth >= 0, chances[np.arange(len(truth)), truth], 0.0)
    rank = int(np.floor((len(truth) + 1) * (1 - coverage)))  # of the ascending chances; 0: all products
    return float(np.sort(true_chances)[rank - 1]) if rank > 0 else 0.0


def _matches(scores: Numbers, products: Sequence[str]) -> tuple[tuple[float, ...], dict[str, float]]:
    names = np.array(products)
    usual = float(np.median(scores))
    offsets = {
        str(name): float((np.median(scores[names == name]) - usual) * n / (n + _SHRINK))
        for name, n in zip(*np.unique(names, return_counts=True), strict=True)
    }
    level = scores - np.array([offsets[name] for name in products])
    quantiles = np.quantile(level, np.linspace(0, 1, QUANTILES))
    return tuple(np.maximum.accumulate(quantiles).tolist()), offsets


def _with_level(scores: Floats, level: float) -> Numbers:
    return np.column_stack([scores, np.full(len(scores), level)]).astype(np.float64)


def _softmax(logits: Numbers | Floats) -> Numbers:
    logits = logits.astype(np.float64)
    highest = logits.max(1, keepdims=True, initial=-np.inf)
    powers = np.exp(logits - np.where(np.isfinite(highest), highest, 0))
    sums = powers.sum(1, keepdims=True)
    chances: Numbers = np.divide(powers, sums, out=np.zeros_like(powers), where=sums > 0)
    return chances

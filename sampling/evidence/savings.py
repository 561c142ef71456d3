"""What the sampler saves, measured by the loop itself: picked labels against random ones at equal boxes.

Two naming heads on frozen vectors are fitted, one to picked and one to random labels of as many boxes, and both name
the facings of the held-out part of the random arm, which is a fair sample of all photos and taught neither. Greedy
picks have no propensity, so nothing is weighted by its inverse; nothing needs to be, for only random captures judge.

The interval is a bootstrap over captures (Efron and Tibshirani 1993, chapter 13) of both what teaches and what judges:
two random halves of one arm would often teach differently, and an interval over judging captures alone would call that
an advantage. A resample teaches with two thirds of the different captures only, hence worse, so the spread of the
resamples around their own mean is laid around what all captures gave.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum
from math import ceil

import numpy as np
import scipy

from sampling.evidence.arms import Difference
from sampling.evidence.shadow_fit import Fit, LabelledCapture, Labels, fit_on, resampled
from sampling.signatures import Floats, Rows

# Fewer captures say nothing that a reader should act on.
LEAST_JUDGING, LEAST_TEACHING = 20, 10
RESAMPLES = 200
_ORDERS = 8  # random orders of the random arm behind a point of its curve
_PARTS = (0.125, 0.25, 0.5, 0.75, 1.0)  # of the boxes that both arms have
# More than a loop labels in years: "so many more" is then no help.
_MOST_MORE = 10_000


class Verdict(StrEnum):
    """What the interval says."""

    ADVANTAGE = "advantage"
    NONE_SHOWN = "no advantage shown"
    RANDOM_BETTER = "random is better"
    TOO_FEW = "too few labels to tell"


@dataclass(frozen=True, slots=True)
class Captures:
    """How many captures judge, and how many of each arm teach."""

    judging: int
    picked: int
    random: int


@dataclass(frozen=True, slots=True)
class CurvePoint:
    """Share of facings named right after so many boxes of each arm."""

    boxes: float
    picked: float
    random: float


@dataclass(frozen=True, slots=True)
class Saved:
    """What each arm needs for one score: the lower of the two that both reach with all their boxes.

    Attributes:
        score: share of facings named right.
        picked_boxes, random_boxes, picked_seconds, random_seconds: what the arm needs for it.
        share: of the random arm's boxes that picking saves; below 0 where picking needs more.
        low, high: 95 % interval of the share; None where a resample did not reach the score that often.
    """

    score: float
    picked_boxes: float
    random_boxes: float
    picked_seconds: float
    random_seconds: float
    share: float
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class Saving:
    """One measurement.

    Attributes:
        verdict: what it says.
        captures: how many there were for it.
        more_random: how many more random captures it would take to tell, about; None where that is told or unknown.
        boxes: of each arm; this and what follows is None with too few labels.
        score_picked, score_random: share of facings named right, averaged over judging captures.
        difference: picked minus random.
        curve: both arms on the way there.
        saved: boxes and seconds; None where the curves do not reach one score.
    """

    verdict: Verdict
    captures: Captures
    more_random: int | None = None
    boxes: float | None = None
    score_picked: float | None = None
    score_random: float | None = None
    difference: Difference | None = None
    curve: tuple[CurvePoint, ...] = ()
    saved: Saved | None = None


def is_held_out(capture_id: str) -> bool:
    """Say whether a capture of the random arm judges, as about half of them do, for ever the same ones."""
    return hashlib.sha256(capture_id.encode()).digest()[0] % 2 == 0


def measure_saving(
    picked: Sequence[LabelledCapture],
    random: Sequence[LabelledCapture],
    judging: Sequence[LabelledCapture],
    fit: Fit,
    seed: int,
    known: Sequence[LabelledCapture] = (),
    resamples: int = RESAMPLES,
) -> Saving:
    """Compare picked labels with random ones.

    Args:
        picked: what the sampler chose, in the order in which a smaller budget would have been filled.
        random: the part of the random arm that teaches.
        judging: the held-out part; captures without a named facing are left out.
        fit: makes a head of labels, `sampling.evidence.shadow_fit.discriminant_head` say.
        seed: of the resampling and of the random arm's orders.
        known: labels from before, which teach both heads.
        resamples: how many bootstrap samples.
    """
    judging = [capture for capture in judging if capture.labels]
    captures = Captures(len(judging), len(picked), len(random))
    if missing := max(LEAST_JUDGING - len(judging), LEAST_TEACHING - len(random), 0):
        return Saving(Verdict.TOO_FEW, captures, more_random=2 * missing)
    if len(picked) < LEAST_TEACHING:
        return Saving(Verdict.TOO_FEW, captures)
    trial = _Trial(fit, Labels.of(known), Labels.of(picked), Labels.of(random), Labels.of(judging))
    return _told(trial, captures, seed, resamples)


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    """Both arms and who judges them."""

    fit: Fit
    known: Labels
    picked: Labels
    random: Labels
    judging: Labels

    @property
    def steps(self) -> Floats:
        most = min(float(self.picked.boxes.sum()), float(self.random.boxes.sum()))
        return np.array(_PARTS, np.float64) * most

    def picked_scores(self, copies: Floats, weights: Floats, steps: Floats) -> Floats:
        """Return the score after each number of boxes."""
        return self._scores(self.picked, np.arange(len(self.picked)), copies, weights, steps)

    def random_scores(self, rng: np.random.Generator, copies: Floats, weights: Floats, steps: Floats) -> Floats:
        """Return the same for the random arm, labelled in a random order."""
        return self._scores(self.random, rng.permutation(len(self.random)), copies, weights, steps)

    def _scores(self, arm: Labels, order: Rows, copies: Floats, weights: Floats, steps: Floats) -> Floats:
        scores = []
        for boxes in steps:
            head = fit_on(self.fit, [(self.known, np.ones(len(self.known))), (arm, arm.within(boxes, order, copies))])
            scores.append(float(self.judging.judged(head) @ weights / weights.sum()))
        return np.array(scores)


def _told(trial: _Trial, captures: Captures, seed: int, resamples: int) -> Saving:
    steps, rng = trial.steps, np.random.default_rng(seed)
    once = np.ones(len(trial.judging))
    picked = trial.picked_scores(np.ones(len(trial.picked)), once, steps)
    orders = [trial.random_scores(rng, np.ones(len(trial.random)), once, steps) for _ in range(_ORDERS)]
    random = np.mean(orders, axis=0)
    again = [_again(trial, rng, steps) for _ in range(resamples)]
    ends = np.array([curves[0][-1] - curves[1][-1] for curves in again])
    mean = float(picked[-1] - random[-1])
    low, high = mean + np.percentile(ends - ends.mean(), (2.5, 97.5))
    difference = Difference(mean, float(low), float(high))
    verdict = _verdict(difference)
    return Saving(
        verdict,
        captures,
        more_random=_more_random(difference, captures) if verdict is Verdict.NONE_SHOWN else None,
        boxes=float(steps[-1]),
        score_picked=float(picked[-1]),
        score_random=float(random[-1]),
        difference=difference,
        curve=tuple(CurvePoint(*map(float, point)) for point in zip(steps, picked, random, strict=True)),
        saved=_saved(trial, steps, picked, random, again),
    )


def _again(trial: _Trial, rng: np.random.Generator, steps: Floats) -> tuple[Floats, Floats]:
    weights = resampled(rng, len(trial.judging))
    picked = trial.picked_scores(resampled(rng, len(trial.picked)), weights, steps)
    return picked, trial.random_scores(rng, resampled(rng, len(trial.random)), weights, steps)


def _verdict(difference: Difference) -> Verdict:
    if difference.low > 0:
        return Verdict.ADVANTAGE
    return Verdict.RANDOM_BETTER if difference.high < 0 else Verdict.NONE_SHOWN


def _more_random(difference: Difference, captures: Captures) -> int | None:
    """Return how many more random captures would show the difference if it stayed: the interval shrinks with √n."""
    if difference.mean <= 0:
        return None
    times = ((difference.mean - difference.low) / difference.mean) ** 2
    more = ceil((times - 1) * (captures.judging + captures.random))
    return more if 0 < more <= _MOST_MORE else None


def _saved(
    trial: _Trial, steps: Floats, picked: Floats, random: Floats, again: Sequence[tuple[Floats, Floats]]
) -> Saved | None:
    if (needs := _needs(steps, picked, random)) is None:
        return None
    score, picked_boxes, random_boxes = needs
    low, high = _bounds([_needs(steps, *curves) for curves in again])
    return Saved(
        score,
        picked_boxes,
        random_boxes,
        picked_seconds=picked_boxes * _seconds_a_box(trial.picked),
        random_seconds=random_boxes * _seconds_a_box(trial.random),
        share=1 - picked_boxes / random_boxes,
        low=low,
        high=high,
    )


def _seconds_a_box(arm: Labels) -> float:
    return float(arm.seconds.sum() / arm.boxes.sum())


def _needs(steps: Floats, picked: Floats, random: Floats) -> tuple[float, float, float] | None:
    """Return the score that both arms reach in the end, and the boxes that each needs for it."""
    # Chance lets a curve fall in between.
    curves = [scipy.optimize.isotonic_regression(curve).x for curve in (picked, random)]
    score = float(min(curve[-1] for curve in curves))
    needs = [boxes_for(score, steps, curve) for curve in curves]
    return None if needs[0] is None or needs[1] is None else (score, needs[0], needs[1])


def boxes_for(score: float, boxes: Floats, scores: Floats) -> float | None:
    """Return after how many boxes a curve that never falls reaches a score, between its points by a straight line.

    None where it never does, or has it at its first point already: how little would have done is then unknown.
    """
    after = int(np.searchsorted(scores, score - 1e-12))
    if not 0 < after < len(scores):
        return None
    x, y = boxes[after - 1 : after + 1], scores[after - 1 : after + 1]
    return float(x[0] + (score - y[0]) / (y[1] - y[0]) * (x[1] - x[0]))


def _bounds(needs: Sequence[tuple[float, float, float] | None]) -> tuple[float | None, float | None]:
    """Return the 95 % interval of the share saved; where a resample did not show one it may lie on either side."""
    shares = [1 - boxes[1] / boxes[2] for boxes in needs if boxes is not None]
    unknown = len(needs) - len(shares)
    low = np.percentile([*shares, *[-np.inf] * unknown], 2.5, method="lower")
    high = np.percentile([*shares, *[np.inf] * unknown], 97.5, method="higher")
    return (float(low) if np.isfinite(low) else None), (float(high) if np.isfinite(high) else None)

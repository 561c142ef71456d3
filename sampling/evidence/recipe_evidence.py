"""What a round says about the recipes that chose it: losses for `sampling.evidence.hedge`."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sampling.evidence.savings import LEAST_JUDGING
from sampling.evidence.shadow_fit import Fit, LabelledCapture, Labels, fit_on, resampled
from sampling.signatures import Floats

# Captures of a recipe: the labels of one or two are no evidence about it.
LEAST_OF_RECIPE = 3
RESAMPLES = 200


def recipe_losses(
    picked: Mapping[str, Sequence[LabelledCapture]],
    judging: Sequence[LabelledCapture],
    fit: Fit,
    seed: int,
    known: Sequence[LabelledCapture] = (),
    resamples: int = RESAMPLES,
) -> dict[str, float]:
    """Return how sure it is that a recipe's picks taught less than those of the others, 0..1 for each recipe.

    Each recipe's picks of equal boxes, together with what was known before, teach a head, and the random arm, which
    teaches none of them, judges it. The loss is the share of the other heads that judge better, a tie counting half,
    averaged over bootstrap samples of picks and of judging captures alike: about one half where there is nothing but
    chance, so that noise moves no weight for long.

    Args:
        picked: the captures of each recipe in the order in which it chose them.
        judging: captures of the random arm.
        fit: makes a head of labels.
        seed: of the resampling.
        known: labels from before the round, none of them of a capture that judges.
        resamples: how many bootstrap samples.

    Returns:
        Losses of the recipes with at least three captures; of none where there are not two such recipes, or too few
        captures judge.
    """
    arms = {name: Labels.of(found) for name, found in picked.items() if len(found) >= LEAST_OF_RECIPE}
    jury = Labels.of([capture for capture in judging if capture.labels])
    if len(arms) < 2 or len(jury) < LEAST_JUDGING:
        return {}
    trial, rng = _Trial(fit, Labels.of(known), jury), np.random.default_rng(seed)
    boxes = min(float(arm.boxes.sum()) for arm in arms.values())
    beaten = np.zeros(len(arms))
    for _ in range(resamples):
        weights = resampled(rng, len(jury))
        scores = np.array([trial.score(arm, boxes, resampled(rng, len(arm)), weights) for arm in arms.values()])
        beaten += (scores[:, None] < scores).sum(1) + ((scores[:, None] == scores).sum(1) - 1) / 2
    return dict(zip(arms, (beaten / resamples / (len(arms) - 1)).tolist(), strict=True))


@dataclass(frozen=True, slots=True, eq=False)
class _Trial:
    fit: Fit
    known: Labels
    jury: Labels

    def score(self, arm: Labels, boxes: float, copies: Floats, weights: Floats) -> float:
        taught = arm.within(boxes, np.arange(len(arm)), copies)
        head = fit_on(self.fit, [(self.known, np.ones(len(self.known))), (arm, taught)])
        return float(self.jury.judged(head) @ weights / weights.sum())

"""What every recipe is held against: chance below it, and someone who knows the answers above it."""

import numpy as np

from sampling.simulation.labelled_set import Ints, Vectors
from sampling.simulation.situation import Recipe, Situation

_SHARPNESS = 4  # a likeness of 0.8 mends four tenths of a mistake, one of 0.5 hardly any
_NAMED_RIGHTLY = np.float32(0.01)


def at_random(situation: Situation) -> Ints:
    """Pick by chance: what every saving is measured against."""
    return situation.rng.permutation(len(situation.boxes)).astype(np.int64)


def stratified(situation: Situation) -> Ints:
    """Pick by chance from the conditions in turn, those with the fewest labelled captures first."""
    order = at_random(situation)
    strata = situation.strata[order]
    before = np.bincount(situation.labelled_strata, minlength=int(strata.max()) + 1)
    places = np.zeros(len(order), np.int64)
    for stratum in np.unique(strata):
        mine = strata == stratum
        places[mine] = before[stratum] + np.arange(int(mine.sum()))
    return order[np.argsort(places, kind="stable")]


def shuffled(recipe: Recipe) -> Recipe:
    """Let a recipe pick as ever, then swap captures by chance: what its picks are worth beyond their number is gone."""

    def pick(situation: Situation) -> Ints:
        picks = recipe(situation)
        return situation.rng.permutation(len(situation.boxes))[picks].astype(np.int64)

    return pick


def oracle(situation: Situation) -> Ints:
    """Pick what mends the test's own mistakes: someone who knows all labels and the test, which nobody does.

    Each test instance that the head misnames weighs 1 - the true class's probability, the others a hundredth of it. A
    capture gains the weight of the test instances of its classes that it resembles more than anything picked in this
    round does, and the one with the largest gain a box is next.

    Raises:
        ValueError: if the situation holds no secret.
    """
    if situation.secret is None:
        raise ValueError("secret: the oracle picks only where it is told labels and test")
    secret = situation.secret
    same = secret.labels[:, None] == secret.test_labels[None]
    alike = np.where(same, np.maximum(situation.vectors @ secret.test_vectors.T, 0.0), 0.0).astype(np.float32)
    starts = np.searchsorted(situation.owners, np.arange(len(situation.boxes)))
    captures = np.maximum.reduceat(alike, starts, axis=0) ** _SHARPNESS
    lost = 1.0 - secret.test_chances[np.arange(len(secret.test_labels)), secret.test_labels]
    lost[secret.test_chances.argmax(1) == secret.test_labels] *= _NAMED_RIGHTLY
    return _covering(captures, lost, situation)


def _covering(alike: Vectors, weights: Vectors, situation: Situation) -> Ints:
    best = np.zeros(alike.shape[1], np.float32)
    picks: list[int] = []
    spent = 0
    gains = (alike @ weights) / situation.boxes
    while spent < situation.budget and len(picks) < len(alike):
        # Lazily: a gain only shrinks as more is covered (Minoux 1978), so the first that keeps its place is the best.
        while True:
            pick = int(gains.argmax())
            gain = float(np.maximum(alike[pick] - best, 0.0) @ weights) / float(situation.boxes[pick])
            stale, gains[pick] = gain < gains[pick] - 1e-9, gain
            if not stale:
                break
        picks.append(pick)
        spent += int(situation.boxes[pick])
        best = np.maximum(best, alike[pick])
        gains[pick] = -1.0
    return np.array(picks, np.int64)

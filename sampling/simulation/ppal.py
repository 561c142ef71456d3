"""PPAL's two stages on frozen vectors: calibrated uncertainty proposes, category-wise distance disposes.

Yang et al., Plug and Play Active Learning for Object Detection, CVPR 2024. Two things differ, for there is no detector
that trains here: a class's difficulty is the loss on its labels of heads fitted to the other half of them, and the
diverse ones of the proposed are taken by k-centre instead of k-means++ with medoids.
"""

import numpy as np

from sampling.simulation.doubting import descending, entropy
from sampling.simulation.labelled_set import Floats, Ints
from sampling.simulation.situation import Situation

EXPANSION = 4  # proposed for each that is labelled, as published
_HARDEST = 2.0  # weight of the hardest class beside 1 of an easy one


def ppal(situation: Situation) -> Ints:
    """Pick what stands apart among four times the budget of the highest calibrated entropy."""
    difficulty = class_difficulty(situation)
    weights = situation.chances.astype(np.float64) @ difficulty
    values = situation.sums(entropy(situation.chances) * weights) / situation.boxes
    order = descending(values)
    proposed = order[: int(np.searchsorted(np.cumsum(situation.boxes[order]), EXPANSION * situation.budget)) + 1]
    return proposed[_apart(situation, proposed)]


def class_difficulty(situation: Situation) -> Floats:
    """Return a weight (classes,) between 1 and 2: how badly heads name a class that saw half of its labels.

    Classes with fewer than two labels count as the hardest.
    """
    halves = situation.rng.permutation(len(situation.labels)) % 2
    losses = np.zeros(len(situation.labels))
    for half in range(2):
        learn, held = halves != half, halves == half
        if not learn.any() or not held.any():
            continue
        head = situation.fit(situation.labelled[learn], situation.labels[learn], situation.classes, situation.vectors)
        chances = head(situation.labelled[held])
        losses[held] = 1.0 - chances[np.arange(int(held.sum())), situation.labels[held]]
    counts = np.bincount(situation.labels, minlength=situation.classes)
    sums = np.bincount(situation.labels, weights=losses, minlength=situation.classes)
    mean = np.where(counts >= 2, sums / np.maximum(counts, 1), 1.0)
    return 1.0 + (_HARDEST - 1.0) * mean / max(float(mean.max()), 1e-12)


def _apart(situation: Situation, proposed: Ints) -> Ints:
    """Visit proposed captures by k-centre, starting from the highest value; captures of other classes are far apart."""
    images, likely = situation.images[proposed], _likely_classes(situation)[proposed]
    nearest = np.full(len(proposed), 2.0)
    places: list[int] = []
    spent = place = 0
    while spent < situation.budget and len(places) < len(proposed):
        places.append(place)
        spent += int(situation.boxes[proposed[place]])
        alike = (images @ images[place]) * (likely @ likely[place])
        nearest = np.minimum(nearest, 1.0 - alike)
        nearest[places] = -1.0
        place = int(nearest.argmax())
    return np.array(places, np.int64)


def _likely_classes(situation: Situation) -> Floats:
    """Return the root of each capture's mean chances (n, classes): products of two are 1 where classes agree."""
    sums = np.zeros((len(situation.boxes), situation.classes))
    np.add.at(sums, situation.owners, situation.chances.astype(np.float64))
    roots: Floats = np.sqrt(sums / sums.sum(1, keepdims=True))
    return roots

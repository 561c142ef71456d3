"""Recipes that label first what the head doubts most: least confidence, margin, entropy (Settles 2009, section 3.1)."""

import numpy as np

from sampling.simulation.labelled_set import Floats, Ints, Vectors
from sampling.simulation.situation import Situation


def unsureness(chances: Vectors) -> Floats:
    """Return 1 - the likeliest class's probability, for chances (b, classes)."""
    unsure: Floats = 1.0 - chances.max(1).astype(np.float64)
    return unsure


def closeness(chances: Vectors) -> Floats:
    """Return 1 - the margin between the two likeliest classes, for chances (b, classes)."""
    second, first = np.partition(chances, -2, axis=1)[:, -2:].T.astype(np.float64)
    close: Floats = 1.0 - (first - second)
    return close


def entropy(chances: Vectors) -> Floats:
    """Return the entropy of chances (b, classes) in nats."""
    p = np.maximum(chances.astype(np.float64), 1e-12)
    nats: Floats = -(p * np.log(p)).sum(1)
    return nats


def least_confidence(situation: Situation) -> Ints:
    """Pick by the mean unsureness of a capture's instances: the budget counts boxes, so what counts is worth a box."""
    return descending(situation.means(unsureness(situation.chances)))


def margin(situation: Situation) -> Ints:
    """Pick by the mean closeness of the two likeliest classes."""
    return descending(situation.means(closeness(situation.chances)))


def entropy_mean(situation: Situation) -> Ints:
    """Pick by the mean entropy of a capture's instances."""
    return descending(situation.means(entropy(situation.chances)))


def entropy_sum(situation: Situation) -> Ints:
    """Pick by the sum: crowded captures first."""
    return descending(situation.sums(entropy(situation.chances)))


def descending(values: Floats) -> Ints:
    """Return places from the highest value down; ties keep their order."""
    return np.argsort(-values, kind="stable").astype(np.int64)

"""What each facing shows, with the planogram and its neighbours in mind.

A recogniser says which products a facing looks like, and its width which of two sizes. Where it stands says more: what
is planned there is likelier than anything else (Bayes). And of two that stand side by side and look alike, each says
something about the other: packs of one product stand together (forward-backward along a shelf; Rabiner, 1989).
"""

import numpy as np

from vision.bays.slots import Slots
from vision.bays.standing import Standing
from vision.perspective import Numbers

# How much likelier than one that is planned elsewhere on no shelf a product is: in its place, on its shelf, in its bay,
# and all that are not planned together.
_IN_PLACE, _ON_SHELF, _IN_BAY, _OTHERS = 40.0, 1.0, 2.0, 0.05
_TIE, _ALIKE = 2.0, 8.0  # how much neighbours say about each other: at most, and the power of their likeness in it
# Logarithm of how much a facing's width differs from what its slot has for one, as seen in photos; beyond that any
# width is as likely; a product that is not planned has that of a planned one so often.
_SIZE_SPREAD, _ANY_SIZE, _OTHER_SIZE = 0.08, 0.1, 0.35
_LEAST_MEASURED = 5  # facings that say how wide facings are in their slots
_SURE = 0.5  # chance of a product, from which a facing does
_BESIDE = 2.5  # widths between the middles of two that stand side by side


def posteriors_of(standing: Standing, slots: Slots, near: Numbers, measured: bool) -> tuple[Numbers, Numbers]:
    """Return the probability of each planned product (n, m), and of none of them (n,).

    Args:
        standing: n facings.
        slots: k positions of m products.
        near: (n, k) how well each facing stands in each slot, 0..1.
        measured: whether it is known, not just assumed, where along the bay they stand, and so how wide they are.
    """
    evidence = np.column_stack([standing.chances, standing.others])
    if measured and slots.measured:
        evidence = evidence * _sizes(standing, slots)
        evidence /= evidence.sum(1, keepdims=True)
    weights = evidence * np.column_stack([_odds(standing, slots, near), np.full(len(standing), _OTHERS)])
    weights /= weights.sum(1, keepdims=True)
    for number in np.unique(standing.shelves).tolist():
        here = np.flatnonzero(standing.shelves == number)
        here = here[np.lexsort((standing.raised[here], standing.x[here]))]
        weights[here] = _shared(weights[here], _ties(evidence[here], standing.x[here], standing.widths[here]))
    return weights[:, :-1], weights[:, -1]


def _sizes(standing: Standing, slots: Slots) -> Numbers:
    """Return how well each facing's width fits each planned product, and in a last column none of them, (n, m + 1)."""
    products = standing.chances.shape[1]
    pitches = np.bincount(slots.columns, slots.pitches, products) / np.bincount(slots.columns, minlength=products)
    wider = np.log(standing.widths[:, None] / pitches)
    sure = np.flatnonzero(standing.chances.max(1, initial=0) > _SURE)
    if len(sure) < _LEAST_MEASURED:
        return np.ones((len(standing), products + 1))
    # A facing is narrower than its share of the slot: all of a bay by about as much.
    off = wider - np.median(wider[sure, standing.chances[sure].argmax(1)])
    fits = np.exp(-0.5 * (off / _SIZE_SPREAD) ** 2) + _ANY_SIZE
    return np.column_stack([fits, np.full(len(standing), _OTHER_SIZE)])


def _odds(standing: Standing, slots: Slots, near: Numbers) -> Numbers:
    odds = np.full(standing.chances.shape, _IN_BAY)
    on_shelf = standing.shelves[:, None] == slots.shelves
    for slot, column in enumerate(slots.columns.tolist()):
        odds[:, column] = np.maximum(odds[:, column], _IN_PLACE * near[:, slot] + _ON_SHELF * on_shelf[:, slot])
    return odds


def _ties(evidence: Numbers, x: Numbers, widths: Numbers) -> Numbers:
    """Return how much each facing of a shelf, from the left, says about the next one; likeness is Bhattacharyya's."""
    likeness = np.sqrt(evidence[1:] * evidence[:-1]).sum(1)
    beside = np.diff(x) < _BESIDE * np.maximum(widths[1:], widths[:-1])
    ties: Numbers = _TIE * likeness**_ALIKE * beside
    return ties


def _shared(weights: Numbers, ties: Numbers) -> Numbers:
    """Let neighbours share what they show; that something is not planned says nothing about the next one."""
    forward, backward = weights.copy(), np.ones_like(weights)
    for at in range(1, len(weights)):
        forward[at, :-1] *= 1 + ties[at - 1] * forward[at - 1, :-1] / forward[at - 1].sum()
    for at in range(len(weights) - 2, -1, -1):
        after = weights[at + 1] * backward[at + 1]
        backward[at, :-1] = 1 + ties[at] * after[:-1] / after.sum()
    both = forward * backward
    shares: Numbers = both / both.sum(1, keepdims=True)
    return shares

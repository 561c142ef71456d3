"""Labels whose edges are not where a model sees them."""

from collections.abc import Sequence

import numpy as np
import scipy

from labeling.annotations import as_array
from labeling.quality.label_errors.pairing import Pairing
from labeling.quality.label_errors.seen import Floats

_FEWEST = 20
_TAILS = 4.0  # degrees of freedom of how far a model's edges are off
_FIRST_REACH = 0.2  # how far a wrong edge is off, as a share of the side, over the square root of three
_LEAST = 0.002
_ROUNDS = 30


def badly_located(pairings: Sequence[Pairing]) -> list[Floats]:
    """Return, photo by photo, the probability that the label of each pair (`same`, then `loose`) has a wrong edge.

    How far the model's edges are off is fitted from the pairs themselves: a scale for each edge that grows with the
    model's own doubt, and heavy tails (Student's t). A wrong edge is visibly off: the density of its offset grows with
    the square before it falls (a normal one, times the square). How far, and how many are wrong, is found by
    expectation and maximisation.
    """
    counts = [len(one.same) + len(one.loose) for one in pairings]
    if sum(counts) < _FEWEST:
        return [np.zeros(count) for count in counts]
    off = np.concatenate([_offsets(one) for one in pairings])
    doubts = np.concatenate([_doubts(one) for one in pairings])
    off = off - np.median(off, axis=0)
    scales = _scales(off, doubts)
    fits = scipy.stats.t.pdf(off / scales, _TAILS) / scales
    wrong, reach = 0.02, _FIRST_REACH
    for _ in range(_ROUNDS):
        far = (off / reach) ** 2 * np.exp(-0.5 * (off / reach) ** 2) / (reach * np.sqrt(2 * np.pi))
        edges = wrong * far / (wrong * far + (1 - wrong) * fits)
        wrong = float(np.clip(edges.mean(), 1e-3, 0.3))
        reach = float(np.clip(np.sqrt((edges * off**2).sum() / (3 * edges.sum())), 0.05, 0.5))
    off_somewhere = 1 - (1 - edges).prod(axis=1)
    return np.split(off_somewhere * np.concatenate([_meant(one) for one in pairings]), np.cumsum(counts)[:-1])


def _meant(pairing: Pairing) -> Floats:
    """Return (n,) how probably the detection is what the label is about: in a loose pair it may be one of nothing."""
    sure = pairing.photo.seen.probabilities[pairing.loose[:, 1]].astype(np.float64)
    return np.concatenate([np.ones(len(pairing.same)), sure])


def _offsets(pairing: Pairing) -> Floats:
    """Return (n, 4): how far each edge of the label is from the detection's, as a share of the detection's side."""
    pairs = np.concatenate([pairing.same, pairing.loose])
    labels, seen = as_array(pairing.photo.labels)[pairs[:, 0]], pairing.photo.seen.boxes[pairs[:, 1]]
    sides = np.maximum(seen[:, 2:] - seen[:, :2], 1)
    offsets: Floats = ((labels - seen) / np.tile(sides, 2)).astype(np.float64)
    return offsets


def _doubts(pairing: Pairing) -> Floats:
    """Return (n, 3): one, the log odds against the detection, and the logarithm of how loose its edges are."""
    pairs = np.concatenate([pairing.same, pairing.loose])
    sure = np.clip(pairing.photo.seen.probabilities[pairs[:, 1]].astype(np.float64), 0.01, 0.99)
    loose = pairing.photo.seen.looseness
    edges = np.ones(len(pairs)) if loose is None else np.maximum(loose[pairs[:, 1]].astype(np.float64), 0.01)
    return np.stack([np.ones(len(pairs)), np.log((1 - sure) / sure), np.log(edges)], axis=1)


def _scales(off: Floats, doubts: Floats) -> Floats:
    """Return (n, 4) scales of Student's t: log |offset| is linear in the doubts; a few wrong edges hardly move it."""
    sizes = np.log(np.abs(off) + _LEAST)
    coefficients = np.linalg.lstsq(doubts, sizes, rcond=None)[0]
    shape = np.exp(doubts @ coefficients)
    ratio = np.median(np.abs(off) / shape, axis=0) / scipy.stats.t.ppf(0.75, _TAILS)
    scales: Floats = np.maximum(shape * ratio, _LEAST)
    return scales

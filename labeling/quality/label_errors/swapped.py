"""Labels that name another product, or another kind, than a model sees."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import scipy
from numpy.typing import NDArray

from labeling.quality.label_errors.neighbours import nearest_elsewhere
from labeling.quality.label_errors.pairing import Pairing
from labeling.quality.label_errors.seen import Floats
from retail.gtin import Gtin

_NEIGHBOURS = 15
_FEWEST = 20
_USUAL_SWAPS, _WEIGHT = 0.03, 20.0  # share of labels swapped, and how many labels that guess weighs
_FLOOR = 1e-3  # of the products that are not the likeliest ones together: no model is surer than that
_LAPSES = 0.1  # share of facings where look-alikes are no evidence beside the model's own word (assumption)
_ROUNDS = 20


@dataclass(frozen=True, slots=True, eq=False)
class Swaps:
    """Of the pairs `same` of one photo, (m,) each: the probability of a wrong name or kind; the likelier product."""

    probabilities: Floats
    products: tuple[Gtin | None, ...]


@dataclass(frozen=True, slots=True, eq=False)
class _Named:
    """Facings whose label names a product, n of all photos; c candidates of each, the label's own first.

    Attributes:
        photos, pairs: (n,) number of the photo and of the pair in it.
        gtins: all products.
        candidates: (n, c) numbers of products; -1 where there is no further candidate.
        model, looks: (n, c) what the model says and what look-alikes are labelled; 0 without a candidate.
        rest: (n, 2) what both leave for all products that are no candidates.
        with_looks: whether there are look-alikes at all.
    """

    photos: NDArray[np.int64]
    pairs: NDArray[np.int64]
    gtins: tuple[Gtin, ...]
    candidates: NDArray[np.int64]
    model: Floats
    looks: Floats
    rest: Floats
    with_looks: bool


def swapped(pairings: Sequence[Pairing]) -> list[Swaps]:
    """Return, photo by photo, how probably the label of each pair `same` names another product or kind.

    What the model says of the product and what the most alike facings of other photos are labelled are blended; how
    much each counts, and how many labels are swapped, is what makes the labels most likely. That is the idea of
    confident learning (Northcutt, Jiang & Chuang, JAIR 70, 2021) with a likelihood in place of its counts.
    """
    probabilities = _other_kinds(pairings)
    products: list[list[Gtin | None]] = [[None] * len(one.same) for one in pairings]
    named = _named(pairings)
    if len(named.photos) >= _FEWEST:
        guilty, best = _judged(named)
        for row, (photo, place) in enumerate(zip(named.photos.tolist(), named.pairs.tolist(), strict=True)):
            probabilities[photo][place] = guilty[row]
            products[photo][place] = named.gtins[named.candidates[row, best[row]]] if best[row] else None
    return [Swaps(some, tuple(names)) for some, names in zip(probabilities, products, strict=True)]


def _other_kinds(pairings: Sequence[Pairing]) -> list[Floats]:
    """Return the probability that each label has the wrong kind; 0 where the model agrees."""
    sure = [one.photo.seen.probabilities[one.same[:, 1]].astype(np.float64) for one in pairings]
    differ = [
        np.array([one.photo.labels[i].kind is not one.photo.seen.kinds[j] for i, j in one.same.tolist()], bool)
        for one in pairings
    ]
    share = _USUAL_SWAPS
    for _ in range(_ROUNDS):
        guilty = [
            np.where(d, p * share / (p * share + (1 - p) * (1 - share)), 0) for p, d in zip(sure, differ, strict=True)
        ]
        share = (sum(map(np.sum, guilty)) + _USUAL_SWAPS * _WEIGHT) / (sum(map(len, guilty)) + _WEIGHT)
    return guilty


def _named(pairings: Sequence[Pairing]) -> _Named:
    found = [
        (number, place, i, j)
        for number, one in enumerate(pairings)
        for place, (i, j) in enumerate(one.same.tolist())
        if one.photo.labels[i].gtin is not None and one.photo.labels[i].kind is one.photo.seen.kinds[j]
    ]
    table = np.array(found, np.int64).reshape(-1, 4)
    labels = [gtin for n, _, i, _ in found if (gtin := pairings[n].photo.labels[i].gtin) is not None]
    chances = [pairings[n].photo.seen.products[j] for n, _, _, j in found]
    counts = _look_alikes(pairings, table, labels)
    gtins = tuple(sorted({*labels, *(gtin for some in chances for gtin in some)}))
    number = {gtin: place for place, gtin in enumerate(gtins)}
    rows = [
        [label, *sorted({*said, *seen} - {label})] for label, said, seen in zip(labels, chances, counts, strict=True)
    ]
    shape = (len(rows), max(map(len, rows), default=1))
    candidates = np.full(shape, -1, np.int64)
    shares = np.zeros((2, *shape))
    for row, (some, *told) in enumerate(zip(rows, chances, counts, strict=True)):
        candidates[row, : len(some)] = [number[gtin] for gtin in some]
        for way, known in enumerate(told):
            tail = max(1 - sum(known.values()), _FLOOR) / max(1, len(gtins) - len(known))
            shares[way, row, : len(some)] = [max(known.get(gtin, tail), _FLOOR / len(gtins)) for gtin in some]
    rest = np.maximum(1 - shares.sum(axis=2), 0).T
    return _Named(table[:, 0], table[:, 1], gtins, candidates, shares[0], shares[1], rest, any(counts))


def _look_alikes(
    pairings: Sequence[Pairing], table: NDArray[np.int64], labels: Sequence[Gtin]
) -> list[dict[Gtin, float]]:
    """Return, for each named facing, the share of its look-alikes in other photos that each product has."""
    vectors = [pairings[n].photo.seen.vectors for n in table[:, 0].tolist()]
    if not vectors or any(some is None for some in vectors):
        return [{} for _ in labels]
    looks = np.stack([some[j] for some, j in zip(vectors, table[:, 3].tolist(), strict=True) if some is not None])
    every = np.arange(len(looks))
    shares: list[dict[Gtin, float]] = []
    for row in nearest_elsewhere(looks, table[:, 0], every, every, _NEIGHBOURS).tolist():
        names = [labels[i] for i in row if i >= 0]
        shares.append({name: names.count(name) / (len(names) + 1) for name in set(names)})
    return shares


def _judged(named: _Named) -> tuple[Floats, NDArray[np.int64]]:
    """Return the probability that each label is wrong, and the number of the likeliest candidate."""
    mistaken, elsewhere = _mistaken(named)

    def parts(values: Floats) -> tuple[Floats, Floats, float]:
        chances, rest = _blended(named, values[1:])
        return chances, (chances * mistaken).sum(axis=1) + rest * elsewhere, 0.5 / (1 + np.exp(-float(values[0])))

    def misfit(values: Floats) -> float:
        chances, wrong, share = parts(values)
        likelihood = np.log((1 - share) * chances[:, 0] + share * wrong).sum()
        return -float(likelihood + _WEIGHT * (_USUAL_SWAPS * np.log(share) + (1 - _USUAL_SWAPS) * np.log(1 - share)))

    start = np.array([np.log(2 * _USUAL_SWAPS), *((0.0, 0.0) if named.with_looks else ())])
    chances, wrong, share = parts(np.asarray(scipy.optimize.minimize(misfit, start, method="L-BFGS-B").x, np.float64))
    return share * wrong / (share * wrong + (1 - share) * chances[:, 0]), chances.argmax(axis=1)


def _blended(named: _Named, trust: Floats) -> tuple[Floats, Floats]:
    """Return (n, c) the probability of each candidate, and (n,) that of all other products.

    Without look-alikes it is the model's word as it is: were it softened until the labels are likely, wrong labels
    would be explained away. With them both are multiplied, at exponents of one or more together.
    """
    if not named.with_looks:
        return named.model, named.rest[:, 0]
    model = 1 / (1 + np.exp(-trust[0]))
    looks = 1 - model + np.exp(trust[1])
    others = np.maximum(len(named.gtins) - (named.candidates >= 0).sum(axis=1), 1)
    chances = named.model**model * named.looks**looks
    rest = others * (named.rest[:, 0] / others) ** model * (named.rest[:, 1] / others) ** looks
    total = (chances.sum(axis=1) + rest) / (1 - _LAPSES)
    word = (named.model + named.looks) * _LAPSES / 2
    return chances / total[:, None] + word, rest / total + named.rest.sum(axis=1) * _LAPSES / 2


def _mistaken(named: _Named) -> tuple[Floats, float]:
    """Return (n, c) how probably who errs writes the label for each candidate, 0 for the label itself; and for others.

    People are thought to take for each other what the model takes for each other, half the time, and anything else.
    """
    total = len(named.gtins)
    anything = 0.5 / max(1, total - 1)
    looks = named.looks if named.with_looks else named.model
    chances = np.where(named.candidates >= 0, (named.model + looks) / 2, 0)
    chances[:, 0] = 0
    labels = np.broadcast_to(named.candidates[:, :1], named.candidates.shape)
    keys, places = np.unique(labels * total + named.candidates, return_inverse=True)
    taken = np.bincount(places.ravel(), chances.ravel(), len(keys))
    of_label = np.bincount(labels[:, 0], chances.sum(axis=1), total)
    back = named.candidates * total + labels  # the candidate taken for the label
    found = np.minimum(np.searchsorted(keys, back), len(keys) - 1)
    known = (keys[found] == back) & (named.candidates >= 0)
    shares = np.where(known, taken[found] / np.maximum(of_label[named.candidates], 1e-9), 0)
    mistaken = np.where(named.candidates >= 0, 0.5 * shares + anything, 0)
    mistaken[:, 0] = 0
    return mistaken, anything

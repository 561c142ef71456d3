"""Which captures of a pool look alike, without comparing each with each.

Up to ``EXACT`` captures are visited one after the other and compared with every one that stays. More are compared only
with those in the same bucket of a hash table (``hash_tables``), by picture hash or by vector. Where a bucket
stays crowded however finely it is cut, as with a fixed camera's photos of a closed shop, its most valuable captures are
compared with all the others, and what neither they nor the other tables drop is compared again; so the work grows
with the pool, never with its square.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampling.gate.hash_tables import FEW, HashTables, pairs_within
from sampling.gate.stacked import Stacked
from sampling.products import similarities
from sampling.signatures import Rows, Vectors

EXACT = 10_000
# Captures of a crowd that are compared with all the others: so many at once, and so many at most.
_HEAD = 256
_MOST = 512
_PASSES = 8
_PORTION = 16_384

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Lineup:
    """Captures in the order in which the gate visits them; a place is a number in this order.

    Attributes:
        vectors: (n, k) unit vectors, in any order.
        hashes: (n,) difference hashes of the pictures in the same order, 0 where there is none.
        order: (n,) row of the capture at each place.
        labelled: how many places the labelled captures take, which come first and never give way.
        alike: cosine similarity from which two captures look alike.
        alike_pictures: the same for captures with equal picture hashes.
    """

    vectors: Stacked
    hashes: NDArray[np.uint64]
    order: Rows
    labelled: int
    alike: float
    alike_pictures: float

    def __len__(self) -> int:
        return len(self.order)

    def vectors_at(self, places: Rows) -> Vectors:
        """Return the vectors of some places."""
        return self.vectors[self.order[places]]

    def hashes_at(self, places: Rows) -> NDArray[np.uint64]:
        """Return the picture hashes of some places."""
        return self.hashes[self.order[places]]

    def agree(self, similarity: Vectors, one: NDArray[np.uint64], other: NDArray[np.uint64]) -> Mask:
        """Tell which pairs look alike, by their similarities and picture hashes."""
        same_picture = (one == other) & (one != 0)
        alike: Mask = similarity >= np.where(same_picture, self.alike_pictures, self.alike)
        return alike


@dataclass(frozen=True, slots=True, eq=False)
class Links:
    """Pairs of places that look alike, the earlier and the later one, and their similarities."""

    earlier: Rows
    later: Rows
    similarity: Vectors

    @classmethod
    def joined(cls, parts: list["Links"]) -> "Links":
        """Return the links of all parts, by the later and then by the earlier place."""
        earlier = np.concatenate([part.earlier for part in parts])
        later = np.concatenate([part.later for part in parts])
        order = np.lexsort((earlier, later))
        return cls(earlier[order], later[order], np.concatenate([part.similarity for part in parts])[order])

    def deciding(self, count: int) -> Rows:
        """Visit ``count`` places in order and return, for each, the link that drops it, or -1 where it stays.

        A place is dropped by the first one that it is linked to and that stays.
        """
        dropped = np.full(count, -1)
        gone = bytearray(count)
        for link, (earlier, later) in enumerate(zip(self.earlier.tolist(), self.later.tolist(), strict=True)):
            if not gone[later] and not gone[earlier]:
                gone[later] = 1
                dropped[later] = link
        return dropped


def find_links(lineup: Lineup) -> Links:
    """Return links that suffice to drop whatever looks like a capture that stays."""
    if len(lineup) <= EXACT:
        return Links.joined([_led(lineup, np.arange(len(lineup)), len(lineup))])
    pairs, crowds = _candidates(lineup)
    return _with_crowds(lineup, _compared(lineup, pairs), crowds)


def _with_crowds(lineup: Lineup, links: Links, crowds: list[Rows]) -> Links:
    """Add links within crowds until whatever stays was compared with the leaders of its crowds.

    At first each capture is compared in one crowd only. Its leader there may be dropped in another; then the capture
    stays after all, and is compared in all of its crowds.
    """
    compared = [1] * len(crowds)  # how many of each crowd stayed after it was looked at
    for turn in range(_PASSES if crowds else 0):
        stays = links.deciding(len(lineup)) < 0
        found = [links]
        for number, crowd in enumerate(crowds):
            places = crowd[stays[crowd]]
            if len(places) > compared[number]:
                found.append(_led(lineup, places, _MOST))
                compared[number] = len(places) - len(found[-1].later)
                if turn == 0:
                    stays[found[-1].later] = False
        if len(found) == 1:
            break
        links = Links.joined(found)
    return links


def _candidates(lineup: Lineup) -> tuple[Rows, list[Rows]]:
    """Return pairs (m, 2) of places that may look alike, each once, and crowds, each in the order of places."""
    places = np.empty(len(lineup), np.int64)
    places[lineup.order] = np.arange(len(lineup))
    pairs, crowds = _same_picture(lineup.hashes)
    codes = [_code(places[pairs], len(lineup))]
    for buckets in HashTables(lineup.vectors, float(np.sqrt(2 * (1 - lineup.alike)))):
        codes.append(_code(places[buckets.pairs], len(lineup)))
        crowds += buckets.crowds
    ordered = np.sort(np.concatenate(codes))
    later, earlier = np.divmod(ordered[np.diff(ordered, prepend=-1) > 0], len(lineup))  # np.unique takes a second
    open_ = later >= lineup.labelled
    return np.stack([earlier[open_], later[open_]], axis=1), [np.sort(places[crowd]) for crowd in crowds]


def _same_picture(hashes: NDArray[np.uint64]) -> tuple[Rows, list[Rows]]:
    """Return pairs of rows with equal hashes, and crowds of too many rows for pairs."""
    known = np.flatnonzero(hashes)
    rows = known[np.argsort(hashes[known], kind="stable")]
    starts = np.flatnonzero(np.diff(hashes[rows], prepend=np.uint64(0)))
    sizes = np.diff(np.append(starts, len(rows)))
    large = [rows[start : start + size] for start, size in zip(starts, sizes, strict=True) if size > FEW]
    return pairs_within(rows, starts, sizes), large


def _code(pairs: Rows, count: int) -> Rows:
    one, other = pairs.T  # reducing an axis of two takes five times as long
    code: Rows = np.maximum(one, other) * count + np.minimum(one, other)
    return code


def _compared(lineup: Lineup, pairs: Rows) -> Links:
    """Return the pairs (earlier, later) that do look alike."""
    similarity = np.empty(len(pairs), np.float32)
    for start in range(0, len(pairs), _PORTION):
        one, other = pairs[start : start + _PORTION].T
        similarity[start : start + _PORTION] = np.einsum("ij,ij->i", lineup.vectors_at(one), lineup.vectors_at(other))
    alike = lineup.agree(similarity, lineup.hashes_at(pairs[:, 0]), lineup.hashes_at(pairs[:, 1]))
    return Links(pairs[alike, 0], pairs[alike, 1], similarity[alike])


def _led(lineup: Lineup, places: Rows, most: int) -> Links:
    """Link places, in ascending order, to the first of them that they look like and that stays.

    Only the first ``most`` that stay, counted in whole heads, are compared with all the others.
    """
    found = []
    for _ in range(0, most, _HEAD):
        leaders, links = _led_in_head(lineup, places[:_HEAD])
        found.append(links)
        rest, left = places[_HEAD:], [places[:0]]
        for start in range(0, len(rest), _PORTION):
            links, portion = _led_by(lineup, leaders, rest[start : start + _PORTION])
            found.append(links)
            left.append(portion)
        places = np.concatenate(left)
        if not len(places):
            break
    return Links.joined(found)


def _led_in_head(lineup: Lineup, head: Rows) -> tuple[Rows, Links]:
    """Compare each with each: those that stay, and the others' links to them."""
    similarity, alike = _matrix(lineup, head, head)
    follows, own = np.tril(alike, k=-1).T, np.arange(len(head))  # follows[leader, follower]
    leader = own.copy()
    for row in np.flatnonzero(follows.any(axis=1)):
        if leader[row] == row:
            leader[follows[row] & (leader == own)] = row
    led = np.flatnonzero(leader != own)
    return head[leader == own], Links(head[leader[led]], head[led], similarity[led, leader[led]])


def _led_by(lineup: Lineup, leaders: Rows, places: Rows) -> tuple[Links, Rows]:
    """Compare places with leaders: their links to the first leader that they look like, and those without."""
    similarity, alike = _matrix(lineup, places, leaders)
    first = alike.argmax(axis=1)
    led = np.flatnonzero(alike[np.arange(len(places)), first])
    return Links(leaders[first[led]], places[led], similarity[led, first[led]]), np.delete(places, led)


def _matrix(lineup: Lineup, places: Rows, others: Rows) -> tuple[Vectors, Mask]:
    """Return similarities of places (n) with others (m), and whether they look alike; labelled ones never give way."""
    similarity = similarities(lineup.vectors_at(places), lineup.vectors_at(others))
    alike = lineup.agree(similarity, lineup.hashes_at(places)[:, None], lineup.hashes_at(others))
    alike[places < lineup.labelled] = False
    return similarity, alike

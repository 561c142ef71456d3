"""The near-duplicate gate: of captures that look alike only the most valuable one stays."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple, overload

import numpy as np

from sampling.gate.alike import Lineup, find_links
from sampling.gate.stacked import Stacked
from sampling.signatures import Pool, Rows, Vectors

# Cosine of the pooled vector. The same photo, recompressed or a little darker, stays above 0.9993; the same bay on
# another day falls below 0.99; eight products rearranged in one fridge lie between 0.998 and 0.9998.
DEFAULT_SIMILARITY = 0.9995
# How many times as far apart, in 1 - cosine, captures may be whose picture hashes are equal.
_SAME_PICTURE = 2
# Two equal float32 unit vectors can have a product just under 1.
_ROUNDING = 1e-6


class NearDuplicate(NamedTuple):
    """A capture that the gate dropped, and the labelled or kept capture that it looks like."""

    capture_id: str
    of: str
    similarity: float


class NearDuplicates(Sequence[NearDuplicate]):
    """What a gate dropped, by capture id; each is made when asked for, since there may be hundreds of thousands."""

    def __init__(self, ids: Sequence[str], gone: Rows, of: Rows, similarity: Vectors) -> None:
        """Name captures by their places in ``ids``; the three arrays belong together, shape (n,)."""
        self._ids, self._gone, self._of, self._similarity = ids, gone, of, similarity

    def __len__(self) -> int:
        return len(self._gone)

    @overload
    def __getitem__(self, place: int) -> NearDuplicate: ...
    @overload
    def __getitem__(self, place: slice) -> "NearDuplicates": ...
    def __getitem__(self, place: int | slice) -> "NearDuplicate | NearDuplicates":
        """Return one, or those of a slice."""
        if isinstance(place, slice):
            return self._some(np.arange(len(self))[place])
        return NearDuplicate(self._ids[self._gone[place]], self._ids[self._of[place]], float(self._similarity[place]))

    def __eq__(self, other: object) -> bool:
        return isinstance(other, NearDuplicates) and tuple(self) == tuple(other)

    def most_alike(self, count: int) -> "NearDuplicates":
        """Return those with the highest similarities, at most ``count``, the most alike first."""
        return self._some(np.argsort(-self._similarity, kind="stable")[:count])

    def _some(self, places: Rows) -> "NearDuplicates":
        return NearDuplicates(self._ids, self._gone[places], self._of[places], self._similarity[places])


@dataclass(frozen=True, slots=True, eq=False)
class Gated:
    """The gate's answer: rows of the pool that stay, in ascending order, and what was dropped, by capture id."""

    kept: Rows
    dropped: NearDuplicates


def drop_near_duplicates(
    pool: Pool, labelled_vectors: Mapping[str, Vectors], similarity: float = DEFAULT_SIMILARITY
) -> Gated:
    """Drop every capture that looks like a labelled one or like a more valuable one that stays.

    Captures are visited from the most valuable down (ties: by id). One is dropped as the duplicate of the first
    labelled or kept capture whose cosine similarity to it reaches ``similarity``, or, where both pictures have the same
    difference hash, whose ``1 - cosine`` is at most twice that of ``similarity``: a copy that was darkened or
    recompressed. A hash alone proves nothing; on a fixed camera's shelf it outlasts the change of a product.

    Large pools are searched approximately, see ``alike``; whatever is dropped does look like a kept one, but
    a missed pair costs a redundant pick, which diversity makes unlikely.

    Args:
        pool: the captures nobody has labelled.
        labelled_vectors: unit image vector, shape (k,), of each labelled capture by its id.
        similarity: cosine similarity from which two captures count as near-duplicates.

    Raises:
        ValueError: if labelled vectors have another width than the pool's.
    """
    names = sorted(labelled_vectors)
    labelled = np.stack([labelled_vectors[name] for name in names]) if names else pool.vectors[:0]
    if labelled.shape[1:] != pool.vectors.shape[1:]:
        widths = f"width {labelled.shape[1]} for a pool of width {pool.vectors.shape[1]}"
        raise ValueError(f"labelled vectors of {widths}: other model?")
    lineup = _lineup(pool, labelled, similarity)
    links = find_links(lineup)
    decided = links.deciding(len(lineup))
    rows = lineup.order - len(names)  # of the pool; below 0 for labelled captures
    dropped = np.flatnonzero(decided >= 0)
    dropped = dropped[np.argsort(rows[dropped])]
    by = decided[dropped]
    kept = np.sort(rows[(decided < 0) & (rows >= 0)])
    gone, of = lineup.order[dropped], lineup.order[links.earlier[by]]
    return Gated(kept, NearDuplicates([*names, *pool.ids], gone, of, links.similarity[by]))


def _lineup(pool: Pool, labelled: Vectors, similarity: float) -> Lineup:
    """Line up labelled captures, then the pool's by value."""
    count = len(labelled)
    return Lineup(
        vectors=Stacked(labelled, pool.vectors),
        hashes=np.concatenate([np.zeros(count, np.uint64), pool.hashes]),
        order=np.concatenate([np.arange(count), count + np.argsort(-pool.values, kind="stable")]),
        labelled=count,
        alike=similarity - _ROUNDING,
        alike_pictures=1 - _SAME_PICTURE * (1 - similarity) - _ROUNDING,
    )


def find_near_duplicate(vectors: Vectors, vector: Vectors, similarity: float = DEFAULT_SIMILARITY) -> int | None:
    """Return the row of ``vectors`` (n, k) most like ``vector`` (k,), or None if none reaches ``similarity``."""
    if not len(vectors):
        return None
    alike = vectors @ vector
    row = int(alike.argmax())
    return row if alike[row] >= similarity - _ROUNDING else None

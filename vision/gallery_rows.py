"""The gallery's variants as arrays: states that readers keep while one writer makes the next."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from retail.gtin import Gtin
from vision.coarse_search import CoarseIndex, Codebook, Codes, Places
from vision.detections import Floats

# Comparing so many prototypes one by one takes no longer than an index of them would.
FLAT = 512
# Rows that came or went since the last packing, of those that were packed: each search meets them one by one.
_STALE, _LEAST_STALE = 1 / 16, 64
_LEARN_AGAIN = 4  # times the rows that the codebook was learnt from
_SPARE, _LEAST_SPARE = 0.25, 256  # room in new arrays; what nobody has written to takes no memory yet

Key = tuple[Gtin, str]  # a product and one of its variants


@dataclass(frozen=True, slots=True, eq=False)
class Reference:
    """A picture that shows a variant, as an embedder sees it: a unit vector (width,)."""

    id: str
    variant_id: str
    gtin: Gtin
    vector: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Packed:
    """Rows laid out for searching.

    Attributes:
        rows: (n,) ascending; some may have gone since.
        end: rows from here on came later.
        index: of the rows' codes; None where comparing the rows one by one is as fast.
    """

    rows: Places
    end: int
    index: CoarseIndex | None


@dataclass(frozen=True, slots=True, eq=False)
class State:
    """What the gallery holds at one moment; a row is one variant with its references.

    A variant that changes gets a new row, so what a row says never changes. Arrays other than `live` may be longer
    than `live`: the writer goes on filling them while this state is read.

    Attributes:
        live: (rows,) false for rows that were replaced or removed.
        keys: (rows or more) whose row it is.
        gtins: products in the order in which they were first met.
        products: (rows or more,) index into `gtins`.
        starts, lengths: (rows or more,) the row's references are `vectors[start : start + length]`.
        prototypes: (rows or more, width) normalised means of the row's references.
        vectors: (references or more, width).
        codebook, codes: (rows or more, code_size) rough prototypes; None while there are few.
        packed: the rows that were live a while ago.
        references: how many are live.
        changes: how many there were until now.
    """

    live: NDArray[np.bool_]
    keys: Sequence[Key]
    gtins: Sequence[Gtin]
    products: NDArray[np.int32]
    starts: NDArray[np.int64]
    lengths: NDArray[np.int32]
    prototypes: Floats
    vectors: Floats
    codebook: Codebook | None
    codes: Codes | None
    packed: Packed
    references: int
    changes: int


def pack(rows: Places, end: int, codebook: Codebook | None, codes: Codes | None) -> Packed:
    """Lay out rows below `end`, (n,) ascending, of prototypes that have these codes."""
    if codebook is None or codes is None or len(rows) <= FLAT:
        return Packed(rows, end, None)
    return Packed(rows, end, codebook.index(codes[rows]))


class RowWriter:
    """Makes each state from the one before. What it writes lies beyond what earlier states read."""

    def __init__(self, width: int) -> None:
        self._keys: list[Key] = []
        self._row_of: dict[Key, int] = {}
        self._ids: list[str] = []  # of the references, as `_vectors` has them
        self._place_of: dict[str, int] = {}
        self._gtins: list[Gtin] = []
        self._number_of: dict[Gtin, int] = {}
        self._live = np.empty(0, np.bool_)
        self._products = np.empty(0, np.int32)
        self._starts, self._lengths = np.empty(0, np.int64), np.empty(0, np.int32)
        self._prototypes, self._vectors = np.empty((0, width), np.float32), np.empty((0, width), np.float32)
        self._owners = np.empty(0, np.int32)  # rows of the references
        self._codebook: Codebook | None = None
        self._codes: Codes | None = None
        self._learnt_from = 0
        self._packed = Packed(np.empty(0, np.int64), 0, None)
        self._changes = 0

    def change(self, add: Mapping[str, Reference], remove: Collection[str]) -> None:
        """Take references out and put references in; one of a known id replaces it."""
        leaving = dict.fromkeys(id for id in (*remove, *add) if id in self._place_of)
        arriving: dict[Key, list[Reference]] = {self._keys[self._owners[self._place_of[id]]]: [] for id in leaving}
        for reference in add.values():
            arriving.setdefault((reference.gtin, reference.variant_id), []).append(reference)
        self._make_room(arriving, len(add))
        for id in leaving:
            del self._place_of[id]
        first_row, first_place = len(self._keys), len(self._ids)
        for key, new in arriving.items():
            self._replace(key, new, leaving)
        if len(self._keys) > first_row:
            self._summarise(slice(first_row, len(self._keys)), first_place)
        self._changes += 1

    def state(self) -> State:
        """Return what there is now."""
        live = self._live[: len(self._keys)].copy()
        if self._is_stale(live):
            self._pack(np.flatnonzero(live))
        return State(
            live=live,
            keys=self._keys,
            gtins=self._gtins,
            products=self._products,
            starts=self._starts,
            lengths=self._lengths,
            prototypes=self._prototypes,
            vectors=self._vectors,
            codebook=self._codebook,
            codes=self._codes,
            packed=self._packed,
            references=len(self._place_of),
            changes=self._changes,
        )

    def _replace(self, key: Key, new: Sequence[Reference], leaving: Collection[str]) -> None:
        """Give a variant a new row for the references that stay and those that are new; none if there are neither."""
        stay: list[int] = []
        if (old := self._row_of.pop(key, None)) is not None:
            self._live[old] = False
            places = range(self._starts[old], self._starts[old] + self._lengths[old])
            stay = [place for place in places if self._ids[place] not in leaving]
        if not stay and not new:
            return
        row, start, middle = len(self._keys), len(self._ids), len(self._ids) + len(stay)
        self._ids += [self._ids[place] for place in stay] + [reference.id for reference in new]
        end = len(self._ids)
        self._place_of.update(zip(self._ids[start:], range(start, end), strict=True))
        self._vectors[start:middle] = self._vectors[stay]
        for place, reference in enumerate(new, middle):
            self._vectors[place] = reference.vector
        self._owners[start:end] = row
        self._starts[row], self._lengths[row], self._live[row] = start, end - start, True
        self._products[row] = self._number(key[0])
        self._keys.append(key)
        self._row_of[key] = row

    def _number(self, gtin: Gtin) -> int:
        number = self._number_of.setdefault(gtin, len(self._gtins))
        if number == len(self._gtins):
            self._gtins.append(gtin)
        return number

    def _summarise(self, rows: slice, first_place: int) -> None:
        """Fill in the prototypes of new rows, and their codes where there are codes."""
        sums = np.add.reduceat(self._vectors[first_place : len(self._ids)], self._starts[rows] - first_place)
        lengths = np.linalg.norm(sums, axis=1, keepdims=True)
        self._prototypes[rows] = sums / np.maximum(lengths, np.finfo(np.float32).tiny)
        if self._codebook is not None and self._codes is not None:
            self._codes[rows] = self._codebook.encode(self._prototypes[rows])

    def _is_stale(self, live: NDArray[np.bool_]) -> bool:
        packed = self._packed
        gone = len(packed.rows) - int(np.count_nonzero(live[packed.rows]))
        limit = np.clip(len(packed.rows) * _STALE, _LEAST_STALE, FLAT)
        return bool(len(live) - packed.end + gone > limit)

    def _pack(self, rows: Places) -> None:
        if len(rows) > max(FLAT, _LEARN_AGAIN * self._learnt_from):
            self._codebook, self._learnt_from = Codebook(self._prototypes[rows]), len(rows)
            self._codes = np.zeros((len(self._live), self._codebook.code_size), np.uint8)
            self._codes[rows] = self._codebook.encode(self._prototypes[rows])
        self._packed = pack(rows, len(self._keys), self._codebook, self._codes)

    def _make_room(self, changing: Collection[Key], new: int) -> None:
        """Move to wider arrays, without what was replaced, if what comes does not fit or most was replaced."""
        rows = [self._row_of[key] for key in changing if key in self._row_of]
        places = new + int(self._lengths[rows].sum())
        fits = len(self._keys) + len(changing) <= len(self._live) and len(self._ids) + places <= len(self._vectors)
        if not fits or len(self._ids) > 2 * len(self._place_of) + _LEAST_SPARE:
            self._move(len(changing), places)

    def _move(self, more_rows: int, more_places: int) -> None:
        rows = np.flatnonzero(self._live[: len(self._keys)])
        lengths = self._lengths[rows]
        ends = np.cumsum(lengths, dtype=np.int64)
        places = np.repeat(self._starts[rows] - ends + lengths, lengths) + np.arange(lengths.sum())
        self._vectors = _moved(self._vectors, places, more_places)
        self._owners = _moved(self._owners, places, more_places)
        self._owners[: len(places)] = np.repeat(np.arange(len(rows)), lengths)
        self._live = _moved(self._live, rows, more_rows)
        self._products = _moved(self._products, rows, more_rows)
        self._lengths = _moved(self._lengths, rows, more_rows)
        self._starts = _moved(self._starts, rows, more_rows)
        self._starts[: len(rows)] = ends - lengths
        self._prototypes = _moved(self._prototypes, rows, more_rows)
        self._codes = None if self._codes is None else _moved(self._codes, rows, more_rows)
        # New lists: earlier states go on reading the old ones.
        self._keys = [self._keys[row] for row in rows]
        self._ids = [self._ids[place] for place in places]
        self._row_of = {key: row for row, key in enumerate(self._keys)}
        self._place_of = {id: place for place, id in enumerate(self._ids)}
        self._pack(np.arange(len(rows)))


def _moved(array: NDArray[Any], kept: Places, more: int) -> NDArray[Any]:
    """Return a new array that begins with the kept rows and has room for more."""
    wide = np.empty((int((len(kept) + more) * (1 + _SPARE)) + _LEAST_SPARE, *array.shape[1:]), array.dtype)
    np.take(array, kept, axis=0, out=wide[: len(kept)], mode="clip")  # "raise" would take a second copy
    return wide

"""The gallery: which known variants look like a facing? Products come and go while it is searched."""

from collections import OrderedDict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from threading import Lock

import numpy as np

from retail.gtin import Gtin
from vision.coarse_search import Places, inner_products, one_thread
from vision.detections import Floats
from vision.gallery_rows import Packed, Reference, RowWriter, State, pack

__all__ = ["Assortment", "Gallery", "Matches", "Reference", "WrongEmbedder"]

# Share of the prototype in a score, the rest is the mean of the best references. On the inner folds of
# benchmarks.recognition less was as good with thirty references, and worse with five.
PROTOTYPE_SHARE = 0.5
BEST = 3
# Variants whose references are compared with a query, chosen by prototypes; and how many times as many prototypes are
# compared, chosen by codes. Among 100,000 clustered variants the best was always among the 16 best prototypes, and for
# 0.995 of the queries among the 120 best codes.
_SHORTLIST = 24
_LARGE = 20_000  # rows to search
_CODES, _CODES_IF_LARGE = 2, 5
_UNIT = 1e-3  # how far from 1 a length may be
_NOT_UNIT = "expected a finite vector of length 1"
_CHECKED_AT_ONCE = 4096
_ASSORTMENTS = 256  # remembered; a store has one


class WrongEmbedder(ValueError):
    """Vectors of another embedder than the gallery's: they cannot be compared."""


@dataclass(frozen=True, slots=True, eq=False)
class Matches:
    """The variants most like each of n queries, best first.

    Attributes:
        variants: (n, most) rows of the gallery as it was when it was searched; -1 where there are no more.
        scores: (n, most) how alike query and variant are, at most 1; minus infinity where there is no variant.
        nearest: (n,) cosine to the most alike reference of all variants that were scored, listed or not; minus infinity
            where there is none.
    """

    variants: Places
    scores: Floats
    nearest: Floats
    _state: State

    def gtin(self, row: int) -> Gtin:
        """Return the product of a row of `variants`."""
        return self._state.keys[row][0]

    def variant(self, row: int) -> str:
        """Return the id of the variant of a row of `variants`."""
        return self._state.keys[row][1]


class Assortment:
    """Some of the products, say those that a store carries; it follows every change of the gallery."""

    def __init__(self, gallery: "Gallery", gtins: frozenset[Gtin]) -> None:
        self.gallery = gallery
        self.gtins = gtins
        self._carried = np.empty(0, np.bool_)  # of the gallery's products, as far as they are known here
        self._seen: tuple[Packed, Packed] | None = None  # what the gallery had packed, and what of it is in here

    def __len__(self) -> int:
        return len(self.gtins)

    def keep(self, rows: Places, state: State) -> Places:
        """Return those of a state's rows whose products are in here."""
        carried = self._carried
        if unknown := state.gtins[len(carried) :]:
            self._carried = carried = np.append(carried, [gtin in self.gtins for gtin in unknown])
        kept: Places = rows[carried[state.products[rows]]]
        return kept

    def packed(self, state: State) -> Packed:
        """Return what is in here of the rows that a state has packed."""
        seen = self._seen
        if seen is None or seen[0] is not state.packed:
            whole = state.packed
            part = pack(self.keep(whole.rows, state), whole.end, state.codebook, state.codes)
            self._seen = seen = (whole, part)
        return seen[1]


class Gallery:
    """References of variants as one embedder sees them; any number of threads search while one changes it.

    A score is `PROTOTYPE_SHARE` times the cosine to the variant's prototype (the normalised mean of its references)
    plus the rest times the mean of the `BEST` best cosines to its references. Scores are exact; which variants are
    scored is decided by their prototypes, and in large galleries by rough codes of the prototypes.
    """

    def __init__(self, embedder_id: str, width: int) -> None:
        """Open an empty gallery for unit vectors (width,)."""
        self.embedder_id = embedder_id
        self.width = width
        self._changing = Lock()
        self._writer = RowWriter(width)
        self._state = self._writer.state()
        self._assortments: OrderedDict[frozenset[Gtin], Assortment] = OrderedDict()
        self._remembering = Lock()

    def __len__(self) -> int:
        """Return the number of references."""
        return self._state.references

    @property
    def stamp(self) -> tuple[str, int]:
        """The embedder's id and the number of changes; where both are the same, so is what is in the gallery."""
        return self.embedder_id, self._state.changes

    @property
    def gtins(self) -> frozenset[Gtin]:
        """The products that have a reference."""
        state = self._state
        return frozenset(state.keys[row][0] for row in np.flatnonzero(state.live).tolist())

    def require(self, embedder_id: str) -> None:
        """Check that an embedder's vectors belong in here.

        Raises:
            WrongEmbedder: if the gallery is another embedder's.
        """
        if embedder_id != self.embedder_id:
            raise WrongEmbedder(
                f"vectors of {embedder_id} for a gallery of {self.embedder_id}: embed the pictures again"
            )

    def change(self, add: Iterable[Reference] = (), remove: Iterable[str] = ()) -> None:
        """Remove references by id, then add some; live for searches that begin after the return.

        An added reference replaces one of the same id, whatever variant that belonged to. Ids that are not in the
        gallery need no removing.

        Raises:
            WrongEmbedder: for vectors of another width; nothing is changed then.
            ValueError: for vectors that are not finite unit vectors; nothing is changed then.
        """
        added = {reference.id: reference for reference in add}
        self._check_references(list(added.values()))
        removed = list(remove)
        with self._changing:
            self._writer.change(added, removed)
            self._state = self._writer.state()

    def assortment(self, gtins: frozenset[Gtin]) -> Assortment:
        """Return a set of products to search in; the same set gives the same one, already laid out for searching."""
        with self._remembering:
            found = self._assortments.pop(gtins, None) or Assortment(self, gtins)
            self._assortments[gtins] = found
            if len(self._assortments) > _ASSORTMENTS:
                self._assortments.popitem(last=False)
        return found

    def search(self, queries: Floats, assortment: Assortment | None = None, most: int = 20) -> Matches:
        """Find the variants that look most like each query.

        Args:
            queries: (n, width) unit vectors.
            assortment: only variants of its products are found; all by default.
            most: variants wanted for each query.

        Raises:
            WrongEmbedder: for vectors of another width.
            ValueError: for vectors that are not finite unit vectors, or another gallery's assortment.
        """
        self._check_queries(queries)
        if assortment is not None and assortment.gallery is not self:
            raise ValueError("the assortment is another gallery's: ask this one for it")
        queries, state = np.ascontiguousarray(queries, np.float32), self._state
        variants = np.full((len(queries), most), -1, np.int64)
        scores = np.full((len(queries), most), -np.inf, np.float32)
        nearest = np.full(len(queries), -np.inf, np.float32)
        if len(queries):
            with one_thread():
                rows, cosines = _shortlist(state, queries, assortment, max(most, _SHORTLIST))
                alike, nearest = _scores(state, queries, rows, cosines)
            order = np.argsort(-alike, axis=1, kind="stable")[:, :most]
            variants[:, : order.shape[1]] = np.take_along_axis(rows, order, 1)
            scores[:, : order.shape[1]] = np.take_along_axis(alike, order, 1)
        return Matches(variants, scores, nearest, state)

    def _check_references(self, references: Sequence[Reference]) -> None:
        for reference in references:
            if reference.vector.shape != (self.width,):
                raise WrongEmbedder(self._misfit(f"reference {reference.id}", reference.vector))
        for first in range(0, len(references), _CHECKED_AT_ONCE):
            some = references[first : first + _CHECKED_AT_ONCE]
            for place in _not_unit(np.stack([reference.vector for reference in some])):
                raise ValueError(f"reference {some[place].id}: {_NOT_UNIT}")

    def _check_queries(self, queries: Floats) -> None:
        if queries.ndim != 2 or queries.shape[1] != self.width:
            raise WrongEmbedder(self._misfit("queries", queries))
        for place in _not_unit(queries):
            raise ValueError(f"query {place}: {_NOT_UNIT}")

    def _misfit(self, what: str, vectors: Floats) -> str:
        return f"{what} of shape {vectors.shape} for {self.embedder_id}, which gives vectors of {self.width} numbers"


def _not_unit(vectors: Floats) -> Places:
    """Return the rows, of vectors (n, width), that are not finite or not of length 1."""
    lengths = np.sqrt(np.einsum("ij,ij->i", vectors, vectors))
    # What is not finite has no length near 1 either.
    rows: Places = np.flatnonzero(~(np.abs(lengths - 1) <= _UNIT))
    return rows


def _shortlist(state: State, queries: Floats, assortment: Assortment | None, most: int) -> tuple[Places, Floats]:
    """Return the rows whose prototypes are most alike, and their cosines, both (n, at most `most`), in no order.

    A row is -1, and its cosine minus infinity, where there are no more.
    """
    packed = state.packed if assortment is None else assortment.packed(state)
    singly = np.arange(packed.end, len(state.live))
    if assortment is not None:
        singly = assortment.keep(singly, state)
    found = np.empty((len(queries), 0), np.int64)
    places = _places(packed, queries, most)
    if places is None:
        singly = np.concatenate([packed.rows, singly])
    else:
        found = np.where(places < 0, -1, packed.rows[places])
        found[~state.live[found]] = -1
    rows = np.hstack([found, _nearest(state.prototypes, queries, singly[state.live[singly]], most)])
    cosines = inner_products(queries, state.prototypes, rows)
    if rows.shape[1] <= most:
        return rows, cosines
    best = np.argpartition(-cosines, most - 1, axis=1)[:, :most]
    return np.take_along_axis(rows, best, 1), np.take_along_axis(cosines, best, 1)


def _places(packed: Packed, queries: Floats, most: int) -> Places | None:
    """Return roughly the most alike by their place in `packed`, (n, `most` or some more); None if codes cannot tell.

    Codes of vectors that are nearly all the same hardly differ, and FAISS's FastScan then leaves some of them out.
    """
    if packed.index is None:
        return None
    count = len(packed.rows)
    places = packed.index.nearest(queries, min((_CODES_IF_LARGE if count > _LARGE else _CODES) * most, count))
    return places if (places >= 0).all() else None


def _nearest(prototypes: Floats, queries: Floats, rows: Places, most: int) -> Places:
    """Return those of some rows whose prototypes are most alike, (n, at most `most`), in no order."""
    if len(rows) <= most:
        return np.tile(rows, (len(queries), 1))
    cosines = inner_products(queries, prototypes, np.tile(rows, (len(queries), 1)))
    best: Places = rows[np.argpartition(-cosines, most - 1, axis=1)[:, :most]]
    return best


def _scores(state: State, queries: Floats, rows: Places, cosines: Floats) -> tuple[Floats, Floats]:
    """Return scores of rows, whose prototypes' cosines are known, (n, m), and the nearest references' cosines (n,)."""
    lengths = np.where(rows < 0, 0, state.lengths[rows])
    each = np.arange(lengths.max(initial=1))
    places = np.where(each < lengths[..., None], state.starts[rows][..., None] + each, -1)
    products = inner_products(queries, state.vectors, places.reshape(len(rows), -1)).reshape(places.shape)
    nearest: Floats = products.max((1, 2), initial=-np.inf)
    if len(each) > BEST:
        products = np.partition(products, -BEST, axis=2)[..., -BEST:]
    sums = np.where(np.isneginf(products), 0, products).sum(2)
    best = sums / np.clip(lengths, 1, BEST)
    alike = np.where(rows < 0, -np.inf, PROTOTYPE_SHARE * cosines + (1 - PROTOTYPE_SHARE) * best)
    return alike.astype(np.float32), nearest

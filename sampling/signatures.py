"""What a capture leaves behind for sampling, and the pool of captures nobody has labelled."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import islice
from operator import eq, lt
from typing import Any

import numpy as np
from numpy.typing import NDArray

Vectors = NDArray[np.float32]
Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

_MIXED = "image vectors of widths {} in one pool: they come from different models"


@dataclass(frozen=True, slots=True, eq=False)
class Signature:
    """What one capture leaves behind for sampling.

    Attributes:
        capture_id: the capture's id, unique within a pool.
        image_vector: (k,) unit float32 vector of the whole photo.
        value: capture value A, the sum of the uncertainties of its distinct looks (``sampling.looks``), 0 or more.
        predicted_boxes: how many boxes an annotator will find drawn beforehand.
        stratum: the condition's name, for example ``warm/oblique/convenience``.
        doubted: how many facings the model doubts.
        unknown: how many facings no known product explains.
        flip: probability that at least one verdict on the capture would flip; 0 without verdicts.
        reset: whether it shows its bay after a planogram reset that no labelled capture shows.
        picture_hash: 64-bit difference hash of the picture (``vision.difference_hash``); 0 where there is none.
        plain: the same with repeated looks counted each time; None for the value.
        facings: how many of the predicted boxes are facings, which are what is unsure; None for all of them.

    Raises:
        ValueError: for a wrong shape, a vector that is not of unit length, a flip outside 0..1, or a negative number.
    """

    capture_id: str
    image_vector: Vectors
    value: float
    predicted_boxes: int
    stratum: str
    doubted: int = 0
    unknown: int = 0
    flip: float = 0.0
    reset: bool = False
    picture_hash: int = 0
    plain: float | None = None
    facings: int | None = None

    def __post_init__(self) -> None:
        if self.image_vector.ndim != 1:
            raise ValueError(
                f"capture {self.capture_id}: image_vector has shape {self.image_vector.shape}, expected one axis"
            )
        length = float(np.linalg.norm(self.image_vector))
        if not abs(length - 1) < 0.01:  # loose enough for vectors that were stored as float16
            raise ValueError(f"capture {self.capture_id}: image_vector has length {length:.3f}, expected 1")
        if not 0 <= self.flip <= 1:
            raise ValueError(f"capture {self.capture_id}: flip is {self.flip}, expected 0..1")
        for name in ("value", "predicted_boxes", "doubted", "unknown", "picture_hash"):
            if not (number := getattr(self, name)) >= 0:
                raise ValueError(f"capture {self.capture_id}: {name} is {number}, expected 0 or more")


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Captures nobody has labelled, as arrays over n captures sorted by id; made by ``Pool.of`` or a ``PoolBuilder``.

    Attributes:
        ids: n capture ids in ascending order, so that the order of the input never matters.
        vectors: (n, k) unit image vectors.
        values: (n,) capture value A, the sum of the uncertainties of a capture's distinct looks.
        plain: (n,) the same with repeated looks counted each time.
        boxes: (n,) predicted boxes.
        facings: (n,) those of them that are facings.
        seconds: (n,) modelled annotator seconds.
        doubted: (n,) facings that the model doubts.
        unknown: (n,) facings no known product explains.
        strata: (n,) places in ``strata_names``.
        strata_names: names of the strata that occur, ascending.
        flips: (n,) probability that at least one verdict would flip.
        resets: (n,) whether the capture shows a planogram reset that no labelled one shows.
        hashes: (n,) difference hashes of the pictures; 0 where there is none.
    """

    ids: tuple[str, ...]
    vectors: Vectors
    values: Floats
    plain: Floats
    boxes: Rows
    facings: Rows
    seconds: Floats
    doubted: Rows
    unknown: Rows
    strata: NDArray[np.int32]
    strata_names: tuple[str, ...]
    flips: Floats
    resets: NDArray[np.bool_]
    hashes: NDArray[np.uint64]

    @classmethod
    def of(cls, signatures: Iterable[Signature], seconds: Callable[[int], float]) -> "Pool":
        """Collect signatures; ``seconds`` models the annotator seconds of a capture from its predicted boxes.

        Raises:
            ValueError: if a capture occurs twice, the vectors differ in width, or a cost is not above 0.
        """
        builder, all = PoolBuilder(seconds), list(signatures)
        if len(widths := {len(s.image_vector) for s in all}) > 1:
            raise ValueError(_MIXED.format(sorted(widths)))
        if all:
            builder.append(
                ids=[s.capture_id for s in all],
                vectors=np.stack([s.image_vector for s in all]),
                values=[s.value for s in all],
                plain=[s.value if s.plain is None else s.plain for s in all],
                boxes=[s.predicted_boxes for s in all],
                facings=[s.predicted_boxes if s.facings is None else s.facings for s in all],
                doubted=[s.doubted for s in all],
                unknown=[s.unknown for s in all],
                strata=[s.stratum for s in all],
                flips=[s.flip for s in all],
                resets=[s.reset for s in all],
                hashes=[s.picture_hash for s in all],
            )
        return builder.build()

    def __len__(self) -> int:
        return len(self.ids)

    def stratum(self, row: int) -> str:
        """Return the name of a capture's stratum."""
        return self.strata_names[int(self.strata[row])]

    def digest(self) -> str:
        """Return the SHA-256 of the pool's content: equal pools, and only they, share it."""
        content = hashlib.sha256()
        for names in (self.ids, self.strata_names):
            content.update(f"{len(names)}\n{chr(10).join(names)}\n".encode())
        arrays: list[NDArray[Any]] = [self.vectors, self.values, self.plain, self.boxes, self.facings]
        more = (self.seconds, self.doubted, self.unknown, self.strata, self.flips, self.resets, self.hashes)
        for array in (*arrays, *more):
            content.update(repr(array.shape).encode())
            content.update(np.ascontiguousarray(array).data)
        return content.hexdigest()


class PoolBuilder:
    """Makes a pool out of portions in any order; if they come by id, it never holds anything twice."""

    def __init__(self, seconds: Callable[[int], float], expected: int = 0) -> None:
        """Begin an empty pool.

        Args:
            seconds: models the annotator seconds of a capture from its predicted boxes.
            expected: how many captures to make room for; more find room as well.
        """
        self._seconds, self._expected = seconds, expected
        self._ids: list[str] = []
        self._vectors: Vectors = np.zeros((0, 0), np.float32)
        self._codes: dict[str, int] = {}
        self._columns: dict[str, NDArray[Any]] = {name: np.zeros(0, kind) for name, kind in _COLUMNS.items()}

    def append(
        self,
        *,
        ids: Sequence[str],
        vectors: NDArray[Any],
        strata: Sequence[str],
        **numbers: Sequence[Any] | NDArray[Any],
    ) -> None:
        """Add n captures.

        Args:
            ids: of the captures.
            vectors: (n, k) float16 or float32; rounding may have left them slightly off unit length.
            strata: names.
            numbers: n values, plain, boxes, facings, doubted, unknown, flips, resets and hashes, as in ``Pool``.

        Raises:
            ValueError: if vectors differ in width from those before.
        """
        start, (count, width) = len(self._ids), vectors.shape
        if start and width != self._vectors.shape[1]:
            raise ValueError(_MIXED.format(sorted({width, self._vectors.shape[1]})))
        if start + count > len(self._vectors):
            self._make_room(max(self._expected, 2 * (start + count)), width)
        self._ids += ids
        block = self._vectors[start : start + count]
        block[:] = vectors
        block /= np.sqrt(np.einsum("ij,ij->i", block, block))[:, None]
        for name in dict.fromkeys(strata):
            self._codes.setdefault(name, len(self._codes))
        numbers["strata"] = list(map(self._codes.__getitem__, strata))
        for name, kind in _COLUMNS.items():
            self._columns[name][start : start + count] = np.asarray(numbers[name], kind)

    def build(self) -> Pool:
        """Return the pool, sorted; what was collected is used up by it.

        Raises:
            ValueError: if a capture occurs twice, or a cost is not above 0.
        """
        ids, vectors = tuple(self._ids), self._vectors[: len(self._ids)]
        columns = {name: column[: len(ids)] for name, column in self._columns.items()}
        if not all(map(lt, ids, islice(ids, 1, None))):
            order = np.array(sorted(range(len(ids)), key=ids.__getitem__), np.int64)
            ids, vectors = tuple(map(ids.__getitem__, order.tolist())), vectors[order]
            columns = {name: column[order] for name, column in columns.items()}
        if any(map(eq, ids, islice(ids, 1, None))):
            raise ValueError("a capture occurs more than once in the pool")
        names = sorted(self._codes)
        recoded = np.argsort(np.argsort(list(self._codes))).astype(np.int32)
        columns["strata"] = recoded[columns["strata"]] if len(ids) else columns["strata"]
        return Pool(
            ids=ids,
            vectors=vectors,
            seconds=self._costs(columns["boxes"]),
            strata_names=tuple(names),
            **columns,
        )

    def _make_room(self, count: int, width: int) -> None:
        """Make room for ``count`` captures; as long as it is not used it takes no memory."""
        have = len(self._ids)
        for name, column in self._columns.items():
            self._columns[name] = np.empty(count, column.dtype)
            self._columns[name][:have] = column[:have]
        former, self._vectors = self._vectors, np.empty((count, width), np.float32)
        self._vectors[:have] = former[:have].reshape(have, width)

    def _costs(self, boxes: Rows) -> Floats:
        distinct = np.array(sorted(set(boxes.tolist())), np.int64)  # sorting them all takes several times as long
        costs = np.array([self._seconds(number) for number in distinct.tolist()], np.float64)
        if not (costs > 0).all():
            raise ValueError("a capture's annotator seconds are not above 0: looking at a photo takes time too")
        return costs[np.searchsorted(distinct, boxes)]


_COLUMNS: dict[str, type[np.generic]] = {
    "values": np.float64,
    "plain": np.float64,
    "boxes": np.int64,
    "facings": np.int64,
    "doubted": np.int64,
    "unknown": np.int64,
    "strata": np.int32,
    "flips": np.float64,
    "resets": np.bool_,
    "hashes": np.uint64,
}

"""What a capture leaves behind for sampling, and the pool of captures nobody has labelled."""

import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sampling.values import capture_value

Vectors = NDArray[np.float32]
Floats = NDArray[np.float64]
Rows = NDArray[np.int64]

# From here on the model is nearer to guessing than to knowing.
_DOUBT = 0.5


@dataclass(frozen=True, slots=True, eq=False)
class Signature:
    """What one capture leaves behind for sampling.

    Attributes:
        capture_id: the capture's id, unique within a pool.
        image_vector: (k,) unit float32 vector of the whole photo.
        values: (n,) uncertainty of each detection, 0..1, the blend of ``vision.uncertainty``.
        predicted_boxes: how many boxes an annotator will find drawn beforehand.
        stratum: the condition's name, for example ``warm/oblique/convenience``.
        bay_id: the bay that the capture shows.
        flip: probability that at least one verdict on the capture would flip; 0 without verdicts.
        reset: whether it shows its bay after a planogram reset that no labelled capture shows.

    Raises:
        ValueError: for a wrong shape, a vector that is not of unit length, or values or a flip outside 0..1.
    """

    capture_id: str
    image_vector: Vectors
    values: NDArray[np.float32]
    predicted_boxes: int
    stratum: str
    bay_id: str
    flip: float = 0.0
    reset: bool = False

    def __post_init__(self) -> None:
        if self.image_vector.ndim != 1 or self.values.ndim != 1:
            shapes = f"image_vector {self.image_vector.shape}, values {self.values.shape}"
            raise ValueError(f"capture {self.capture_id}: expected one axis each, got {shapes}")
        length = float(np.linalg.norm(self.image_vector))
        if not abs(length - 1) < 0.01:  # loose enough for vectors that were stored as float16
            raise ValueError(f"capture {self.capture_id}: image_vector has length {length:.3f}, expected 1")
        if not ((self.values >= 0) & (self.values <= 1)).all():
            raise ValueError(f"capture {self.capture_id}: values leave 0..1")
        if not 0 <= self.flip <= 1:
            raise ValueError(f"capture {self.capture_id}: flip is {self.flip}, expected 0..1")
        if self.predicted_boxes < 0:
            raise ValueError(
                f"capture {self.capture_id}: predicted_boxes is {self.predicted_boxes}, expected 0 or more"
            )


@dataclass(frozen=True, slots=True, eq=False)
class Pool:
    """Captures nobody has labelled, as arrays over n captures sorted by id; build it with ``Pool.of``.

    Attributes:
        ids: n capture ids in ascending order, so that the order of the input never matters.
        vectors: (n, k) unit image vectors.
        capture_values: (n,) capture value A, see ``sampling.values.capture_value``.
        boxes: (n,) predicted boxes.
        seconds: (n,) modelled annotator seconds.
        doubted: (n,) detections with an uncertainty of at least one half.
        strata: n names of strata.
        flips: (n,) probability that at least one verdict would flip.
        resets: (n,) whether the capture shows a planogram reset that no labelled one shows.
    """

    ids: tuple[str, ...]
    vectors: Vectors
    capture_values: Floats
    boxes: Rows
    seconds: Floats
    doubted: Rows
    strata: tuple[str, ...]
    flips: Floats
    resets: NDArray[np.bool_]

    @classmethod
    def of(cls, signatures: Iterable[Signature], seconds: Callable[[int], float]) -> "Pool":
        """Collect signatures; ``seconds`` models the annotator seconds of a capture from its predicted boxes.

        Raises:
            ValueError: if a capture occurs twice, the vectors differ in width, or a cost is not above 0.
        """
        ordered = sorted(signatures, key=lambda signature: signature.capture_id)
        ids = tuple(s.capture_id for s in ordered)
        if len(set(ids)) != len(ids):
            raise ValueError("a capture occurs more than once in the pool")
        if len(widths := {len(s.image_vector) for s in ordered}) > 1:
            raise ValueError(f"image vectors of widths {sorted(widths)} in one pool: they come from different models")
        costs = np.array([seconds(s.predicted_boxes) for s in ordered], np.float64)
        if not (costs > 0).all():
            raise ValueError("a capture's annotator seconds are not above 0: looking at a photo takes time too")
        return cls(
            ids=ids,
            vectors=np.array([s.image_vector for s in ordered], np.float32).reshape(len(ordered), -1 if ordered else 0),
            capture_values=np.array([capture_value(s.values) for s in ordered], np.float64),
            boxes=np.array([s.predicted_boxes for s in ordered], np.int64),
            seconds=costs,
            doubted=np.array([(s.values >= _DOUBT).sum() for s in ordered], np.int64),
            strata=tuple(s.stratum for s in ordered),
            flips=np.array([s.flip for s in ordered], np.float64),
            resets=np.array([s.reset for s in ordered], np.bool_),
        )

    def __len__(self) -> int:
        return len(self.ids)

    def digest(self) -> str:
        """Return the SHA-256 of the pool's content: equal pools, and only they, share it."""
        content = hashlib.sha256()
        for names in (self.ids, self.strata):
            content.update(repr(names).encode())
        arrays: list[NDArray[Any]] = [self.vectors, self.capture_values, self.boxes, self.seconds, self.doubted]
        if self.flips.any() or self.resets.any():  # else the rounds from before there were verdicts lost their digest
            arrays += [self.flips, self.resets]
        for array in arrays:
            content.update(repr(array.shape).encode())
            content.update(np.ascontiguousarray(array).data)
        return content.hexdigest()

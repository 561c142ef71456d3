"""The distinct looks of one capture: repeated facings teach once, so they count once."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

# So many looks of a capture are kept, and compared with those of others.
MOST = 10
# Cosine from which two instances of one class look the same.
ALIKE = 0.9

_VALUE, _VECTOR = np.dtype("<f4"), np.dtype("<f2")


@dataclass(frozen=True, slots=True, eq=False)
class Looks:
    """Distinct looks of one capture, the most uncertain first; m looks, vectors w wide.

    Attributes:
        classes: m GTINs; where the product is unknown its category, levels joined by "/", or "" if nothing is known.
        values: (m,) instance uncertainty, 0..1, descending.
        vectors: (m, w) unit vectors.

    Raises:
        ValueError: for another number of values or vectors than of classes.
    """

    classes: tuple[str, ...]
    values: NDArray[np.float32]
    vectors: NDArray[np.float32]

    def __post_init__(self) -> None:
        if self.values.shape != (len(self.classes),) or self.vectors.shape[:-1] != (len(self.classes),):
            shapes = f"values {self.values.shape}, vectors {self.vectors.shape}"
            raise ValueError(f"looks of {len(self.classes)} classes with {shapes}")

    def __len__(self) -> int:
        return len(self.classes)

    def foremost(self) -> "Looks":
        """Return the ten most uncertain, which stand for all of them where captures are compared."""
        return Looks(self.classes[:MOST], self.values[:MOST], self.vectors[:MOST])

    def to_bytes(self) -> bytes:
        """Return a line of JSON, the classes, then the values as float32 and the vectors as float16."""
        line = json.dumps(self.classes).encode() + b"\n"
        return line + self.values.astype(_VALUE).tobytes() + self.vectors.astype(_VECTOR).tobytes()

    @classmethod
    def from_bytes(cls, data: bytes) -> "Looks":
        """Read what `to_bytes` wrote; the vectors have unit length again, which float16 rounds away."""
        line, _, numbers = data.partition(b"\n")
        classes = tuple(json.loads(line))
        split = len(classes) * _VALUE.itemsize
        vectors = np.frombuffer(numbers[split:], _VECTOR).astype(np.float32)
        vectors = vectors.reshape(len(classes), -1 if classes else 0)
        vectors /= np.sqrt(np.einsum("ij,ij->i", vectors, vectors))[:, None]
        return cls(classes, np.frombuffer(numbers[:split], _VALUE).astype(np.float32), vectors)


def distinct_looks(
    vectors: NDArray[np.float32], values: NDArray[np.float32], classes: Sequence[str], alike: float = ALIKE
) -> Looks:
    """Keep of instances that look alike the most uncertain one.

    Instances are visited from the most uncertain down (ties: by place); one whose cosine to a kept instance of its
    class reaches ``alike`` is redundant (entropy-based non-maximum suppression, Wu et al., CVPR 2022).

    Args:
        vectors: (n, w) unit vectors.
        values: (n,) uncertainties, 0..1.
        classes: n names.
        alike: cosine from which two instances of a class are one look.
    """
    kept: list[int] = []
    for row in np.argsort(-values, kind="stable").tolist():
        peers = [other for other in kept if classes[other] == classes[row]]
        if not peers or (vectors[peers] @ vectors[row]).max() < alike:
            kept.append(row)
    return Looks(tuple(classes[row] for row in kept), values[kept].astype(np.float32), vectors[kept])

"""Two blocks of vectors that are read as one."""

import numpy as np

from sampling.signatures import Rows, Vectors


class Stacked:
    """Vectors (n, k) and below them others (m, k), without the copy: of a million it takes a second and half a GB."""

    def __init__(self, first: Vectors, second: Vectors) -> None:
        """Stack two blocks of one width."""
        self.parts = (first, second)

    def __len__(self) -> int:
        return sum(map(len, self.parts))

    @property
    def width(self) -> int:
        """How many numbers a vector has."""
        width: int = self.parts[1].shape[1]
        return width

    def __getitem__(self, rows: Rows) -> Vectors:
        """Return a copy of some rows, shape (*rows.shape, k)."""
        first, second = self.parts
        if not len(first):
            return second[rows]
        found, upper = np.empty((*rows.shape, self.width), np.float32), rows < len(first)
        found[upper], found[~upper] = first[rows[upper]], second[rows[~upper] - len(first)]
        return found

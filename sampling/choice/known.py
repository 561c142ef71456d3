"""What is labelled or picked already, and how well it stands for what is not."""

from collections.abc import Mapping, Sequence

import numpy as np

from sampling.choice.similarity import Matrix, Shown, coverage, likeness
from sampling.index import VectorIndex
from sampling.looks import Looks
from sampling.signatures import Pool, Rows, Vectors
from sampling.state import LoopState

# Captures are compared look by look with those known ones that are the nearest, by image vector, to any of their block.
_BLOCK = 2048


class Known:
    """Captures that a round need not see again: those labelled or in a task, and its own picks so far.

    ``vectors`` are their unit image vectors, (m, k).
    """

    def __init__(self, pool: Pool, state: LoopState, by_looks: bool) -> None:
        """Begin with what the loop's state has, and compare captures by their looks, if they can be read, or not.

        Raises:
            ValueError: if labelled vectors have another width than the pool's.
        """
        self._pool, self._state = pool, state
        self._by_looks = by_looks and state.looks is not None
        self._names = sorted(state.labelled)
        self._looks: dict[str, Looks | None] = {}
        width = pool.vectors.shape[1]
        self.vectors = np.array([state.labelled[name] for name in self._names], np.float32).reshape(-1, width)
        self._index = VectorIndex(self.vectors)
        self._index.add(self.vectors)
        self._best = np.zeros(len(pool), np.float32)  # how well the first `_compared` known ones stand for each row
        self._compared = np.zeros(len(pool), np.int64)

    def __len__(self) -> int:
        return len(self._names)

    def add(self, rows: Rows) -> None:
        """Take picks for known."""
        if len(rows):
            self._index.add(self._pool.vectors[rows])
            self._names += [self._pool.ids[row] for row in rows.tolist()]
            self.vectors = np.concatenate([self.vectors, self._pool.vectors[rows]])

    def looks(self, ids: Sequence[str]) -> Mapping[str, Looks] | None:
        """Return the looks of captures by id; None where there is nothing to read them with."""
        if self._state.looks is None:
            return None
        if missing := [id for id in ids if id not in self._looks]:
            read = self._state.looks(missing)
            self._looks.update((id, read.get(id)) for id in missing)
        return {id: found for id in ids if (found := self._looks[id]) is not None}

    def shown(self, rows: Rows) -> Shown:
        """Return what captures of the pool show."""
        return self._compared_by(self._pool.vectors[rows], [self._pool.ids[row] for row in rows.tolist()])

    def stands_for(self, rows: Rows) -> Matrix:
        """Return how well the best known capture stands for each of n rows of the pool, (n,), 0..1; 0 if none is."""
        compared = self._compared[rows]
        for count in np.unique(compared[compared < len(self)]).tolist():
            behind = rows[compared == count]
            best = self._best_of_new(count, behind) if count else self._best_of_all(behind)
            self._best[behind] = np.maximum(self._best[behind], best)
        self._compared[rows] = len(self)
        return self._best[rows]

    def _best_of_new(self, count: int, rows: Rows) -> Matrix:
        """Compare rows with all known ones but the first ``count``."""
        best: Matrix = coverage(self._at(np.arange(count, len(self))), self.shown(rows)).max(0)
        return best

    def _best_of_all(self, rows: Rows) -> Matrix:
        alike, found = self._index.nearest(self._pool.vectors[rows], 1)
        if not self._by_looks:
            return likeness(np.clip(alike[:, 0], -1, 1))
        best = np.empty(len(rows), np.float32)
        for start in range(0, len(rows), _BLOCK):
            part = slice(start, start + _BLOCK)
            near = self._at(np.unique(found[part][found[part] >= 0]))
            best[part] = coverage(near, self.shown(rows[part])).max(0, initial=0)
        return best

    def _at(self, places: Rows) -> Shown:
        return self._compared_by(self.vectors[places], [self._names[place] for place in places.tolist()])

    def _compared_by(self, vectors: Vectors, ids: Sequence[str]) -> Shown:
        looks = (self.looks(ids) or {}) if self._by_looks else {}
        return Shown(vectors, [looks.get(id) for id in ids])

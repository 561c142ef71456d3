"""Whether a photo shows its bay the wrong way round, as the front cameras of phones do."""

import numpy as np

from vision.bays.facings import Facings
from vision.bays.slots import Slots

_LEAST_PAIRS = 6
_WRONG = 0.75  # share of pairs the wrong way round


def is_mirrored(facings: Facings, slots: Slots, shelves: dict[int, int]) -> bool:
    """Tell whether most products stand on the wrong side of most others of their shelf."""
    right = wrong = 0
    for row, number in shelves.items():
        here = np.flatnonzero((facings.rows == row) & facings.sure)
        middles: dict[int, float] = {}
        for slot in np.flatnonzero(slots.shelves == number).tolist():
            mine = here[facings.best[here] == slots.columns[slot]]
            if len(mine):
                middles[slot] = float(np.median(facings.middles[mine]))
        order = sorted(middles, key=lambda slot: float(slots.lefts[slot]))
        seen = np.array([middles[slot] for slot in order])
        later = np.sign(seen - seen[:, None])[np.triu_indices(len(seen), 1)]
        right, wrong = right + int((later > 0).sum()), wrong + int((later < 0).sum())
    return right + wrong >= _LEAST_PAIRS and wrong > _WRONG * (right + wrong)

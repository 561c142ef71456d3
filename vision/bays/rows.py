"""Which shelf of the planogram each shelf in a photo is.

A photo may show a part of a bay, shelves of which nothing is left, or a shelf too many. So only the order is certain:
the photo's shelves are aligned with the planogram's from the top as sequences are (Needleman and Wunsch, 1970), by how
many of a shelf's planned facings stand on it, wherever on it they stand, and by how many shelves follow as planned:
where most has been moved, that alone tells.
"""

from collections.abc import Mapping

import numpy as np

from vision.bays.facings import Facings
from vision.bays.slots import Slots
from vision.perspective import Numbers

# Facings that it is worth if something is planned for a shelf, and if it follows another one as planned.
_PLANNED, _STEADY = 0.5, 1.5
_TIDY = 0.98  # the greatest share of facings on their shelves that is believed


def shelves_of(facings: Facings, slots: Slots, bases: Mapping[int, float]) -> dict[int, int]:
    """Return the number of the planogram's shelf by the photo's shelf; those that match none are left out.

    Args:
        facings: of the photo.
        slots: of the planogram.
        bases: its shelves by number, those without a position too.
    """
    numbers = np.array(sorted(bases))
    rows = np.unique(facings.rows)
    if not len(rows):
        return {}
    asked = np.zeros((len(numbers), facings.chances.shape[1]))
    np.add.at(asked, (np.searchsorted(numbers, slots.shelves), slots.columns), slots.facings)
    shown = np.stack([facings.chances[facings.rows == row].sum(0) for row in rows])
    found = np.minimum(shown[:, None], asked).sum(2)
    worth = _worth(found, float(np.minimum(shown.sum(0), asked.sum(0)).sum()))
    pairs = _aligned(found * worth + _PLANNED * (asked.sum(1) > 0), rows.tolist(), numbers.tolist())
    return {int(rows[row]): int(numbers[shelf]) for row, shelf in pairs}


def _worth(found: Numbers, planned: float) -> float:
    """Return how much each facing on its planned shelf says: all the less the more of them are elsewhere anyhow.

    That is the logarithm of how much likelier a facing is on its shelf than on any one other, relative to its value
    where nine in ten are.
    """
    pairs = _aligned(found, list(range(len(found))), list(range(found.shape[1])))
    others = max(found.shape[1] - 1, 1)
    share = min(sum(float(found[pair]) for pair in pairs) / max(planned, 1e-9), _TIDY)
    return max(float(np.log(share * others / (1 - share) + 1e-9) / np.log(0.9 * others / 0.1)), 0.0)


def _aligned(gains: Numbers, rows: list[int], numbers: list[int]) -> list[tuple[int, int]]:
    """Return the pairs, ascending in both, that are worth the most."""
    best = gains.copy()
    before: dict[tuple[int, int], tuple[int, int]] = {}
    for row in range(len(rows)):
        for shelf in range(len(numbers)):
            for r in range(row):
                for s in range(shelf):
                    steady = rows[row] - rows[r] == numbers[shelf] - numbers[s]
                    worth = best[r, s] + gains[row, shelf] + (_STEADY if steady else 0)
                    if worth > best[row, shelf]:
                        best[row, shelf], before[row, shelf] = worth, (r, s)
    at: tuple[int, int] | None = (int(best.argmax() // len(numbers)), int(best.argmax() % len(numbers)))
    pairs = []
    while at is not None:
        pairs.append(at)
        at = before.get(at)
    return pairs[::-1]

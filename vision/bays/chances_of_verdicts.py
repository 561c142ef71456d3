"""How likely each verdict on a position is, from all that its facings might show instead.

Each facing is taken for itself (a noisy or; Pearl, 1988): a position is correct unless none of the facings in its place
shows its product; out of stock if no facing at all shows it, and the place is seen to be empty.
"""

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from retail.compliance import Verdict
from vision.bays.alignment import NO_SLOT
from vision.bays.placing import Placed
from vision.bays.slots import Slots
from vision.bays.standing import Standing
from vision.perspective import Numbers

OUT_OF_VIEW: Mapping[Verdict, float] = {  # what is known of a place that no photo shows
    Verdict.CORRECT: 0.8,
    Verdict.WRONG_POSITION: 0.03,
    Verdict.WRONG_SHELF: 0.02,
    Verdict.OUT_OF_STOCK: 0.15,
}
# Chance that a product stands in its place although no facing of it is found: behind a hand, or missed.
_UNSEEN_IN_GAP, _UNSEEN, _UNSEEN_IN_HOLE = 0.02, 0.1, 0.85
_GAP = 0.3  # share of a slot, from which a gap in it tells that it is empty
_BESIDE = 1.0  # pitches, how far around a slot whatever hides it reaches


def verdict_chances(
    slots: Slots, standing: Standing, placed: Placed, shown: NDArray[np.bool_], emptied: Numbers
) -> list[dict[Verdict, float]]:
    """Return the chances of CORRECT, WRONG_POSITION, WRONG_SHELF and OUT_OF_STOCK for each of k slots.

    Args:
        slots: of the planogram.
        standing: the bay's n facings.
        placed: what they stand for.
        shown: (k,) whether a photo shows the slot.
        emptied: (k,) which share of the slot gaps make up.
    """
    unseen = _unseen(slots, standing, emptied)
    return [
        _chances(slot, slots, standing, placed, seen, chance)
        for slot, (seen, chance) in enumerate(zip(shown.tolist(), unseen.tolist(), strict=True))
    ]


def _chances(
    slot: int, slots: Slots, standing: Standing, placed: Placed, shown: bool, unseen: float
) -> dict[Verdict, float]:
    column, on_shelf = slots.columns[slot], standing.shelves == slots.shelves[slot]
    given_here = placed.slots == slot
    for_another = (placed.slots != NO_SLOT) & ~given_here & (slots.columns[placed.slots] == column)
    shows = np.where(for_another, 0.0, placed.posteriors[:, column])
    there = np.where(given_here, placed.in_place, placed.near[:, slot])
    absent = float(np.prod(1 - shows * there))
    not_beside = float(np.prod(1 - (shows * (1 - there))[on_shelf]))
    not_elsewhere = float(np.prod(1 - shows[~on_shelf]))
    nowhere = absent * not_beside * not_elsewhere
    rest = {verdict: nowhere * chance for verdict, chance in OUT_OF_VIEW.items()}
    if shown:
        rest = {Verdict.CORRECT: nowhere * unseen, Verdict.OUT_OF_STOCK: nowhere * (1 - unseen)}
    found = {
        Verdict.CORRECT: 1 - absent,
        Verdict.WRONG_POSITION: absent * (1 - not_beside),
        Verdict.WRONG_SHELF: absent * not_beside * (1 - not_elsewhere),
        Verdict.OUT_OF_STOCK: 0.0,
    }
    return {verdict: chance + rest.get(verdict, 0.0) for verdict, chance in found.items()}


def _unseen(slots: Slots, standing: Standing, emptied: Numbers) -> Numbers:
    """Return the chance that what stands in a slot (k,) is not found: greater amid others in which nothing is."""
    seen_into = filled_slots(slots, standing) | (emptied > _GAP)
    around = _around(slots)
    blind = (around & ~seen_into).sum(1) / np.maximum(around.sum(1), 1)
    chances: Numbers = _UNSEEN + (_UNSEEN_IN_HOLE - _UNSEEN) * blind
    return np.where(seen_into, _UNSEEN_IN_GAP, chances)


def filled_slots(slots: Slots, standing: Standing) -> NDArray[np.bool_]:
    """Return in which slots (k,) anything stands."""
    inside = (standing.x[:, None] > slots.lefts) & (standing.x[:, None] < slots.rights)
    filled: NDArray[np.bool_] = (inside & (standing.shelves[:, None] == slots.shelves)).any(0)
    return filled


def _around(slots: Slots) -> NDArray[np.bool_]:
    """Return which slots are neighbours of each, (k, k): beside it, or above or below."""
    reach = _BESIDE * slots.pitches[:, None]
    across = (slots.lefts < slots.rights[:, None] + reach) & (slots.rights > slots.lefts[:, None] - reach)
    near: NDArray[np.bool_] = across & (np.abs(slots.shelves - slots.shelves[:, None]) <= 1)
    np.fill_diagonal(near, False)
    return near

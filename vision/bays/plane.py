"""Where the planogram lies in a photo: the plane of the shelf's front, seen through a homography.

`RowPerspective` says how level lines run. Straightened by it, u' = u / (1 + fan u), a shelf is seen undistorted along
its length: u' (1 + p v + q x) = a x + b v + c, with v the shelf's level, p the camera's pitch and q what the estimate
of the fan left over, both small. Facings that show a planned product on its planned shelf are fitted to it with a loss
under which those that were moved count little (Cauchy's). Which shelf lies how high is read off the photo itself.
"""

from dataclasses import dataclass, replace

import numpy as np
import scipy
from numpy.typing import NDArray

from vision.bays.alignment import aligned
from vision.bays.facings import Facings, Rows
from vision.bays.slots import Slots
from vision.perspective import Numbers

NO_SHELF = 0
_NEAR = 0.35  # of the distance between shelves, within which a foot is on the level of one
_AGREED = 0.6  # facings' widths from where it should be, within which one agrees
_LEAST_ANCHORS, _LEAST_AGREED = 2, 0.35
# How much of what shows a planned product must stand on its shelf and in order: a share of it, or so many facings.
_LEAST_PLANNED, _ENOUGH = 0.3, 8
_ENOUGH_FULL = 4  # stacks of full slots, from which they alone tell where the planogram roughly lies
# Facings' widths, from which the loss grows ever slower: first trust all, then those that agree.
_SCALES = (1.0, 0.4, 0.2)
# How far b, p and q are from 0 as a rule, over half a photo or a whole bay.
_USUAL = np.array([0.2, 0.15, 0.15])


@dataclass(frozen=True, slots=True, eq=False)
class BayPlane:
    """How x along the bay and the level v of a shelf become u along the photo's plane.

    Attributes:
        terms: a, b, c, p and q.
        fan: of the photo's `RowPerspective`.
        levels: v of each of the planogram's shelves by its number, those not seen too.
        fitted: whether what stands as planned told; False where the bay is just taken to be what the photo shows.
    """

    terms: Numbers
    fan: float
    levels: dict[int, float]
    fitted: bool

    def across(self, x: Numbers, levels: Numbers) -> Numbers:
        """Return u of x (n,) on shelves at levels (n,)."""
        straight = _straight(self.terms, x, levels)
        return straight / np.maximum(1 - self.fan * straight, 1e-3)

    def along(self, u: Numbers, levels: Numbers) -> Numbers:
        """Return x of u (n,) at levels (n,)."""
        a, b, c, p, q = self.terms
        straight = _straightened(u, self.fan)
        slope = a - q * straight
        slope = np.where(np.abs(slope) < 1e-9, 1e-9, slope)
        x: Numbers = (straight * (1 + p * levels) - b * levels - c) / slope
        return x

    def placed(self, things: Numbers, shelves: Rows) -> tuple[Numbers, Numbers, Numbers]:
        """Return of things (n, 4) in the plane, on these shelves, x, width and how high they stand in own heights."""
        levels = np.array([self.levels.get(number, np.nan) for number in shelves.tolist()])
        levels = np.where(np.isnan(levels), things[:, 3], levels)
        lefts, rights = self.along(things[:, 0], levels), self.along(things[:, 1], levels)
        raised = (levels - things[:, 3]) / np.maximum(things[:, 3] - things[:, 2], 1)
        return self.along(things[:, :2].mean(1), levels), np.maximum(rights - lefts, 1e-6), raised

    def shelves_at(self, things: Numbers) -> Rows:
        """Return the shelf on whose level each of things (n, 4) stands, NO_SHELF where none is near."""
        if not self.levels or not len(things):
            return np.full(len(things), NO_SHELF)
        numbers, levels = np.array(list(self.levels)), np.array(list(self.levels.values()))
        apart = float(np.min(np.diff(np.sort(levels)))) if len(levels) > 1 else np.inf
        away = np.abs(things[:, 3:] - levels)
        near = away.min(1) < min(_NEAR * apart, float(np.median(things[:, 3] - things[:, 2])) / 2)
        return np.where(near, numbers[away.argmin(1)], NO_SHELF)


def _straightened(u: Numbers, fan: float) -> Numbers:
    straight: Numbers = u / np.maximum(1 + fan * u, 1e-3)
    return straight


def _straight(terms: Numbers, x: Numbers, levels: Numbers) -> Numbers:
    a, b, c, p, q = terms
    straight: Numbers = (a * x + b * levels + c) / np.maximum(1 + p * levels + q * x, 1e-3)
    return straight


def find_plane(facings: Facings, slots: Slots, shelves: dict[int, int], bases: dict[int, float]) -> BayPlane | None:
    """Find the planogram in a photo; None if nothing of it is there.

    Where too little stands as planned to say how the bay lies in the photo, it is taken to be what the photo shows,
    from the first facing to the last.

    Args:
        facings: of the photo.
        slots: of the planogram.
        shelves: the planogram's shelf by the photo's.
        bases: how far below the bay's top its shelves are, in any unit.
    """
    if not shelves:
        return None
    levels = _levels(facings, shelves, bases, np.ones(len(facings), bool))
    stacks = _stacks_in_place(facings, slots, shelves, levels)
    seen = int((facings.sure & np.isin(facings.rows, list(shelves))).sum())
    needed = max(_LEAST_ANCHORS, min(_LEAST_PLANNED * seen, _ENOUGH))
    fan, half = facings.perspective.fan, max(facings.perspective.size) / 2
    anchors = _counted_off(stacks, slots)
    plane, terms = None, None
    if sum(stack.facings for stack in stacks) >= needed:
        for scale in _SCALES:
            terms = _fitted(anchors, fan, half, scale, terms)
            if terms is None:
                break
            # Now that it is better known where the slots are, each stack tells more than the middle of its slot.
            plane = BayPlane(terms, fan, levels, fitted=True)
            anchors = [_snapped(stack, slots, plane) for stack in stacks]
    if plane is None:
        return BayPlane(_spanning(facings, slots, shelves, fan), fan, levels, fitted=False)
    x, _, _ = plane.placed(facings.things, np.array([shelves.get(row, NO_SHELF) for row in facings.rows.tolist()]))
    own = (x > slots.ends[0]) & (x < slots.ends[1])
    return replace(plane, levels=_levels(facings, shelves, bases, own))  # other bays' shelves may be lower or higher


def _spanning(facings: Facings, slots: Slots, shelves: dict[int, int], fan: float) -> Numbers:
    """Return the terms by which the bay reaches from the first facing on its shelves to the last."""
    things = facings.things[np.isin(facings.rows, list(shelves))]
    first, last = _straightened(np.array([things[:, 0].min(), things[:, 1].max()]), fan)
    left, right = float(slots.lefts.min()), float(slots.rights.max())
    slope = max(float(last - first), 1.0) / (right - left)
    return np.array([slope, 0.0, first - slope * left, 0.0, 0.0])


def _levels(
    facings: Facings, shelves: dict[int, int], bases: dict[int, float], own: NDArray[np.bool_]
) -> dict[int, float]:
    """Return the level of every shelf: where the feet of what stands on it are, else as its neighbours tell.

    Args:
        facings: of the photo.
        shelves: the planogram's shelf by the photo's.
        bases: how far below the bay's top the planogram's are, in any unit.
        own: (n,) which facings are the bay's, as far as that is known.
    """
    feet = {number: facings.things[(facings.rows == row) & own, 3] for row, number in shelves.items()}
    # What is stacked stands higher than most.
    seen = {number: float(np.quantile(of_shelf, 0.75)) for number, of_shelf in feet.items() if len(of_shelf)}
    known = sorted(seen, key=bases.__getitem__)
    if not known:
        return {}
    at, levels = np.array([bases[n] for n in known]), np.array([seen[n] for n in known])
    tall = float(np.median(facings.things[:, 3] - facings.things[:, 2])) * 1.25
    if len(known) > 1:
        slope = float(np.polyfit(at, levels, 1)[0])
    else:
        slope = tall / max(float(np.mean(np.diff(sorted(bases.values())))), 1e-6) if len(bases) > 1 else 1.0
    found = {}
    for number, base in bases.items():
        if number in seen:
            found[number] = seen[number]
        elif at[0] < base < at[-1]:
            found[number] = float(np.interp(base, at, levels))
        else:
            end = 0 if base < at[0] else -1
            found[number] = float(levels[end] + slope * (base - at[end]))
    return found


@dataclass(frozen=True, slots=True)
class _Stacks:
    """Facings in a slot: u of each stack from the left, on which level, how wide and how many they are."""

    slot: int
    u: list[float]
    level: float
    width: float
    facings: int


def _stacks_in_place(
    facings: Facings, slots: Slots, shelves: dict[int, int], levels: dict[int, float]
) -> list[_Stacks]:
    """Return what stands on the shelf where it should be, as far as its order tells."""
    found: list[_Stacks] = []
    wide = np.round((slots.rights - slots.lefts) / slots.pitches).astype(np.int64)
    for row, number in shelves.items():
        stacks = _stacks(facings, np.flatnonzero((facings.rows == row) & facings.sure))
        on_shelf = np.flatnonzero(slots.shelves == number)
        on_shelf = on_shelf[np.argsort(slots.lefts[on_shelf], kind="stable")]
        products = [facings.best[stack[0]] for stack in stacks]
        places = aligned(products, slots.columns[on_shelf].tolist(), wide[on_shelf].tolist())
        for place, slot in enumerate(on_shelf.tolist()):
            mine = [stack for stack, at in zip(stacks, places.tolist(), strict=True) if at == place]
            if mine:
                u = [float(np.mean(facings.middles[stack])) for stack in mine]
                width = float(np.mean([facings.widths[stack[0]] for stack in mine]))
                found.append(_Stacks(slot, u, levels[number], width, sum(map(len, mine))))
    return found


def _stacks(facings: Facings, here: Rows) -> list[list[int]]:
    """Return facings that stand on each other, from the left."""
    stacks: list[list[int]] = []
    for facing in here[np.argsort(facings.middles[here], kind="stable")].tolist():
        last = stacks[-1][0] if stacks else None
        near = last is not None and facings.middles[facing] - facings.middles[last] < 0.5 * facings.widths[facing]
        if near and last is not None and facings.best[last] == facings.best[facing]:
            stacks[-1].append(facing)
        else:
            stacks.append([facing])
    return stacks


_Anchors = list[tuple[float, float, float, float]]  # x, u, v and width of what stands where it should


def _counted_off(stacks: list[_Stacks], slots: Slots) -> list[_Anchors]:
    """Pair stacks with where they should be: those of slots that are full, else their middle with the slot's.

    Where enough slots are full, the others say nothing yet: the photo's side may have cut them off.
    """
    found, full = [], []
    for of_slot in stacks:
        left, right, pitch = slots.lefts[of_slot.slot], slots.rights[of_slot.slot], slots.pitches[of_slot.slot]
        if len(of_slot.u) == round((right - left) / pitch):
            each = [(left + (i + 0.5) * pitch, u, of_slot.level, of_slot.width) for i, u in enumerate(of_slot.u)]
            full.append(each)
        else:
            each = [((left + right) / 2, float(np.mean(of_slot.u)), of_slot.level, of_slot.width)]
        found.append(each)
    return full if sum(map(len, full)) >= _ENOUGH_FULL else found


def _snapped(stacks: _Stacks, slots: Slots, plane: BayPlane) -> _Anchors:
    """Pair each stack with the place in its slot that is nearest."""
    left, pitch = slots.lefts[stacks.slot], slots.pitches[stacks.slot]
    wide = round((slots.rights[stacks.slot] - left) / pitch)
    u = np.array(stacks.u)
    x = plane.along(u, np.full(len(u), stacks.level))
    places = np.clip(np.round((x - left) / pitch - 0.5), 0, wide - 1)
    targets = left + (places + 0.5) * pitch
    return [(float(at), float(one), stacks.level, stacks.width) for at, one in zip(targets, u, strict=True)]


def _fitted(anchors: list[_Anchors], fan: float, half: float, scale: float, start: Numbers | None) -> Numbers | None:
    """Return the terms on which most anchors agree, None where too few do; `start` are roughly they."""
    x, u, v, widths = np.array([one for of_slot in anchors for one in of_slot], np.float64).reshape(-1, 4).T
    if len(x) < _LEAST_ANCHORS or np.ptp(x) <= 0:
        return None
    straight = _straightened(u, fan)
    if start is None:
        slope, offset = (float(term) for term in scipy.stats.theilslopes(straight, x)[:2])
        if slope <= 0:
            return None
        start = np.array([slope, 0.0, offset, 0.0, 0.0])
    # In units in which all terms are of one size: halves of the photo, and the bay's length where it is seen.
    units = np.array([start[0], 1.0, half, 1 / half, start[0] / half])
    prior = np.zeros((3, 5))
    prior[[0, 1, 2], [1, 3, 4]] = 1 / _USUAL

    def off(terms: Numbers) -> Numbers:
        return np.concatenate([(_straight(terms * units, x, v) - straight) / widths, prior @ terms])

    def slopes(terms: Numbers) -> Numbers:
        depth = np.maximum(1 + terms[3] * units[3] * v + terms[4] * units[4] * x, 1e-3)
        there = _straight(terms * units, x, v)
        by_term = np.column_stack([x, v, np.ones(len(x)), -there * v, -there * x]) / (depth * widths)[:, None]
        return np.vstack([by_term * units, prior])

    found = scipy.optimize.least_squares(off, start / units, jac=slopes, loss="cauchy", f_scale=scale, max_nfev=20)
    agreed = np.abs(off(found.x)[: len(x)]) < _AGREED
    terms: Numbers = found.x * units
    return terms if terms[0] > 0 and agreed.mean() >= _LEAST_AGREED else None

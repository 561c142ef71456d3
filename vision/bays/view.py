"""What one photo shows of a bay."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retail.boxes import DetectionKind
from retail.compliance import SeenSpot, Sighting
from retail.planograms import Planogram
from vision.bays.facings import Facings, Rows, facings_of, planned
from vision.bays.mirrored import is_mirrored
from vision.bays.photo import BayPhoto
from vision.bays.plane import NO_SHELF, BayPlane, find_plane
from vision.bays.rows import shelves_of
from vision.bays.slots import Slots
from vision.bays.standing import Standing, standing_in
from vision.perspective import Numbers

_MARGIN = 0.1  # of a slot's sides, which may lie outside of the photo
_TAG_BELOW = 0.35  # of the usual height of a facing, up to which a tag hangs below its shelf's level


@dataclass(frozen=True, slots=True, eq=False)
class View:
    """What one photo shows of a bay.

    Attributes:
        number: of the photo among the bay's.
        plane: where the planogram lies in it; None where too little is recognised.
        shelves: the planogram's shelf by the photo's.
        standing: the bay's facings.
        mirrored: whether the photo came the wrong way round; `photo` is turned back.
    """

    number: int
    photo: BayPhoto
    facings: Facings
    slots: Slots
    plane: BayPlane | None
    shelves: dict[int, int]
    standing: Standing
    mirrored: bool

    def shows(self) -> NDArray[np.bool_]:
        """Return which slots (k,) lie in the photo all but wholly."""
        margins = _MARGIN * (self.slots.rights - self.slots.lefts)
        return self.covers(self.slots.shelves, self.slots.lefts + margins, self.slots.rights - margins)

    def covers(self, shelves: Rows, lefts: Numbers, rights: Numbers) -> NDArray[np.bool_]:
        """Return whether the photo reaches from the left to the right of stretches (n,) of shelves."""
        plane = self.plane
        if plane is None:
            return np.zeros(len(shelves), bool)
        levels = np.array([plane.levels.get(number, np.nan) for number in shelves.tolist()], np.float64)
        inside: NDArray[np.bool_] = np.isfinite(levels)
        levels, tall = np.where(inside, levels, 0.0), self._tall()
        for x in (lefts, rights):
            u = plane.across(x, levels)
            for v in (levels - _MARGIN * tall, levels - (1 - _MARGIN) * tall):
                points = self.facings.perspective.to_photo(np.column_stack([u, v]))
                inside &= ((points >= 0) & (points <= np.array(self.photo.size))).all(1)
        return inside

    def gaps(self) -> tuple[list[SeenSpot], Numbers]:
        """Return the gaps of the bay, and which share of each slot (k,) they make up."""
        rows, things = self._things(DetectionKind.GAP)
        if self.plane is None:
            return [], np.zeros(len(self.slots.shelves))
        shelves = self.plane.shelves_at(things)
        x, widths, _ = self.plane.placed(things, shelves)
        overlaps = self._overlaps(shelves, x - widths / 2, x + widths / 2)
        return self._spots(rows, shelves, overlaps), np.minimum(overlaps.sum(0), 1)

    def tags(self) -> tuple[list[SeenSpot], Rows]:
        """Return the tags of the bay, and the slot of each."""
        rows, things = self._things(DetectionKind.TAG)
        if self.plane is None or not len(rows) or not self.plane.levels:
            return [], np.zeros(0, np.int64)
        numbers, levels = np.array(list(self.plane.levels)), np.array(list(self.plane.levels.values()))
        below, far = (things[:, 2:3] + things[:, 3:]) / 2 - levels, _TAG_BELOW * self._tall()
        fits = np.where((below > -far) & (below < 2 * far), np.abs(below), np.inf)
        shelves = np.where(np.isfinite(fits.min(1)), numbers[fits.argmin(1)], NO_SHELF)
        x, widths, _ = self.plane.placed(things, shelves)
        overlaps = self._overlaps(shelves, x - widths / 2, x + widths / 2)
        kept = np.flatnonzero(overlaps.max(1, initial=0) > 0)
        spots = self._spots(rows[kept], shelves[kept], overlaps[kept])
        return spots, overlaps[kept].argmax(1) if len(kept) else np.zeros(0, np.int64)

    def _things(self, kind: DetectionKind) -> tuple[Rows, Numbers]:
        rows = self.photo.of_kind(kind)
        return rows, self.facings.perspective.upright(self.photo.boxes[rows])

    def _tall(self) -> float:
        return float(np.median(self.facings.things[:, 3] - self.facings.things[:, 2])) if len(self.facings) else 0.0

    def _overlaps(self, shelves: Rows, lefts: Numbers, rights: Numbers) -> Numbers:
        """Return which share of each slot each stretch of a shelf covers, (n, k)."""
        slots = self.slots
        shared = np.minimum(rights[:, None], slots.rights) - np.maximum(lefts[:, None], slots.lefts)
        on_shelf = shelves[:, None] == slots.shelves
        covered: Numbers = np.where(on_shelf, np.maximum(shared, 0), 0) / (slots.rights - slots.lefts)
        return covered

    def _spots(self, rows: Rows, shelves: Rows, overlaps: Numbers) -> list[SeenSpot]:
        slot = overlaps.argmax(1)
        return [
            SeenSpot(
                Sighting(self.number, int(rows[place])),
                int(shelves[place]),
                self.slots.positions[slot[place]],
            )
            for place in range(len(rows))
            if overlaps[place, slot[place]] > 0
        ]


def view_of(photo: BayPhoto, planogram: Planogram, slots: Slots, facings: Facings, number: int) -> View:
    """Find the planogram in a photo, the `number`-th of the bay's, and what of the bay stands in it."""
    bases = _bases(planogram)
    shelves = shelves_of(facings, slots, bases)
    mirrored = is_mirrored(facings, slots, shelves)
    if mirrored:
        photo = photo.turned_back()
        facings = facings_of(photo, planned(planogram))
        shelves = shelves_of(facings, slots, bases)
    plane = find_plane(facings, slots, shelves, bases)
    standing = standing_in(facings, slots, shelves, plane, number)
    return View(number, photo, facings, slots, plane, shelves, standing, mirrored)


def _bases(planogram: Planogram) -> dict[int, float]:
    measured = {shelf.number: shelf.base for shelf in planogram.shelves}
    if all(number in measured for number in planogram.by_shelf):
        return measured
    return {number: float(number) for number in planogram.by_shelf}

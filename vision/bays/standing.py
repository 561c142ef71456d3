"""The facings of a bay, in the planogram's own measures."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from retail.compliance import Sighting
from retail.gtin import Gtin
from vision.bays.facings import Facings, Rows
from vision.bays.plane import NO_SHELF, BayPlane
from vision.bays.slots import Slots
from vision.perspective import Numbers

# Heights of a facing: how near to a shelf its foot is if it stands there, and how far above or below if it does not.
_ON, _HIGH, _LOW = 0.25, 0.8, 0.5
_TOUCHING, _OVER = 0.3, 0.4  # heights between a facing and what it is stacked on, and share of its width that is above
_OTHER = 0.8  # chance that a facing shows nothing planned, from which it is taken for such a one
# Facings' widths: how far the middle of one of the bay's may be seen beyond the bay's end, and must be within it.
_PLANNED_OVER, _OTHERS_WITHIN = 0.2, 0.3


@dataclass(frozen=True, slots=True, eq=False)
class Standing:
    """n facings of a bay beside a planogram of m products.

    Attributes:
        sightings: of each where it is seen, the clearest first.
        shelves: (n,) the planogram's shelf that each stands on, NO_SHELF for none of them.
        x: (n,) where the middle of each is along the bay, as the slots measure it.
        widths: (n,) in the same measure.
        raised: (n,) how high above its shelf each stands, in its own heights: 1 for the second one of a stack.
        chances: (n, m) of showing each planned product.
        others: (n,) of showing another one or none that is known.
        others_best: (n,) of the likeliest other one.
        confidences: (n,) that there is a facing at all.
    """

    sightings: tuple[tuple[Sighting, ...], ...]
    shelves: Rows
    x: Numbers
    widths: Numbers
    raised: Numbers
    chances: Numbers
    others: Numbers
    others_best: tuple[Gtin | None, ...]
    confidences: Numbers

    def __len__(self) -> int:
        return len(self.x)

    def keep(self, rows: Rows) -> "Standing":
        """Return some of the facings, in this order."""
        return Standing(
            sightings=tuple(self.sightings[row] for row in rows.tolist()),
            shelves=self.shelves[rows],
            x=self.x[rows],
            widths=self.widths[rows],
            raised=self.raised[rows],
            chances=self.chances[rows],
            others=self.others[rows],
            others_best=tuple(self.others_best[row] for row in rows.tolist()),
            confidences=self.confidences[rows],
        )


def standing_in(
    facings: Facings, slots: Slots, shelves: dict[int, int], plane: BayPlane | None, photo: int
) -> Standing:
    """Return what of the bay stands in its `photo`-th photo, by the planogram's shelf of each of the photo's."""
    on = np.array([shelves.get(row, NO_SHELF) for row in facings.rows.tolist()], np.int64)
    if plane is None:
        x, widths, raised = facings.middles, facings.widths, np.zeros(len(facings))
        inside = np.zeros(len(facings), bool)
    else:
        on = _stood(facings, plane, on)
        x, widths, raised = plane.placed(facings.things, on)
        inside = _in_bay(facings, slots, x, widths)
    everything = Standing(
        sightings=tuple((Sighting(photo, row),) for row in facings.detections.tolist()),
        shelves=on,
        x=x,
        widths=widths,
        raised=raised,
        chances=facings.chances,
        others=facings.others,
        others_best=facings.others_best,
        confidences=facings.confidences,
    )
    return everything.keep(np.flatnonzero(inside))


def _stood(facings: Facings, plane: BayPlane, on: Rows) -> Rows:
    """Return the shelf of each facing: its row's, unless it hangs in the air there and stands right on another one."""
    things, level = facings.things, plane.shelves_at(facings.things)
    _, _, raised = plane.placed(things, on)
    heights = things[:, 3] - things[:, 2]
    off = np.abs(things[:, 3] - np.array([plane.levels.get(number, np.inf) for number in level.tolist()]))
    airborne = ((raised > _HIGH) & ~_stacked(things)) | (raised < -_LOW)
    return np.where((on == NO_SHELF) | (airborne & (off < _ON * heights)), level, on)


def _stacked(things: Numbers) -> NDArray[np.bool_]:
    """Return which things (n, 4) have another one right below them."""
    heights = np.maximum(things[:, 3] - things[:, 2], 1)
    shared = np.minimum(things[:, 1:2], things[:, 1]) - np.maximum(things[:, :1], things[:, 0])
    below = np.abs(things[:, 2] - things[:, 3:]) < _TOUCHING * heights[:, None]
    over = shared > _OVER * (things[:, 1:2] - things[:, :1])
    return np.asarray((below & over).any(1))


def _in_bay(facings: Facings, slots: Slots, x: Numbers, widths: Numbers) -> NDArray[np.bool_]:
    """Return what stands between the bay's ends; what is hardly planned there must do so almost wholly, amid slots."""
    likely = facings.others < _OTHER
    left = np.where(likely, slots.ends[0] - _PLANNED_OVER * widths, slots.lefts.min() + _OTHERS_WITHIN * widths)
    right = np.where(likely, slots.ends[1] + _PLANNED_OVER * widths, slots.rights.max() - _OTHERS_WITHIN * widths)
    inside: NDArray[np.bool_] = (x > left) & (x < right)
    return inside

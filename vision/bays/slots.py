"""Where along its shelf each position of a planogram lies."""

from dataclasses import dataclass

import numpy as np

from retail.planograms import Planogram, Position
from vision.bays.facings import Facings, Rows
from vision.perspective import Numbers

_PLAUSIBLE = (0.25, 4.0)  # widths of a product's facings, in usual ones


@dataclass(frozen=True, slots=True, eq=False)
class Slots:
    """The k positions of a planogram in its order.

    Attributes:
        positions: they themselves.
        columns: (k,) their products among the planned ones.
        shelves: (k,) the numbers of their shelves.
        lefts: (k,) in cm where the planogram has measures, else in widths of a usual facing.
        rights: (k,)
        pitches: (k,) width that each facing has.
        facings: (k,) how many are planned.
        ends: where the bay begins and ends.
        measured: whether the planogram says so.
    """

    positions: tuple[Position, ...]
    columns: Rows
    shelves: Rows
    lefts: Numbers
    rights: Numbers
    pitches: Numbers
    facings: Rows
    ends: tuple[float, float]
    measured: bool


def slots_of(planogram: Planogram, facings: Facings) -> Slots:
    """Return where the positions lie; without measures, as wide as their products' facings look."""
    positions = planogram.positions
    gtins = {gtin: column for column, gtin in enumerate(sorted(planogram.gtins))}
    columns = np.array([gtins[position.gtin] for position in positions], np.int64)
    shelves = np.array([position.shelf for position in positions], np.int64)
    wide = np.array([position.wide for position in positions], np.float64)
    measured = all(position.x is not None for position in positions)
    if measured:
        lefts = np.array([position.x for position in positions], np.float64)
        widths = np.array([position.width for position in positions], np.float64)
    else:
        widths = wide * _usual_widths(facings, len(gtins))[columns]
        lefts, widths = _side_by_side(planogram, widths)
    rights = lefts + widths
    ends = (min(0.0, float(lefts.min())), max(planogram.width or 0.0, float(rights.max())))
    counts = np.array([position.facings for position in positions], np.int64)
    return Slots(positions, columns, shelves, lefts, rights, widths / wide, counts, ends, measured)


def _usual_widths(facings: Facings, products: int) -> Numbers:
    """Return how wide the facings of each product are, (m,) in usual ones."""
    widths = np.ones(products)
    if not len(facings):
        return widths
    usual = float(np.median(facings.widths))
    shown = np.where(facings.sure, facings.best, -1)
    for column in np.unique(shown[shown >= 0]).tolist():
        widths[column] = np.clip(np.median(facings.widths[shown == column]) / usual, *_PLAUSIBLE)
    return widths


def _side_by_side(planogram: Planogram, widths: Numbers) -> tuple[Numbers, Numbers]:
    """Lay positions of widths (k,) side by side on each shelf; all shelves end where the widest one does."""
    rows = {position: row for row, position in enumerate(planogram.positions)}
    shelves = [[rows[position] for position in shelf] for shelf in planogram.by_shelf.values()]
    longest = max(widths[shelf].sum() for shelf in shelves)
    lefts, stretched = np.zeros(len(widths)), widths.copy()
    for shelf in shelves:
        stretched[shelf] = widths[shelf] * longest / widths[shelf].sum()
        lefts[shelf] = np.cumsum(stretched[shelf]) - stretched[shelf]
    return lefts, stretched

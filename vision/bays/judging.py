"""What became of every position of a planogram, and of every facing of its bay."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from retail.compliance import Compliance, PositionVerdict, SeenFacing, SeenSpot, Verdict
from retail.planograms import Planogram
from vision.bays.alignment import NO_SLOT
from vision.bays.chances_of_verdicts import OUT_OF_VIEW, filled_slots, verdict_chances
from vision.bays.facings import facings_of, planned
from vision.bays.overlaps import joined
from vision.bays.photo import BayPhoto
from vision.bays.placing import Placed, place
from vision.bays.plane import NO_SHELF
from vision.bays.slots import Slots, slots_of
from vision.bays.standing import Standing
from vision.bays.view import View, view_of

LEAST = 0.5  # probability of a verdict, below which it is undecided
_OF_THIS_BAY = 0.4  # chance that what is not planned is the bay's, where nobody knows where the bay ends
_LEAST_NAMED = 4  # facings with a name, from which a planogram can be told to be the wrong one
_LIKE = 0.12  # share of them that is planned in a bay that is the right one
# Shares of the positions in view: those in their place, or found anywhere, in a bay that is the right one.
_KEPT, _FOUND = 0.2, 0.75


def judge(planogram: Planogram, photos: Sequence[BayPhoto], least: float = LEAST) -> Compliance:
    """Judge a bay by photos of one visit.

    Args:
        planogram: the bay's.
        photos: one at least; they may overlap and show parts of the bay and of its neighbours. Where two show the same
            place, the earlier one in this order says what stands there.
        least: probability of a verdict, below which it is undecided.

    Raises:
        ValueError: without a photo, or for a planogram without positions.
    """
    if not photos or not planogram.positions:
        raise ValueError(f"{len(photos)} photos, {len(planogram.positions)} positions: expected one of each at least")
    views = _views(planogram, photos)
    slots, standing = views[0].slots, joined(views)
    likeness, named = _likeness(views)
    if named >= _LEAST_NAMED and likeness < _LIKE:
        return _misfit(planogram, likeness)
    planes = [view.plane for view in views if view.plane is not None]
    measured = bool(planes) and all(plane.fitted for plane in planes)
    placed = place(standing, slots, measured)
    gaps, emptied = _gaps(views)
    positions = _position_verdicts(slots, standing, placed, views, emptied, least)
    if named >= _LEAST_NAMED and not _kept_or_found(positions):
        return _misfit(planogram, likeness)
    return Compliance(
        planogram=planogram,
        positions=positions,
        facings=tuple(_seen_facing(slots, standing, placed, row, measured, least) for row in range(len(standing))),
        gaps=gaps,
        bare_tags=_bare_tags(views, standing),
        likeness=likeness,
        mirrored=any(view.mirrored for view in views),
    )


def _views(planogram: Planogram, photos: Sequence[BayPhoto]) -> list[View]:
    """Return what each photo shows of the bay."""
    gtins = planned(planogram)
    seen = [facings_of(photo, gtins) for photo in photos]
    slots = slots_of(planogram, max(seen, key=len))
    return [
        view_of(photo, planogram, slots, facings, number)
        for number, (photo, facings) in enumerate(zip(photos, seen, strict=True))
    ]


def _likeness(views: Sequence[View]) -> tuple[float, int]:
    """Return the share of the bay's facings with a name whose product is planned, and how many have a name."""
    planned_ones = other_ones = 0
    for view in views:
        own = np.isin(view.facings.detections, [seen[0].row for seen in view.standing.sightings])
        planned_ones += int((view.facings.sure & own).sum())
        other_ones += int((view.facings.named_otherwise & own).sum())
    named = planned_ones + other_ones
    return (planned_ones / named if named else 1.0), named


def _kept_or_found(positions: Sequence[PositionVerdict]) -> bool:
    """Tell whether enough of the planogram is in its place, or nearly all of it somewhere: stores share products."""
    shown = [one.chances for one in positions if one.in_view]
    if len(shown) < _LEAST_NAMED:
        return True
    kept = float(np.mean([chances[Verdict.CORRECT] for chances in shown]))
    found = float(np.mean([1 - chances[Verdict.OUT_OF_STOCK] for chances in shown]))
    return kept >= _KEPT or found >= _FOUND


def _misfit(planogram: Planogram, likeness: float) -> Compliance:
    probability = max(OUT_OF_VIEW.values())
    verdicts = tuple(
        PositionVerdict(position, Verdict.UNDECIDED, probability, OUT_OF_VIEW, in_view=False)
        for position in planogram.positions
    )
    return Compliance(planogram, verdicts, (), likeness=likeness, fits=False)


def _position_verdicts(
    slots: Slots,
    standing: Standing,
    placed: Placed,
    views: Sequence[View],
    emptied: NDArray[np.float64],
    least: float,
) -> tuple[PositionVerdict, ...]:
    shown = np.any([view.shows() for view in views], axis=0)
    chances = verdict_chances(slots, standing, placed, shown, emptied)
    verdicts = []
    for slot, position in enumerate(slots.positions):
        likeliest = max(chances[slot], key=chances[slot].__getitem__)
        probability = chances[slot][likeliest]
        mine = placed.slots == slot
        # What is not seen may well be there; that is no verdict.
        seen = bool(mine.any() or (shown[slot] and likeliest is not Verdict.CORRECT))
        verdicts.append(
            PositionVerdict(
                position=position,
                verdict=likeliest if probability >= least and seen else Verdict.UNDECIDED,
                probability=probability,
                chances=chances[slot],
                in_view=bool(shown[slot]),
                facings=tuple(np.flatnonzero(mine & placed.in_place).tolist()),
                elsewhere=tuple(np.flatnonzero(mine & ~placed.in_place).tolist()),
            )
        )
    return tuple(verdicts)


def _seen_facing(
    slots: Slots, standing: Standing, placed: Placed, row: int, measured: bool, least: float
) -> SeenFacing:
    slot, shelf = int(placed.slots[row]), int(standing.shelves[row])
    sightings, on = standing.sightings[row], None if shelf == NO_SHELF else shelf
    if slot == NO_SLOT:
        chance = float(placed.others[row] * standing.confidences[row]) * (1.0 if measured else _OF_THIS_BAY)
        verdict = Verdict.UNEXPECTED if chance >= least else Verdict.UNDECIDED
        return SeenFacing(sightings, on, standing.others_best[row], chance, verdict, None)
    position, chance = slots.positions[slot], float(placed.posteriors[row, slots.columns[slot]])
    verdict = Verdict.WRONG_POSITION if shelf == position.shelf else Verdict.WRONG_SHELF
    verdict = Verdict.CORRECT if placed.in_place[row] else verdict
    return SeenFacing(sightings, on, position.gtin, chance, verdict if chance >= least else Verdict.UNDECIDED, position)


def _gaps(views: Sequence[View]) -> tuple[tuple[SeenSpot, ...], NDArray[np.float64]]:
    """Return the gaps of all photos, and which share of each slot (k,) they make up."""
    found = [view.gaps() for view in views]
    return tuple(spot for spots, _ in found for spot in spots), np.max([shares for _, shares in found], axis=0)


def _bare_tags(views: Sequence[View], standing: Standing) -> tuple[SeenSpot, ...]:
    """Return the tags of slots in which nothing stands."""
    slots = views[0].slots
    filled = filled_slots(slots, standing)
    found = [view.tags() for view in views]
    return tuple(spot for spots, of in found for spot, slot in zip(spots, of.tolist(), strict=True) if not filled[slot])

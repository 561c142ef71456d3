"""The photos of one visit to a bay, judged together."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import prod

from retail.compliance import Compliance, PositionVerdict
from retail.planograms import Planogram
from vision.bays.judging import judge
from vision.bays.photo import BayPhoto

Slot = tuple[int, int]  # shelf, slot


@dataclass(frozen=True, slots=True)
class Nearby:
    """A capture of the same bay and time, and the slots of the planogram that its photo shows."""

    capture_id: str
    taken_at: datetime
    shown: frozenset[Slot]


@dataclass(frozen=True, slots=True, eq=False)
class Shot:
    """A photo of a bay, and of which capture."""

    capture_id: str
    taken_at: datetime
    photo: BayPhoto


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What a capture says of its bay.

    Attributes:
        shots: the photos that were judged together, the newest first.
        own: which of them is the capture's.
        alone: what the capture's own photo says; the same as `compliance` if there is no other.
        looks_like: where it does not fit, the bays of the store that it fits.
    """

    shots: tuple[Shot, ...]
    own: int
    alone: Compliance
    compliance: Compliance
    looks_like: tuple[str, ...] = ()

    @property
    def at(self) -> datetime:
        """When the newest of the photos was taken."""
        return self.shots[0].taken_at

    @property
    def flip(self) -> float:
        """Probability that at least one verdict on what the capture's own photo shows is not the true one.

        As if verdicts were independent; 0 where the photo does not fit or shows no position's place.
        """
        return 1 - prod(1 - one.flip for one in _in_view(self.alone))


def shown_by(compliance: Compliance) -> frozenset[Slot]:
    """Return the slots that the photos show; none where they do not fit."""
    return frozenset((one.position.shelf, one.position.slot) for one in _in_view(compliance))


def worth_joining(own: Nearby, others: Sequence[Nearby]) -> list[str]:
    """Return which other captures show slots that no newer one shows, nor the capture itself if it is newer.

    A place that a newer photo shows is not judged by an older one: somebody may have refilled it in between. A photo
    that does not fit is judged alone.
    """
    chosen: list[str] = []
    shown: frozenset[Slot] = frozenset()
    if not own.shown:
        return chosen
    for one in sorted([own, *others], key=lambda one: (one.taken_at, one.capture_id), reverse=True):
        if one is not own and one.shown - shown:
            chosen.append(one.capture_id)
        shown |= one.shown
    return chosen


def judge_visit(planogram: Planogram, own: Shot, alone: Compliance, others: Sequence[Shot], least: float) -> Judged:
    """Judge a bay by a photo and others of the same visit.

    Args:
        planogram: the bay's.
        own: the photo.
        alone: what it says alone.
        others: those that are worth joining.
        least: probability of a verdict, below which it is undecided.
    """
    if not others:
        return Judged((own,), 0, alone, alone)
    shots = sorted([own, *others], key=lambda one: (one.taken_at, one.capture_id), reverse=True)
    together = judge(planogram, [shot.photo for shot in shots], least)
    return Judged(tuple(shots), shots.index(own), alone, together)


def _in_view(compliance: Compliance) -> list[PositionVerdict]:
    return [one for one in compliance.positions if one.in_view and compliance.fits]

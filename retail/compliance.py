"""How a bay kept its planogram: a verdict per position, what stands where, what lacks."""

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum

from retail.gtin import Gtin
from retail.planograms import Planogram, Position


class Verdict(StrEnum):
    """What became of a planogram position, or of a facing."""

    CORRECT = "correct"
    WRONG_POSITION = "wrong_position"  # right shelf
    WRONG_SHELF = "wrong_shelf"
    OUT_OF_STOCK = "out_of_stock"
    UNEXPECTED = "unexpected"  # of facings alone: no position asks for its product
    UNDECIDED = "undecided"


@dataclass(frozen=True, slots=True)
class Sighting:
    """A detection: its row among the detections of one of the photos, both from 0."""

    photo: int
    row: int


@dataclass(frozen=True, slots=True)
class SeenFacing:
    """A facing of the bay, counted once however many photos show it.

    Attributes:
        sightings: where it is seen, the clearest first.
        shelf: of the planogram, on which it stands; None where no shelf of the planogram is there.
        gtin: the product that it shows with the planogram in mind; None for one that is not known.
        probability: of that.
        verdict: CORRECT, WRONG_POSITION, WRONG_SHELF, UNEXPECTED or UNDECIDED.
        position: the one that asks for it; None for an unexpected one.
    """

    sightings: tuple[Sighting, ...]
    shelf: int | None
    gtin: Gtin | None
    probability: float
    verdict: Verdict
    position: Position | None


@dataclass(frozen=True, slots=True)
class PositionVerdict:
    """What became of one position.

    Attributes:
        verdict: CORRECT, WRONG_POSITION, WRONG_SHELF or OUT_OF_STOCK; UNDECIDED where none of them is probable enough.
        probability: of the likeliest of the four, also where that does not suffice.
        chances: of all four, summing to 1.
        in_view: whether the photos show the place.
        facings: rows of `Compliance.facings` that stand in its place.
        elsewhere: rows of those that should stand there and stand elsewhere.
    """

    position: Position
    verdict: Verdict
    probability: float
    chances: Mapping[Verdict, float]
    in_view: bool
    facings: tuple[int, ...] = ()
    elsewhere: tuple[int, ...] = ()

    @property
    def flip(self) -> float:
        """Probability that another verdict is the true one."""
        return 1 - self.probability


@dataclass(frozen=True, slots=True)
class SeenSpot:
    """A gap or a tag of the bay, and the position it belongs to; None where none is near."""

    sighting: Sighting
    shelf: int | None
    position: Position | None


@dataclass(frozen=True, slots=True)
class Compliance:
    """How one bay kept its planogram when it was photographed.

    Attributes:
        positions: one verdict for each position of the planogram, in its order.
        facings: those of the bay; neighbouring bays' are left out.
        gaps: holes in a shelf.
        bare_tags: tags over or under which nothing stands.
        likeness: share of the facings with a name whose product the planogram asks for, 0..1.
        fits: False where the photo does not look like this planogram's bay; then every verdict is UNDECIDED.
        mirrored: whether the photo shows the bay the wrong way round; it was judged as if turned back.
    """

    planogram: Planogram
    positions: tuple[PositionVerdict, ...]
    facings: tuple[SeenFacing, ...]
    gaps: tuple[SeenSpot, ...] = ()
    bare_tags: tuple[SeenSpot, ...] = ()
    likeness: float = 1.0
    fits: bool = True
    mirrored: bool = False

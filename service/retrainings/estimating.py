"""How long a retraining takes, from those that this installation has behind it. Nothing here reads records."""

from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

# Seconds per photo and epoch at 640 pixels. Measured with a frozen backbone on two cores, 27 and 44 photos of
# synthetic shelves for 12 epochs each: 0.12 and 0.11. That a whole network takes 2.5 times that is assumed, and so
# is what comes beside the fit.
_FROZEN_PACE, _PACE = 0.12, 0.3
_REST_PER_CAPTURE = 1.0
_MARGIN = 2.5  # machines differ by about so much from that one
_FEWEST = 3  # past ones, for their spread to say anything
_OWN_MARGIN = 1.5


@dataclass(frozen=True, slots=True)
class Fit:
    """What a fit has to do.

    Attributes:
        epochs: at most.
        photos: that an epoch shows.
        image_size: long side in pixels.
        frozen: whether the backbone stays as it is.
    """

    epochs: int
    photos: int
    image_size: int
    frozen: bool

    @property
    def work(self) -> float:
        """Photos times epochs, each photo counted by its area against 640 pixels a side."""
        return self.epochs * self.photos * (self.image_size / 640) ** 2


@dataclass(frozen=True, slots=True)
class Past:
    """A retraining that is over.

    Attributes:
        fit: what its fit did.
        fit_seconds: how long its epochs took.
        captures: of its snapshot.
        rest_seconds: from its snapshot to its candidate's registration without the fit; None where nobody noted it.
    """

    fit: Fit
    fit_seconds: float
    captures: int
    rest_seconds: float | None


@dataclass(frozen=True, slots=True)
class Estimate:
    """Minutes, and where they are from."""

    minutes: float
    low: float
    high: float
    source: str


def estimate(fit: Fit, captures: int, past: Sequence[Past]) -> Estimate:
    """Return how long a retraining takes: the fit by its work, the rest by the captures of its snapshot.

    Fits with a frozen backbone run at another pace, so only past ones of the same kind count; the interval is the
    spread of their paces, or a margin where they are fewer than three.
    """
    alike = [one for one in past if one.fit.frozen == fit.frozen and one.fit.work]
    rests = [one.rest_seconds / one.captures for one in past if one.rest_seconds is not None and one.captures]
    rest = captures * (median(rests) if rests else _REST_PER_CAPTURE)
    if not alike:
        seconds = fit.work * (_FROZEN_PACE if fit.frozen else _PACE) + rest
        why = "measured on two cores, as no retraining of this kind is over here"
        return Estimate(seconds / 60, seconds / _MARGIN / 60, seconds * _MARGIN / 60, why)
    paces = [one.fit_seconds / one.fit.work for one in alike]
    seconds = fit.work * median(paces) + rest
    number = len(alike)
    why = "from the retraining here before" if number == 1 else f"from the last {number} retrainings here"
    if number < _FEWEST:
        return Estimate(seconds / 60, seconds / _OWN_MARGIN / 60, seconds * _OWN_MARGIN / 60, why)
    low, high = (fit.work * pace + rest for pace in (min(paces), max(paces)))
    return Estimate(seconds / 60, low / 60, high / 60, why)

"""By how much signals moved, and since when."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampling.drift.deciding import Moved
from sampling.drift.distances import centred
from sampling.drift.history import History
from sampling.drift.signals import Signal, evened

_FEWEST = 5  # captures after a day from which something may have changed


@dataclass(frozen=True, slots=True)
class Change:
    """A signal before and now.

    Attributes:
        before: mean over the new captures of what the reference shows of the same place; None for LOOK.
        now: mean over the new captures; None for LOOK.
        words: what that means.
    """

    before: float | None
    now: float | None
    words: str


def change_of(history: History, moved: Moved) -> Change:
    """Say by how much a signal moved, place by place, so that another mix of bays counts for nothing."""
    if moved.signal is Signal.LOOK:
        return Change(
            None, None, f"photos of the same bays look different (distance {moved.distance:.2f} of at most 1.41)"
        )
    values = history.scalars[moved.signal]
    pairs = []
    for place in np.unique(history.places[history.start :]).tolist():
        here = history.places == place
        then, today = values[: history.start][here[: history.start]], values[history.start :][here[history.start :]]
        then, today = then[np.isfinite(then)], today[np.isfinite(today)]
        if len(then) and len(today):
            pairs.append((float(then.mean()), float(today.mean()), len(today)))
    if not pairs:
        return Change(None, None, _NAMES[moved.signal] + " cannot be compared bay by bay")
    befores, nows, counts = np.array(pairs).T
    before, now = float(np.average(befores, weights=counts)), float(np.average(nows, weights=counts))
    return Change(before, now, _words(moved.signal, before, now))


def changed_since(history: History, signal: Signal) -> int:
    """Return the row of the first capture that differs: where cutting the window leaves the largest difference.

    The cut maximises the difference of means in standard errors (the likelihood ratio of one change in a mean; Hinkley,
    Inference about the change-point, Biometrika 1970), at the beginning of a day.
    """
    if signal is Signal.LOOK:
        values = _along_the_shift(history)
    else:
        values = centred(evened(signal, history.scalars[signal])[:, None], history.places)[:, 0]
    known = np.isfinite(values)
    firsts = np.unique(history.days[history.start :], return_index=True)[1] + history.start
    best, chosen = -1.0, history.start
    for first in firsts.tolist():
        then, today = values[:first][known[:first]], values[first:][known[first:]]
        if len(then) and len(today) >= min(_FEWEST, len(history) - history.start):
            gap = abs(today.mean() - then.mean()) * np.sqrt(len(then) * len(today) / (len(then) + len(today)))
            best, chosen = max((best, chosen), (float(gap), first))
    return chosen


def _along_the_shift(history: History) -> NDArray[np.float64]:
    """Return how far each vector lies in the direction from the reference's mean to the window's."""
    vectors = centred(history.vectors.astype(np.float64), history.places)
    then, today = vectors[: history.start], vectors[history.start :]
    return np.asarray(vectors @ (np.nanmean(today, axis=0) - np.nanmean(then, axis=0)), np.float64)


_NAMES = {
    Signal.LUMINANCE: "brightness",
    Signal.CLIPPED: "white, clipped pixels",
    Signal.TEMPERATURE: "the light's colour",
    Signal.GRADIENT: "the light's evenness",
    Signal.CONFIDENCE: "the model's confidence",
    Signal.UNKNOWN: "unknown products",
    Signal.GAPS: "gaps",
}


def _words(signal: Signal, before: float, now: float) -> str:
    up = now > before
    match signal:
        case Signal.LUMINANCE:
            return f"photos are {abs(now / max(before, 1e-6) - 1):.0%} {'brighter' if up else 'darker'}"
        case Signal.TEMPERATURE:
            return f"the light is {'colder' if up else 'warmer'}: {now:,.0f} K, before {before:,.0f} K"
        case Signal.GRADIENT:
            how = "more" if up else "less"
            return f"the light's colour differs {how} from side to side: {now:.2f}, before {before:.2f}"
        case Signal.CONFIDENCE:
            return f"the model is {'surer' if up else 'less sure'}: {now:.2f} on average, before {before:.2f}"
    what = {
        Signal.CLIPPED: "of the pixels are white",
        Signal.UNKNOWN: "of the facings show unknown products",
    }.get(signal, "of the places are gaps")
    return f"{now:.1%} {what}, before {before:.1%}"

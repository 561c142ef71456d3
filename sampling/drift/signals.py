"""What is watched for drift, and how each signal is made even to the eye before it is compared."""

from collections.abc import Callable
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]


class Signal(StrEnum):
    """What may move."""

    LUMINANCE = "luminance"
    CLIPPED = "clipped"
    TEMPERATURE = "temperature"
    GRADIENT = "gradient"
    CONFIDENCE = "confidence"
    UNKNOWN = "unknown"
    GAPS = "gaps"
    LOOK = "look"  # the image vector


SCALARS = tuple(signal for signal in Signal if signal is not Signal.LOOK)
LEAST_LUMINANCE = 1e-4


def _stops(luminance: Floats) -> Floats:
    evened: Floats = np.log2(np.maximum(luminance, LEAST_LUMINANCE))
    return evened


def _mired(kelvin: Floats) -> Floats:
    """Steps of mired look alike, steps of kelvin do not (Judd, Sensibility to color-temperature change, JOSA 1933)."""
    evened: Floats = 1e6 / np.maximum(kelvin, 1.0)
    return evened


_EVENED: dict[Signal, Callable[[Floats], Floats]] = {
    Signal.LUMINANCE: _stops,
    Signal.CLIPPED: np.sqrt,
    Signal.TEMPERATURE: _mired,
    Signal.UNKNOWN: np.sqrt,  # steadies the variance of rates
    Signal.GAPS: np.sqrt,
}


def evened(signal: Signal, values: Floats) -> Floats:
    """Return values (n,) on a scale on which equal steps count alike; NaN stays NaN."""
    even = _EVENED.get(signal)
    return values if even is None else even(values)

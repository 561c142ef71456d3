"""How long one look at a camera takes: 240 captures of a reference, 100 new ones, vectors as wide as they are kept."""

import time
from typing import Any

import numpy as np

from sampling.drift.deciding import decide
from sampling.drift.history import History
from sampling.drift.signals import SCALARS, Signal
from sampling.drift.windows import MOST_BEFORE, MOST_NOW

SEED = 11
_WIDTH, _LOOKS, _BAYS, _A_DAY = 128, 30, 12, 10


def timing_row() -> dict[str, Any]:
    """Time looks at a camera that drifts: those take every shuffle."""
    history, milliseconds = _drifting(), []
    decide(history)
    for _ in range(_LOOKS):
        started = time.perf_counter()
        decide(history)
        milliseconds.append(1000 * (time.perf_counter() - started))
    return {
        "one look at": f"{MOST_BEFORE} + {MOST_NOW} captures",
        "p50_ms": float(np.median(milliseconds)),
        "p90_ms": float(np.quantile(milliseconds, 0.9)),
    }


def _drifting() -> History:
    rng, n = np.random.default_rng(SEED), MOST_BEFORE + MOST_NOW
    scalars: dict[Signal, np.ndarray[Any, np.dtype[np.float64]]] = {
        signal: rng.uniform(0.1, 0.9, n) for signal in SCALARS
    }
    scalars[Signal.LUMINANCE][MOST_BEFORE:] += 1
    vectors = rng.normal(size=(n, _WIDTH)).astype(np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    ids = tuple(str(row) for row in range(n))
    return History(ids, np.arange(n) // _A_DAY, rng.integers(_BAYS, size=n), scalars, vectors, MOST_BEFORE)

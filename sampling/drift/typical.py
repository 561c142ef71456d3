"""Pairs of captures that show what moved: of one bay, before and now."""

from collections import Counter
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampling.drift.history import History, Rows
from sampling.drift.signals import Signal, evened

_PAIRS = 3


@dataclass(frozen=True, slots=True)
class Pair:
    """Two captures of one place: the most typical before and the most typical now."""

    place: int
    before: str
    now: str


def typical_pairs(history: History, signals: tuple[Signal, ...], most: int = _PAIRS) -> list[Pair]:
    """Return pairs for the places with the most new captures, those first.

    Typical is what lies nearest to the median of its group, in the signals that moved, each in units of its spread.

    Args:
        history: where from.
        signals: what moved.
        most: how many pairs.
    """
    features = _features(history, signals)
    before, now = np.arange(history.start), np.arange(history.start, len(history))
    counts = Counter(history.places[now].tolist())
    pairs = []
    for place, _ in sorted(counts.items(), key=lambda item: (-item[1], item[0])):
        here = history.places == place
        if here[before].any():
            then, today = (_most_typical(features, group[here[group]]) for group in (before, now))
            pairs.append(Pair(place, history.ids[then], history.ids[today]))
    return pairs[:most]


def _features(history: History, signals: tuple[Signal, ...]) -> NDArray[np.float64]:
    columns = [evened(signal, history.scalars[signal])[:, None] for signal in signals if signal is not Signal.LOOK]
    if Signal.LOOK in signals or not columns:
        columns.append(history.vectors.astype(np.float64))
    return np.column_stack([np.nan_to_num(_in_spreads(column)) for column in columns])


def _in_spreads(column: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return a signal (n, k) so that its mean squared distance from its mean is 1."""
    known = np.isfinite(column).all(1)
    if not known.any():
        return np.zeros_like(column)
    away = column - column[known].mean(0)
    scale = float(np.sqrt(np.square(away[known]).sum(1).mean()))
    spreads: NDArray[np.float64] = away / scale if scale > 0 else away * 0
    return spreads


def _most_typical(features: NDArray[np.float64], rows: Rows) -> int:
    away = features[rows] - np.median(features[rows], axis=0)
    return int(rows[np.square(away).sum(1).argmin()])

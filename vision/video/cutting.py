"""Where a clip is cut: pieces in which something moves, short enough to be labelled at one go."""

import itertools
from collections.abc import Collection

import numpy as np
from numpy.typing import NDArray

_MOVES = 0.004  # share of a frame's pixels from which on it counts
_SLACK_SECONDS = 2.0  # a cut may be moved by that much, to where least happens


def cut_into_pieces(
    shares: NDArray[np.float32],
    per_second: float,
    *,
    cuts: Collection[int] = (),
    also: NDArray[np.bool_] | None = None,
    pad_seconds: float = 1.0,
    join_seconds: float = 3.0,
    most_seconds: float = 20.0,
) -> list[range]:
    """Return the frames of each piece, in order; the frames between them, in which nothing moves, are in none.

    Args:
        shares: (n,) of the pixels that move in each frame.
        per_second: frames.
        cuts: numbers of frames at which another scene begins: no piece holds two.
        also: (n,) frames that are kept although nothing moves.
        pad_seconds: before and after what moves.
        join_seconds: shorter rests are kept.
        most_seconds: longer pieces are cut, where least happens.
    """
    active = shares >= _MOVES if also is None else (shares >= _MOVES) | also
    edges = [0, *sorted(cuts), len(shares)]
    pieces: list[range] = []
    for begin, end in itertools.pairwise(edges):
        for span in _spans(active[begin:end], round(pad_seconds * per_second), round(join_seconds * per_second)):
            whole = range(begin + span.start, begin + span.stop)
            pieces += _shortened(whole, shares, max(1, round(most_seconds * per_second)), per_second)
    return pieces


def _spans(active: NDArray[np.bool_], pad: int, join: int) -> list[range]:
    spans: list[range] = []
    for number in np.flatnonzero(active).tolist():
        begin, end = max(0, number - pad), min(len(active), number + pad + 1)
        if spans and begin - spans[-1].stop <= join:
            spans[-1] = range(spans[-1].start, end)
        else:
            spans.append(range(begin, end))
    return spans


def _shortened(span: range, shares: NDArray[np.float32], most: int, per_second: float) -> list[range]:
    """Cut a span into equally long parts, about; none is longer than `most`."""
    parts = -(-len(span) // most)
    slack = min(round(_SLACK_SECONDS * per_second), (parts * most - len(span)) // (2 * parts))
    edges = [span.start]
    for part in range(1, parts):
        middle = span.start + part * len(span) // parts
        near = range(max(middle - slack, edges[-1] + 1), middle + slack + 1)
        edges.append(min(near, key=lambda number: (float(shares[number]), abs(number - middle))))
    edges.append(span.stop)
    return [range(begin, end) for begin, end in itertools.pairwise(edges)]

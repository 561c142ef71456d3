"""Cuts what runs on from one bay into the next: shelves end where their bay does.

A detector draws one box around two edges that nearly continue each other, and a row of facings may seem to go on behind
the upright. Other edges tell: above and below, some end there and some begin.
"""

import numpy as np
from numpy.typing import NDArray

from vision.perspective import Numbers

Lines = NDArray[np.int64]

_LOOKED_AT = 8  # edges, the nearest above and below: uprights lean in a photo
_WITNESSES = 2  # that end or begin at a joint


def cut_edges(edges: Numbers, near: float) -> Numbers:
    """Cut edges (m, 3), left, right and level each, at the joints of bays.

    Args:
        edges: in the plane of `RowPerspective`.
        near: how far apart the ends at one joint may be.
    """
    pieces, of = edges, np.arange(len(edges))
    while len(cut := np.flatnonzero(np.isfinite(places := joints(pieces, edges, near, of)))):
        left, right = pieces[cut].copy(), pieces[cut].copy()
        left[:, 1] = right[:, 0] = places[cut]
        pieces = np.vstack([np.delete(pieces, cut, 0), left, right])
        of = np.concatenate([np.delete(of, cut), of[cut], of[cut]])
    return pieces


def joints(lines: Numbers, edges: Numbers, near: float, of: Lines | None = None) -> Numbers:
    """Return where bays meet under lines (n, 3), the clearest joint of each and NaN for none.

    At a joint at least one edge ends and another begins, and they are more than twice those that go on.

    Args:
        lines: left, right and level in the plane.
        edges: (m, 3) alike, which tell.
        near: how far apart the ends at one joint may be; a line's own ends are at least that far from it.
        of: (n,) the edge that each line is, or is a piece of.
    """
    if not len(edges) or not len(lines):
        return np.full(len(lines), np.nan)
    apart = np.abs(edges[:, 2] - lines[:, 2:])
    if of is not None:
        apart[np.arange(len(lines)), of] = np.inf
    nearest = np.argsort(apart, 1, kind="stable")[:, : min(_LOOKED_AT, len(edges) - (of is not None))]
    starts, stops = edges[nearest, 0][:, None], edges[nearest, 1][:, None]
    places = edges[nearest, :2].reshape(len(lines), -1, 1)
    starting, stopping = np.abs(starts - places) < near, np.abs(stops - places) < near
    witnesses = (starting | stopping).sum(2)
    going_on = ((starts < places - near) & (stops > places + near)).sum(2)
    inside = ((places > lines[:, None, :1] + near) & (places < lines[:, None, 1:2] - near))[..., 0]
    joint = inside & starting.any(2) & stopping.any(2) & (witnesses >= _WITNESSES) & (witnesses > 2 * going_on)
    votes = np.where(joint, witnesses, 0)
    if not votes.size:
        return np.full(len(lines), np.nan)
    best = votes.argmax(1)[:, None]
    found = np.take_along_axis(votes, best, 1) > 0
    return np.where(found, np.take_along_axis(places[..., 0], best, 1), np.nan)[:, 0]

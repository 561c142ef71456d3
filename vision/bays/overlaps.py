"""Several photos of one bay: each facing counts once.

In the planogram's measures the same facing lies at the same place whichever photo shows it. Facings of two photos are
paired by that and by what they show (as an assignment; Jonker and Volgenant, 1987). What an earlier one of the photos
shows whole, it alone tells: a facing that only a later one finds there is not there, or it is one of those that were
seen already, a little off.
"""

from collections.abc import Sequence

import numpy as np
import scipy

from vision.bays.standing import Standing
from vision.bays.view import View
from vision.perspective import Numbers

_APART = 0.6  # facings' widths or heights, from which two are not the same
_CUT = 0.1  # widths from a photo's side, from which a facing may have been cut off
_UNLIKE = 0.5  # price of showing different products, in widths


def joined(views: Sequence[View]) -> Standing:
    """Return the facings of all photos, each once; the first photo's come first."""
    whole = views[0].standing
    for number, view in enumerate(views[1:], 1):
        whole = _added(whole, view, views[:number])
    return whole


def _added(whole: Standing, view: View, earlier: Sequence[View]) -> Standing:
    """Add what another photo shows and the earlier ones do not."""
    more = view.standing
    pairs = _pairs(whole, more)
    new = np.setdiff1d(np.arange(len(more)), list(pairs.values()))
    x, reach = more.x[new], (0.5 + _CUT) * more.widths[new]
    told = np.any([other.covers(more.shelves[new], x - reach, x + reach) for other in earlier], axis=0)
    rest = more.keep(new[~told])
    sightings = [*whole.sightings]
    chances, others, confidences = whole.chances.copy(), whole.others.copy(), whole.confidences.copy()
    for row, other in pairs.items():
        sightings[row] += more.sightings[other]
        seen = len(sightings[row])
        chances[row] += (more.chances[other] - chances[row]) / seen
        others[row] += (more.others[other] - others[row]) / seen
        confidences[row] = max(confidences[row], more.confidences[other])
    return Standing(
        sightings=(*sightings, *rest.sightings),
        shelves=np.concatenate([whole.shelves, rest.shelves]),
        x=np.concatenate([whole.x, rest.x]),
        widths=np.concatenate([whole.widths, rest.widths]),
        raised=np.concatenate([whole.raised, rest.raised]),
        chances=np.concatenate([chances, rest.chances]),
        others=np.concatenate([others, rest.others]),
        others_best=(*whole.others_best, *rest.others_best),
        confidences=np.concatenate([confidences, rest.confidences]),
    )


def _pairs(one: Standing, other: Standing) -> dict[int, int]:
    """Return the rows of the same facings in both."""
    if not len(one) or not len(other):
        return {}
    widths = np.minimum(one.widths[:, None], other.widths)
    across: Numbers = np.abs(one.x[:, None] - other.x) / widths
    up: Numbers = np.abs(one.raised[:, None] - other.raised)
    alike = np.minimum(one.chances[:, None], other.chances).sum(2) + np.minimum(one.others[:, None], other.others)
    same = (one.shelves[:, None] == other.shelves) & (across < _APART) & (up < _APART)
    prices = np.where(same, across + up + _UNLIKE * (1 - alike), 1e3)
    rows, columns = scipy.optimize.linear_sum_assignment(prices)
    return {row: column for row, column in zip(rows.tolist(), columns.tolist(), strict=True) if same[row, column]}

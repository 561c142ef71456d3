"""Which piece of which clip to label next: those that look like the ones in which rare events were found."""

from collections.abc import Collection, Sequence

import numpy as np
from numpy.typing import NDArray

NEIGHBOURS = 10
_PRIOR = 5.0  # labelled pieces that the general rate of an event counts as
RANDOM_EVERY = 5  # each fifth piece is of the random arm: it finds events that look like none before


def labelling_order(
    queued: NDArray[np.float64],
    random_arm: NDArray[np.bool_],
    labelled: NDArray[np.float64],
    events: Sequence[Collection[str]],
    kinds: Sequence[str],
    seed: int,
) -> list[int]:
    """Return the places of queued pieces in the order in which they are to be labelled.

    A piece's value is the sum over events of how likely the event is in it, by its nearest labelled pieces, divided by
    how frequent the event is at all: so one chance in ten of an event that one piece in a hundred shows is worth as
    much as certainty of ten such frequent ones in one. Without labels all are alike, and the order is random.

    Args:
        queued: (n, d) features of the pieces that wait.
        random_arm: (n,) those that chance alone chose; each fifth in the order, while there are any.
        labelled: (m, d) features of the labelled pieces.
        events: the events found in each labelled piece.
        kinds: ids of all events.
        seed: of chance.
    """
    chance = np.random.default_rng(seed).permutation(len(queued))
    value = _values(queued, labelled, events, kinds)
    best_first = np.lexsort((chance, -value)).tolist()
    picked = [place for place in best_first if not random_arm[place]]
    drawn = sorted(np.flatnonzero(random_arm).tolist(), key=lambda place: int(chance[place]))
    order: list[int] = []
    while picked or drawn:
        turn = drawn if drawn and (not picked or len(order) % RANDOM_EVERY == RANDOM_EVERY - 1) else picked
        order.append(turn.pop(0))
    return order


def _values(
    queued: NDArray[np.float64], labelled: NDArray[np.float64], events: Sequence[Collection[str]], kinds: Sequence[str]
) -> NDArray[np.float64]:
    if not len(labelled) or not len(queued):
        return np.zeros(len(queued))
    found = np.array([[kind in one for kind in kinds] for one in events], float)
    rates = (found.sum(0) + 1) / (len(found) + 2)
    spread = np.concatenate((queued, labelled)).std(0) + 1e-9
    # One row at a time: thousands of pieces against thousands would be a gigabyte.
    near = [np.argsort((((row - labelled) / spread) ** 2).sum(1), kind="stable")[:NEIGHBOURS] for row in queued]
    chances = np.stack([(found[places].sum(0) + _PRIOR * rates) / (len(places) + _PRIOR) for places in near])
    values: NDArray[np.float64] = (chances / rates).sum(1)
    return values

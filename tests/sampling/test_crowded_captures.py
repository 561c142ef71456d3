"""A close-up of 20 boxes beside a bay of 170, both from the simulation's own instances to the picks."""

from collections import Counter

import numpy as np
import pytest

from sampling.rounds import RoundConfig
from sampling.simulation.rounds import Round
from sampling.simulation.situation import Situation
from sampling.terms.weights import TermWeights

CAPTURES, FEW, MANY, FACINGS = 16, 20, 170, 5  # of each product five facings
CLASSES = MANY // FACINGS


def doubtful(doubts: np.ndarray, alike: float) -> Situation:
    """Close-ups and bays in turns, each close-up like the bay behind it, beside a labelled one."""
    boxes = np.tile([FEW, MANY], CAPTURES // 2)
    owners = np.repeat(np.arange(CAPTURES), boxes)
    labels = (np.arange(len(owners)) - np.searchsorted(owners, owners)) // FACINGS
    directions = np.eye(CAPTURES + 1, dtype=np.float32)
    directions[1:CAPTURES:2] *= np.float32(np.sqrt(1 - alike**2))
    directions[1:CAPTURES:2] += alike * directions[:CAPTURES:2]
    chances = np.full((len(owners), CLASSES), 0.0, np.float32)
    chances[np.arange(len(owners)), labels] = (1 - doubts)[owners]
    return Situation(
        vectors=directions[owners],
        owners=owners,
        chances=chances,
        images=directions[:CAPTURES],
        boxes=boxes,
        seconds=12.0 + 7.0 * boxes,
        strata=np.zeros(CAPTURES, np.int64),
        ids=np.arange(CAPTURES),
        labelled_ids=np.array([CAPTURES]),
        labelled_owners=np.zeros(CLASSES, np.int64),
        labels=np.arange(CLASSES),
        labelled=directions[np.full(CLASSES, CAPTURES)],
        labelled_images=directions[[CAPTURES]],
        labelled_strata=np.zeros(1, np.int64),
        budget=4 * (FEW + MANY),
        rng=np.random.default_rng(0),
        fit=lambda vectors, labels, classes: lambda vectors: np.zeros((len(vectors), classes), np.float32),
        secret=None,
    )


@pytest.mark.parametrize("recipe", ["covering_value", "distant_value", "value"])
@pytest.mark.parametrize("looks", [True, False])
@pytest.mark.parametrize("redundancy", [0, 1])
def test_neither_close_ups_nor_bays_are_picked_for_their_size(recipe: str, looks: bool, redundancy: int) -> None:
    """Where everything is doubtful a box of the one is worth as much as a box of the other."""
    pairs = np.repeat(np.arange(CAPTURES // 2), 2)
    situation = doubtful(0.9 - 0.01 * pairs, alike=0)
    alone = RoundConfig(boxes=1, random_share=0, support_share=0, event_share=0, recipe=recipe, looks=looks)
    config = alone.model_copy(update={"terms": TermWeights(redundancy=redundancy)})
    first = Round(config)(situation)[:6]
    assert sorted(pairs[first].tolist()) == [0, 0, 1, 1, 2, 2]
    assert Counter(situation.boxes[first].tolist()) == {FEW: 3, MANY: 3}


def test_a_close_up_does_not_stand_for_its_bay_because_it_is_cheaper() -> None:
    """Of each pair the one in more doubt comes first, in turns the close-up and the bay."""
    more = np.tile([0.9, 0.8, 0.8, 0.9], CAPTURES // 4)
    config = RoundConfig(boxes=1, random_share=0, support_share=0, event_share=0, recipe="covering_value")
    first = Round(config)(doubtful(more, alike=0.9))[: CAPTURES // 2]
    assert sorted(first.tolist()) == np.flatnonzero(more == 0.9).tolist()

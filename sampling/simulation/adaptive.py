"""The sampler as it learns from its own loop: rounds with a random arm, whose labels judge the recipes."""

from collections import defaultdict
from collections.abc import Mapping, Sequence

import numpy as np

from sampling.choice.recipes import PRIOR
from sampling.evidence.hedge import shares, updated
from sampling.evidence.recipe_evidence import recipe_losses
from sampling.evidence.shadow_fit import LabelledCapture, discriminant_head
from sampling.simulation.labelled_set import Ints
from sampling.simulation.rounds import Round
from sampling.simulation.situation import Situation

# A service judges a round once, with many resamples and whole vectors; a simulation judges thousands.
_RESAMPLES = 16
_WIDTH = 96


class Adaptive:
    """Rounds whose recipes get shares by Hedge, from the losses that `service.savings` would measure.

    One loop's own: it remembers who picked what, and which captures were drawn at random.
    """

    def __init__(self, round: Round) -> None:
        self._round, self._weights = round, PRIOR
        self._random: list[int] = []
        self._picked: dict[str, list[int]] = {}

    def __call__(self, situation: Situation) -> Ints:
        """Learn from what the last round's picks turned out to be, then pick."""
        self._learn(situation)
        config = self._round.config.model_copy(update={"recipe_shares": shares(self._weights)})
        picks = Round(config).picks(situation)
        picked: dict[str, list[int]] = defaultdict(list)
        for place, pick in picks:
            (self._random if pick.arm == "random" else picked[pick.recipe or ""]).append(int(situation.ids[place]))
        warm = len(situation.labelled_ids) > 0  # where nothing is labelled there is one way to start, and no choice
        self._picked = {name: ids for name, ids in picked.items() if name in PRIOR and warm}
        return np.array([place for place, _ in picks], np.int64)

    def _learn(self, situation: Situation) -> None:
        if not self._picked:
            return
        labelled = _labelled(situation)
        random, new = set(self._random), {id for ids in self._picked.values() for id in ids}
        losses = recipe_losses(
            {name: _of(labelled, ids) for name, ids in self._picked.items()},
            _of(labelled, self._random),
            discriminant_head,
            seed=int(situation.rng.integers(2**31)),
            known=_of(labelled, [id for id in labelled if id not in random | new]),
            resamples=_RESAMPLES,
        )
        self._weights = updated(self._weights, losses, PRIOR)


def _labelled(situation: Situation) -> dict[int, LabelledCapture]:
    starts = np.searchsorted(situation.labelled_owners, np.arange(len(situation.labelled_ids) + 1)).tolist()
    vectors, names = situation.labelled[:, :_WIDTH], [str(label) for label in situation.labels.tolist()]
    return {
        id: LabelledCapture(str(id), vectors[start:end], tuple(names[start:end]), end - start, 1.0)
        for id, start, end in zip(situation.labelled_ids.tolist(), starts, starts[1:], strict=False)
    }


def _of(labelled: Mapping[int, LabelledCapture], ids: Sequence[int]) -> list[LabelledCapture]:
    """Return those of captures that were labelled: the last picks of a round may have exceeded its budget."""
    return [labelled[id] for id in ids if id in labelled]

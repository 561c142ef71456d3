"""The sampler itself as a recipe: the very rounds that a service runs, on what a simulation knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from sampling.looks import Looks, distinct_looks
from sampling.rounds import Pick, RoundConfig
from sampling.selection import select
from sampling.signatures import Pool
from sampling.simulation.labelled_set import Floats, Ints, Vectors
from sampling.simulation.ppal import class_difficulty
from sampling.simulation.situation import Situation
from sampling.state import LoopState

# A budget of a round is exceeded by its last capture here, while a round passes over what no longer fits.
_SPARE = 1.25


@dataclass(frozen=True, slots=True)
class Round:
    """Picks by `sampling.selection.select`, whose random, support and event arms may be given no share.

    Attributes:
        config: of every round but for budget and seed, which the situation decides.
    """

    config: RoundConfig

    def __call__(self, situation: Situation) -> Ints:
        """Return the round's picks in their order."""
        return np.array([place for place, _ in self.picks(situation)], np.int64)

    def picks(self, situation: Situation) -> list[tuple[int, Pick]]:
        """Return the open captures that the round picks, and why."""
        seed = int(situation.rng.integers(2**31))
        config = self.config.model_copy(update={"boxes": int(situation.budget * _SPARE), "seed": seed})
        uncertainty = doubt(situation.chances)
        looks = _looks(situation.vectors, uncertainty, situation.chances.argmax(1), situation.owners)
        result = select(_pool(situation, uncertainty, looks), _state(situation, looks, config), config)
        return [(int(pick.capture_id), pick) for pick in result.picks]


def doubt(chances: Vectors) -> Floats:
    """Return 1 - probability × margin of chances (b, classes), as `vision.named_uncertainty` has it."""
    second, first = np.partition(chances, -2, axis=1)[:, -2:].T.astype(np.float64)
    unsure: Floats = 1.0 - first * (first - second)
    return unsure


def _pool(situation: Situation, uncertainty: Floats, looks: Sequence[Looks]) -> Pool:
    """Captures are named by their place, with leading zeros: a pool is sorted by id."""
    n = len(situation.boxes)
    strata, codes = np.unique(situation.strata, return_inverse=True)
    return Pool(
        ids=_names(n),
        vectors=situation.images,
        values=np.array([float(one.values.sum()) for one in looks]),
        plain=np.bincount(situation.owners, weights=uncertainty, minlength=n).astype(np.float64),
        boxes=situation.boxes,
        facings=np.bincount(situation.owners, minlength=n),
        seconds=situation.seconds,
        doubted=np.zeros(n, np.int64),
        unknown=np.zeros(n, np.int64),
        strata=codes.astype(np.int32),
        strata_names=tuple(str(stratum) for stratum in strata),
        flips=np.zeros(n),
        resets=np.zeros(n, bool),
        hashes=np.zeros(n, np.uint64),
    )


def _state(situation: Situation, looks: Sequence[Looks], config: RoundConfig) -> LoopState:
    if not len(situation.labels):
        return LoopState(labelled={})
    count = len(situation.labelled_images)
    known = _looks(situation.labelled, np.ones(len(situation.labels)), situation.labels, situation.labelled_owners)
    names = [f"labelled {place}" for place in range(count)]
    of = dict(zip(_names(len(looks)), looks, strict=True)) | dict(zip(names, known, strict=True))
    per_class = np.bincount(situation.labels, minlength=situation.classes)
    difficulty = class_difficulty(situation) if config.terms.difficulty else np.ones(situation.classes)
    return LoopState(
        labelled=dict(zip(names, situation.labelled_images, strict=True)),
        labelled_strata=_counts(situation.labelled_strata),
        recent_strata=_counts(np.concatenate([situation.strata, situation.labelled_strata])),
        difficulty={str(label): float(weight) for label, weight in enumerate(difficulty / difficulty.mean())},
        labelled_classes={str(label): int(number) for label, number in enumerate(per_class) if number},
        looks=lambda ids: {id: of[id].foremost() for id in ids},
    )


def _looks(vectors: Vectors, values: Floats, classes: Ints, owners: Ints) -> list[Looks]:
    names, starts = [str(label) for label in classes.tolist()], np.searchsorted(owners, np.arange(owners[-1] + 2))
    values32, ends = values.astype(np.float32), zip(starts[:-1].tolist(), starts[1:].tolist(), strict=True)
    return [
        Looks((names[a],), values32[a:b], vectors[a:b])  # most sets have one instance a capture: the same, sooner
        if b - a == 1
        else distinct_looks(vectors[a:b], values32[a:b], names[a:b])
        for a, b in ends
    ]


def _names(count: int) -> tuple[str, ...]:
    return tuple(f"{place:07d}" for place in range(count))


def _counts(strata: Ints) -> Mapping[str, int]:
    names, counts = np.unique(strata, return_counts=True)
    return dict(zip((str(name) for name in names), counts.tolist(), strict=True))

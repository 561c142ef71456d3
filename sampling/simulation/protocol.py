"""One loop played through: a few first labels, then round after round what a recipe picks, judged on other photos.

What makes two loops comparable: a seed decides the test captures, their resample, the first random labels and, where
annotators err, which labels are wrong. All of this is the same for every recipe; one that can start cold chooses its
first labels itself, since a service that uses it would not begin at random either.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from sampling.simulation.labelled_set import Ints, LabelledSet, Vectors, mislabelled
from sampling.simulation.situation import Fit, Namer, Recipe, Secret, Situation

# Says how good a head is on captures of a set; a capture may be listed more than once.
Judge = Callable[[LabelledSet, Namer, Ints], float]


@dataclass(frozen=True, slots=True)
class Schedule:
    """How many boxes are labelled when.

    Attributes:
        first: when the loop starts, at random or as a recipe that starts cold wants them.
        step: in each round.
        rounds: so many.
        late_rounds: most that follow, for loops that have not settled by then: that have not three times running
            reached `SETTLED` of the score of all labels. All recipes stop by this rule, and quick ones save the time.
    """

    first: int
    step: int
    rounds: int
    late_rounds: int = 0


SETTLED = 0.97
_TIMES = 3


@dataclass(frozen=True, slots=True, eq=False)
class World:
    """What a loop runs on.

    Attributes:
        known: the captures and their labels.
        fit: how a head is fitted.
        judge: how it is judged.
        schedule: when it is.
        judging: folds that seeds take turns to be judged on, none of them one that recipes were chosen on; None: all.
        elsewhere: (n,) captures of other circumstances, which only judge while the others are only labelled; None where
            pool and test are alike.
        mislabelled: share of the labels that annotators give wrongly.
    """

    known: LabelledSet
    fit: Fit
    judge: Judge
    schedule: Schedule
    judging: tuple[int, ...] | None = None
    elsewhere: NDArray[np.bool_] | None = None
    mislabelled: float = 0.0


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Captures that may be labelled, and captures that judge, drawn with replacement from one fold."""

    pool: Ints
    test: Ints


@dataclass(frozen=True, slots=True)
class Curve:
    """What one recipe's loop reached with one seed, point by point.

    Attributes:
        recipe: its name.
        seed: of the loop.
        boxes: labelled so far.
        seconds: modelled annotator seconds spent so far.
        scores: of the head fitted to them.
        full_score: of the head fitted to every label of the pool.
        full_boxes: how many these are.
    """

    recipe: str
    seed: int
    boxes: tuple[int, ...]
    seconds: tuple[float, ...]
    scores: tuple[float, ...]
    full_score: float
    full_boxes: int


def top1(known: LabelledSet, namer: Namer, captures: Ints) -> float:
    """Judge a head by the share of instances that it names rightly."""
    rows, _ = known.instances(captures)
    return float((namer(known.vectors[rows]).argmax(1) == known.labels[rows]).mean())


def split(world: World, seed: int) -> Split:
    """Return the pool and the test of a seed: seeds take turns through the folds, and draw each test anew."""
    known = world.known
    folds = np.unique(known.folds) if world.judging is None else np.array(world.judging)
    held_out = known.folds == folds[seed % len(folds)]
    everywhere = np.ones(len(known.folds), bool)
    judges, labelled = (everywhere, everywhere) if world.elsewhere is None else (world.elsewhere, ~world.elsewhere)
    candidates = np.flatnonzero(held_out & judges)
    test = np.random.default_rng((seed, 1)).choice(candidates, len(candidates))
    return Split(np.flatnonzero(~held_out & labelled), np.sort(test))


def play(
    world: World, name: str, recipe: Recipe, seed: int, tells_secret: bool = False, starts_cold: bool = False
) -> Curve:
    """Play one loop and return its curve.

    Args:
        world: what it runs on.
        name: of the recipe.
        recipe: what picks.
        seed: two recipes of the same seed are judged alike, and start alike if at random.
        tells_secret: whether the recipe is told labels and test: the oracle's privilege.
        starts_cold: whether it picks the first labels, too, from captures of which nothing is known but their looks.
    """
    loop, schedule, rng = _Loop(world, seed), world.schedule, np.random.default_rng((seed, 3))
    if starts_cold:
        loop.label(recipe(loop.situation(schedule.first, rng, tells_secret)), schedule.first)
    else:
        loop.label_at_random(schedule.first)
    points, full = [loop.point()], full_score(world, seed)
    for number in range(schedule.rounds + schedule.late_rounds):
        settled = all(score >= SETTLED * full for _, _, score in points[-_TIMES:])
        if not loop.open.any() or (number >= schedule.rounds and settled):
            break
        budget = schedule.step
        loop.label(recipe(loop.situation(budget, rng, tells_secret)), budget)
        points.append(loop.point())
    boxes, seconds, scores = zip(*points, strict=True)
    full_boxes = int(world.known.boxes[loop.split.pool].sum())
    return Curve(name, seed, boxes, seconds, scores, full, full_boxes)


@cache
def full_score(world: World, seed: int) -> float:
    """Return the score of the head that is fitted to every label of the seed's pool."""
    loop = _Loop(world, seed)
    return loop.judged(loop.fitted(loop.split.pool))


class _Loop:
    """The labels revealed so far, and the head fitted to them."""

    def __init__(self, world: World, seed: int) -> None:
        self.world, self.split = world, split(world, seed)
        known = world.known
        given = mislabelled(known.labels, known.classes, world.mislabelled, np.random.default_rng((seed, 2)))
        self.given = known.relabelled(given)  # what annotators answer; `known` is the truth
        self.order: list[int] = []
        self.open = np.zeros(len(known.boxes), bool)
        self.open[self.split.pool] = True
        self.namer: Namer = _knows_nothing(known.classes)
        self._chance = np.random.default_rng((seed, 0))

    def label_at_random(self, budget: int) -> None:
        """Reveal captures drawn at random until the budget is spent."""
        self._reveal(self._chance.permutation(self.split.pool), budget)

    def label(self, picks: Ints, budget: int) -> None:
        """Reveal open captures, counted as the situation counted them, until the budget is spent."""
        self._reveal(np.flatnonzero(self.open)[picks], budget)

    def _reveal(self, captures: Ints, budget: int) -> None:
        if len(np.unique(captures)) < len(captures) or not self.open[captures].all():
            raise ValueError("a recipe picked a capture twice, or one that is labelled already")
        spent = np.cumsum(self.world.known.boxes[captures])
        chosen = captures[: int(np.searchsorted(spent, budget)) + 1]
        self.order += chosen.tolist()
        self.open[chosen] = False
        self.namer = self.fitted(np.array(self.order))

    def fitted(self, captures: Ints) -> Namer:
        given, rest = self.given, np.setdiff1d(self.split.pool, captures)
        (rows, _), (others, _) = given.instances(np.sort(captures)), given.instances(rest)
        return self.world.fit(given.vectors[rows], given.labels[rows], given.classes, given.vectors[others])

    def judged(self, namer: Namer) -> float:
        return self.world.judge(self.world.known, namer, self.split.test)

    def point(self) -> tuple[int, float, float]:
        known = self.world.known
        return int(known.boxes[self.order].sum()), float(known.seconds[self.order].sum()), self.judged(self.namer)

    def situation(self, budget: int, rng: np.random.Generator, tells_secret: bool) -> Situation:
        given, captures, labelled = self.given, np.flatnonzero(self.open), np.sort(np.array(self.order, np.int64))
        rows, owners = given.instances(captures)
        known_rows, known_owners = given.instances(labelled)
        return Situation(
            vectors=given.vectors[rows],
            owners=owners,
            chances=self.namer(given.vectors[rows]),
            images=given.images[captures],
            boxes=given.boxes[captures],
            seconds=given.seconds[captures],
            strata=given.strata[captures],
            ids=captures,
            labelled_ids=labelled,
            labelled=given.vectors[known_rows],
            labelled_owners=known_owners,
            labels=given.labels[known_rows],
            labelled_images=given.images[labelled],
            labelled_strata=given.strata[labelled],
            budget=budget,
            rng=rng,
            fit=self.world.fit,
            secret=self._secret(rows) if tells_secret else None,
        )

    def _secret(self, rows: Ints) -> Secret:
        truth = self.world.known
        test, _ = truth.instances(np.unique(self.split.test))
        seen: Vectors = truth.vectors[test]
        return Secret(truth.labels[rows], seen, truth.labels[test], self.namer(seen))


def _knows_nothing(classes: int) -> Namer:
    def name(vectors: Vectors) -> Vectors:
        return np.full((len(vectors), classes), 1 / classes, np.float32)

    return name

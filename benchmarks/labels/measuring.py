"""What is played: which sets, recipes and circumstances, with how many seeds."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from time import monotonic

from rich.console import Console

from benchmarks.labels.proposals import Detecting
from benchmarks.labels.rows import Row, of_curves, of_findings, of_nearness, of_pairs, of_seeds
from benchmarks.labels.seeing import Seen
from benchmarks.labels.sets import freiburg_crops, freiburg_photos_set, klasson_set, later_half
from benchmarks.labels.shift import other_light, other_scenes
from sampling.simulation.contestants import (
    ABLATIONS,
    ADAPTIVE,
    FIXED,
    IN_ALL_ARMS,
    ORACLE,
    OURS,
    PUBLISHED,
    RANDOM,
    SHUFFLED,
    WARM,
    WITH_LOOKS,
)
from sampling.simulation.findings import Finding, findings, nearness
from sampling.simulation.head import fit_head
from sampling.simulation.labelled_set import LabelledSet
from sampling.simulation.protocol import Curve, Schedule, World, top1
from sampling.simulation.study import Study, run

NAMING, DETECTION = ("Klasson", "Freiburg, crops"), "Freiburg, frozen proposals"
MISLABELLED = 0.10
UNSEEN = (2, 3, 4)  # head and recipe were chosen on folds 0 and 1
_SOFTENED_PROPOSALS = 0.3  # there chances multiply the detector's; chosen on the same folds
_KLASSON = Schedule(first=60, step=60, rounds=15, late_rounds=22)
_FREIBURG = Schedule(first=100, step=150, rounds=13, late_rounds=22)
_PROPOSALS = Schedule(first=100, step=200, rounds=12, late_rounds=14)


@dataclass(frozen=True, slots=True)
class Effort:
    """How much is played; multiples of the three folds that judge.

    Attributes:
        seeds: of the main comparison.
        some: of photos and detection.
        few: of the checks.
        chance: of the check that the protocol favours nobody: nine gave an interval that was too narrow for it.
        processes: at a time.
    """

    seeds: int
    some: int
    few: int
    chance: int
    processes: int


WHOLE = Effort(seeds=9, some=6, few=3, chance=27, processes=2)
QUICK = Effort(seeds=2, some=2, few=2, chance=2, processes=2)


@dataclass(slots=True)
class Measured:
    """What came out.

    Attributes:
        rows: of the report.
        found: by set, what each recipe came to.
        curves: by set.
    """

    rows: list[Row] = field(default_factory=list)
    found: dict[str, list[Finding]] = field(default_factory=dict)
    curves: dict[str, list[Curve]] = field(default_factory=dict)


class Trials:
    """Plays studies one after the other and keeps what they say."""

    def __init__(self, effort: Effort) -> None:
        self.effort, self.measured = effort, Measured()
        self._console = Console(stderr=True)

    def play(self, world: World, name: str, recipes: Sequence[str], seeds: int) -> list[Curve]:
        """Play recipes on a world and add their findings and curves under a name."""
        began = monotonic()
        curves = list(run(Study(world, recipes, range(seeds)), self.effort.processes))
        found = findings(curves)
        self.measured.curves[name], self.measured.found[name] = curves, found
        self.measured.rows += of_findings(name, found)
        self._console.print(f"{name}: {len(curves)} loops in {monotonic() - began:.0f} s")
        return curves


def measure(klasson: Seen, freiburg: Seen, detecting: Detecting, effort: Effort) -> Measured:
    """Play everything and return rows in the order in which they are read."""
    trials = Trials(effort)
    naming = [
        World(klasson_set(klasson), fit_head, top1, _KLASSON, UNSEEN),
        World(freiburg_crops(freiburg), fit_head, top1, _FREIBURG, UNSEEN),
    ]
    for world in naming:
        _compare(trials, world)
    _photos(trials, freiburg_photos_set(freiburg))
    _detection(trials, detecting)
    found = {name: trials.measured.found[name] for name in NAMING}
    trials.measured.rows += of_nearness(nearness(found, [*PUBLISHED, *FIXED], ADAPTIVE))
    for world in naming:
        _careless(trials, world)
        _elsewhere(trials, world, freiburg)
    trials.measured.rows += _details(trials.measured)
    return trials.measured


def _compare(trials: Trials, world: World) -> None:
    """All recipes; then what looks add, and the two controls that show that the protocol measures what it should."""
    name = world.known.name
    curves = trials.play(world, name, [*PUBLISHED, *FIXED, ADAPTIVE, IN_ALL_ARMS, WARM], trials.effort.seeds)
    trials.measured.rows += of_pairs(name, curves, [(ADAPTIVE, IN_ALL_ARMS), (IN_ALL_ARMS, OURS)])
    checks = trials.play(world, f"{name}, checks", [RANDOM, OURS, WARM, WITH_LOOKS, ORACLE], trials.effort.few)
    pairs = [(WITH_LOOKS, OURS), (WARM, OURS), (ORACLE, OURS)]
    trials.measured.rows += of_pairs(f"{name}, checks", checks, pairs)
    chance = trials.play(world, f"{name}, by chance", [RANDOM, SHUFFLED], trials.effort.chance)
    trials.measured.rows += of_pairs(f"{name}, by chance", chance, [(SHUFFLED, RANDOM)])


def _photos(trials: Trials, known: LabelledSet) -> None:
    """Captures with several boxes: here terms can earn their place that need them, and cost can."""
    world = World(known, fit_head, top1, _FREIBURG, UNSEEN)
    curves = trials.play(
        world, known.name, [RANDOM, "margin", "entropy, sum", "core-set", OURS, *ABLATIONS], trials.effort.some
    )
    trials.measured.rows += of_pairs(known.name, curves, [(OURS, without) for without in ABLATIONS])


def _detection(trials: Trials, detecting: Detecting) -> None:
    head = partial(fit_head, softened=_SOFTENED_PROPOSALS)
    world = World(detecting.known, head, detecting.map50, _PROPOSALS, UNSEEN)
    trials.play(world, detecting.known.name, [*PUBLISHED, OURS], trials.effort.some)


def _careless(trials: Trials, world: World) -> None:
    """Do annotators who err undo the saving? The oracle knows the truth, but not who erred."""
    name = f"{world.known.name}, {MISLABELLED:.0%} of labels wrong"
    trials.play(replace(world, mislabelled=MISLABELLED), name, [RANDOM, "margin", "core-set", OURS], trials.effort.few)


def _elsewhere(trials: Trials, world: World, freiburg: Seen) -> None:
    """Under other circumstances than any label is from, the sampler must not be worse than chance."""
    known = world.known
    masks = {"other light": other_light(known), "other scenes": other_scenes(known)}
    if len(known.labels) == len(freiburg.labels):
        masks["later photos"] = later_half(freiburg)
    for circumstance, mask in masks.items():
        name = f"{known.name}, judged in {circumstance}"
        curves = trials.play(replace(world, elsewhere=mask), name, [RANDOM, OURS], trials.effort.few)
        trials.measured.rows += of_pairs(name, curves, [(OURS, RANDOM)])


def _details(measured: Measured) -> Iterator[Row]:
    for name, curves in measured.curves.items():
        yield from of_curves(name, curves)
    for name, curves in measured.curves.items():
        yield from of_seeds(name, curves, measured.found[name])

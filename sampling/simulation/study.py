"""Many loops: every recipe with every seed, in as many processes as there are cores to spare."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from itertools import product
from multiprocessing import get_context

from sampling.simulation.contestants import ORACLE, STARTING_COLD, start
from sampling.simulation.protocol import Curve, World, play


@dataclass(frozen=True, slots=True)
class Study:
    """What is played: recipes by name, and seeds."""

    world: World
    recipes: Sequence[str]
    seeds: Sequence[int]


def run(study: Study, processes: int = 1) -> Iterator[Curve]:
    """Yield a curve for each seed and recipe, seed by seed.

    With more than one process each starts a fresh interpreter: give numerical libraries one thread each
    (`OMP_NUM_THREADS=1`) before the first of them is imported, or they fight over the cores.
    """
    loops = list(product(study.seeds, study.recipes))
    if processes == 1:
        yield from (play_one(study.world, name, seed) for seed, name in loops)
        return
    with ProcessPoolExecutor(processes, get_context("spawn"), _remember, (study.world,)) as pool:
        yield from pool.map(_play_remembered, loops)


def play_one(world: World, name: str, seed: int) -> Curve:
    """Play the loop of one recipe with one seed."""
    return play(world, name, start(name), seed, name == ORACLE, name in STARTING_COLD)


_worlds: list[World] = []  # of this process: sent once, not with every loop


def _remember(world: World) -> None:
    _worlds[:] = [world]


def _play_remembered(loop: tuple[int, str]) -> Curve:
    seed, name = loop
    return play_one(_worlds[0], name, seed)

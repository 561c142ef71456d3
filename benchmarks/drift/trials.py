"""What is tried: cameras on which nothing changes, in four ways, and each change from one light to another."""

from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from enum import StrEnum
from functools import partial
from itertools import permutations
from multiprocessing import get_context

import numpy as np
from numpy.random import Generator
from rich.progress import track

from benchmarks.drift.photos import BAYS, VISITS, Bank
from benchmarks.drift.streams import REFERENCE, Lights, send, watch
from retail.conditions import Lighting
from training.synthetic.seeds import stream

WINDOW = 100  # captures
_SLIDES = 40  # captures after the reference from which a hundred are looked at that are not the first
_QUIET = 40  # captures at least between the reference and a change
_PATIENCE = 100  # captures after a change, within which it is to be seen
_DRAWS, _CHANGE_DRAWS = 10, 3  # streams of each kind from one camera


class Unchanged(StrEnum):
    """A camera on which nothing changes."""

    ONE_LIGHT = "one light"
    TWO_LIGHTS = "two lights"  # three of ten days, drawn afresh, are in another light
    OTHER_BAYS = "other bays"  # half of the bays are photographed ever less often
    SPELLS = "spells"  # days of two lights, which stay as they were the day before four times of five


@dataclass(frozen=True, slots=True)
class CalmTrial:
    """One window of a hundred captures without a change, and whether drift was seen in it."""

    kind: Unchanged
    camera: str
    store: int
    light: Lighting
    window: str
    alarm: bool
    undecided: bool


@dataclass(frozen=True, slots=True)
class ChangeTrial:
    """One change of light, and after how many captures it was seen; None if it was not."""

    camera: str
    store: int
    before: Lighting
    now: Lighting
    captures: int | None
    signal: str


def run_trials(banks: Sequence[Bank], seed: int, processes: int) -> tuple[list[CalmTrial], list[ChangeTrial]]:
    """Try everything on every camera."""
    with ProcessPoolExecutor(processes, mp_context=get_context("spawn")) as pool:
        calm = track(pool.map(partial(_calm, seed=seed), banks), "nothing changes", len(banks))
        unchanged = [trial for trials in calm for trial in trials]
        change = track(pool.map(partial(_change, seed=seed), banks), "light changes", len(banks))
        changed = [trial for trials in change for trial in trials]
    return unchanged, changed


def _calm(bank: Bank, seed: int) -> list[CalmTrial]:
    trials = []
    for kind in Unchanged:
        for light in Lighting:
            for draw in range(_DRAWS):
                luck = stream(seed, "calm", bank.seed, kind, light, draw)
                trials.append(_window(bank, kind, light, luck, slides=draw % 2 == 1))
    return trials


def _window(bank: Bank, kind: Unchanged, light: Lighting, luck: Generator, slides: bool) -> CalmTrial:
    captures = send(bank, luck, _lights(kind, light, luck), _odds() if kind is Unchanged.OTHER_BAYS else ())
    start = REFERENCE + (_SLIDES if slides else 0)
    decisions = [decision for _, decision in watch(captures, start, min(start + WINDOW, len(captures)))]
    return CalmTrial(
        kind,
        str(bank.kind),
        bank.seed,
        light,
        "slides" if slides else "fills up",
        alarm=any(decision.drifted for decision in decisions),
        undecided=all(decision.undecided for decision in decisions),
    )


def _lights(kind: Unchanged, light: Lighting, luck: Generator) -> Lights:
    other = tuple(Lighting)[(tuple(Lighting).index(light) + 1) % len(Lighting)]
    if kind is Unchanged.TWO_LIGHTS:
        return [other if luck.random() < 0.3 else light for _ in range(VISITS)]
    if kind is Unchanged.SPELLS:
        turns = np.cumsum(luck.random(VISITS) < 0.2) % 2
        return [other if turned else light for turned in turns.tolist()]
    return [light] * VISITS


def _odds() -> list[list[float]]:
    half = BAYS // 2
    return [[1.0 - 0.9 * day / VISITS] * half + [0.1 + 0.9 * day / VISITS] * half for day in range(VISITS)]


def _change(bank: Bank, seed: int) -> list[ChangeTrial]:
    trials = []
    for before, now in permutations(Lighting, 2):
        for draw in range(_CHANGE_DRAWS):
            luck = stream(seed, "change", bank.seed, before, now, draw)
            trials.append(_seen_after(bank, before, now, luck))
    return trials


def _seen_after(bank: Bank, before: Lighting, now: Lighting, luck: Generator) -> ChangeTrial:
    """Change the light overnight, some days after the reference, and count the captures until drift is seen."""
    quiet = REFERENCE + _QUIET + int(luck.integers(10))
    visits = luck.bit_generator.state  # the same visits, whatever the light
    day = int(send(bank, luck, [before] * VISITS).days[quiet]) + 1
    luck.bit_generator.state = visits
    captures = send(bank, luck, [before] * day + [now] * (VISITS - day))
    first = int((captures.days < day).sum())
    looked = watch(captures, first - first % 10, min(first + _PATIENCE, len(captures)))
    until, decision = next(((until, one) for until, one in looked if one.drifted), (None, None))
    signal = "" if decision is None else str(decision.moved[0].signal)
    seen = None if until is None else until - first
    return ChangeTrial(str(bank.kind), bank.seed, before, now, seen, signal)

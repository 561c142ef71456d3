"""Photos of drawn bays of stores that nothing was trained on, at five levels of difficulty, and their truth."""

import math
from collections.abc import Iterator
from dataclasses import dataclass
from enum import StrEnum
from functools import lru_cache

import numpy as np
from numpy.random import Generator

from retail.boxes import DetectionKind
from retail.conditions import Lighting
from retail.planograms import Planogram
from training.synthetic.camera import Shot
from training.synthetic.groups import Group
from training.synthetic.seeds import stream
from training.synthetic.truth import SyntheticCapture
from training.synthetic.world import ShelfWorld, WorldSpec
from vision.bays.photo import BayPhoto

LONGER_SIDE = 1920
_STORES, _BAYS_PER_STORE = 6, 8
_PRODUCTS, _NARROW_PRODUCTS = 300, 900
_NARROW = 6.5  # cm
_DENSE = 100  # facings of a planogram
_STRAIGHT, _LEVEL, _TILT = 8.0, 2.0, 25.0  # degrees
_HIDDEN = 0.3


class Level(StrEnum):
    """What makes a photo hard; each differs from CLEAN in this alone."""

    CLEAN = "clean"  # the whole bay from in front, even light, nothing in the way
    DENSE = "dense"  # narrow packs, a hundred facings or more
    TILTED = "tilted"  # the camera 25 degrees aside, or turned by 25 degrees about its axis, in turn
    OCCLUDED = "occluded"  # shoppers, arms and cartons hide 30 % of the facings
    PARTIAL = "partial"  # a part of the bay: half its width or more, half its height or more


@dataclass(frozen=True, slots=True, eq=False)
class DrawnBay:
    """A photo of a bay, and the planogram that it should keep."""

    level: Level
    planogram: Planogram
    shot: Shot
    truth: SyntheticCapture


def draw_bays(level: Level, count: int, seed: int) -> Iterator[DrawnBay]:
    """Photograph so many bays of a seed's stores, in turn, on another day every time round and at every level."""
    world = world_of(level, seed)
    bays = [bay.id for bay in world.bays if level is not Level.DENSE or _facings(world.planograms[bay.id]) >= _DENSE]
    for number in range(count):
        bay, turn = bays[number % len(bays)], number // len(bays)
        shot = _shot(level, number, stream(seed, "shot", level, number))
        day = turn * len(Level) + list(Level).index(level)
        photo = world.capture(bay, day, lighting=Lighting.NEUTRAL, width=LONGER_SIDE, shot=shot)
        yield DrawnBay(level, world.planograms[bay], shot, photo)


def world_of(level: Level, seed: int) -> ShelfWorld:
    """Return the stores of a level: those of the dense one carry narrow packs alone, all others are the same."""
    dense = level is Level.DENSE
    return _world(seed, _NARROW_PRODUCTS if dense else _PRODUCTS, _NARROW if dense else math.inf)


@lru_cache(maxsize=2)
def _world(seed: int, products: int, widest: float) -> ShelfWorld:
    unseen = Group.HELD_OUT
    return ShelfWorld.build(WorldSpec(seed, products, _STORES, _BAYS_PER_STORE, unseen, unseen, unseen, widest))


def seen_perfectly(truth: SyntheticCapture) -> BayPhoto:
    """Return a photo as a detector and a recogniser without fault would see it."""
    height, width = truth.image.shape[:2]
    chances = tuple({} if gtin is None else {gtin: 1.0} for gtin in truth.gtins)
    return BayPhoto((width, height), truth.boxes, truth.kinds, np.ones(len(truth.boxes), np.float32), chances)


def _shot(level: Level, number: int, rng: Generator) -> Shot:
    yaw, roll = float(rng.uniform(-_STRAIGHT, _STRAIGHT)), float(rng.uniform(-_LEVEL, _LEVEL))
    if level is Level.TILTED:
        tilt = _TILT * float(rng.choice([-1, 1]))
        return Shot(tilt, roll) if number % 2 else Shot(yaw, tilt)
    if level is Level.OCCLUDED:
        return Shot(yaw, roll, hidden=_HIDDEN)
    if level is Level.PARTIAL:
        (left, right), (top, bottom) = _stretch(rng), _stretch(rng)
        return Shot(yaw, roll, (left, top, right, bottom))
    return Shot(yaw, roll)


def _stretch(rng: Generator) -> tuple[float, float]:
    length = float(rng.uniform(0.5, 0.85))
    start = float(rng.uniform(0, 1 - length))
    return start, start + length


def _facings(planogram: Planogram) -> int:
    return sum(position.facings for position in planogram.positions)


def facings_of(truth: SyntheticCapture) -> list[int]:
    """Return the rows of the facings of the bay itself, not of its neighbours."""
    return [
        row
        for row, (kind, bay) in enumerate(zip(truth.kinds, truth.bay_ids, strict=True))
        if kind is DetectionKind.FACING and bay == truth.bay_id
    ]

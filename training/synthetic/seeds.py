"""Random streams that depend on names alone, so that no photo depends on what was drawn before it."""

import zlib

import numpy as np
from numpy.random import Generator, SeedSequence


def stream(seed: int, *names: str | int) -> Generator:
    """Return the generator that a seed and a path of names always lead to, in any process."""
    return np.random.default_rng(SeedSequence([seed, *(zlib.crc32(str(name).encode()) for name in names)]))


def draw_seed(rng: Generator) -> int:
    """Return a seed for something that is drawn later, in another order."""
    return int(rng.integers(0, 2**31))

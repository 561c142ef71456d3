"""Where a fit stands after an epoch, on disk, so that a killed one goes on from there."""

import os
import pickle
import random
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import torch

State = dict[str, Any]


class StateFile:
    """The last two states of a fit in its own scratch folder; tensors and plain values only, no code is unpickled."""

    def __init__(self, folder: Path, fingerprint: str) -> None:
        """Use a folder for the states of one fit; states with another fingerprint are ignored."""
        self._last, self._previous = folder / "last.pt", folder / "previous.pt"
        self._fingerprint = fingerprint

    def write(self, state: State) -> None:
        """Replace the last state; killed at any moment, a readable one remains."""
        partial = self._last.with_suffix(".partial")
        with partial.open("wb") as file:
            torch.save({**state, "fingerprint": self._fingerprint}, file)
            file.flush()
            os.fsync(file.fileno())
        if self._last.exists():
            self._last.replace(self._previous)
        partial.replace(self._last)

    def read(self) -> State | None:
        """Return the newest readable state of this fit, None to begin from the start."""
        return next(self._readable(), None)

    def _readable(self) -> Iterator[State]:
        for path in (self._last, self._previous):
            try:
                state: State = torch.load(path, map_location="cpu", weights_only=True)
            except (OSError, RuntimeError, EOFError, pickle.UnpicklingError):
                continue
            if state.get("fingerprint") == self._fingerprint:
                yield state


def seed_everything(seed: int) -> None:
    """Seed Python, numpy and torch."""
    random.seed(seed)
    np.random.seed(seed % 2**32)
    torch.manual_seed(seed)

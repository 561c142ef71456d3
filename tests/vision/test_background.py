"""Loading a model aside: it gives way meanwhile, and serves like any other afterwards."""

import os
import sys
import threading
from pathlib import Path

import numpy as np
import pytest

from vision.background import give_way
from vision.runtime import OpenVinoRuntime
from vision.starter import ARTEFACT

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="elsewhere priorities belong to processes")
PHOTO = np.random.default_rng(3).integers(0, 255, (1, 192, 192, 3)).astype(np.uint8)


def _priority() -> int:
    return os.getpriority(os.PRIO_PROCESS, threading.get_native_id())


def test_work_gives_way_and_nothing_else_does() -> None:
    before = _priority()
    assert give_way(_priority) == min(19, before + 10)
    assert _priority() == before
    with pytest.raises(ZeroDivisionError):
        give_way(lambda: 1 // 0)


def _ticks() -> dict[int, tuple[int, int]]:
    """Return niceness and processor time of each thread."""
    threads = {}
    for thread in Path("/proc/self/task").iterdir():
        fields = (thread / "stat").read_text().rpartition(")")[2].split()
        threads[int(thread.name)] = (int(fields[16]), int(fields[11]) + int(fields[12]))
    return threads


@pytest.mark.parametrize("streams", [1, 2])
def test_a_model_loaded_aside_answers_the_same_at_the_usual_priority(streams: int) -> None:
    plain = OpenVinoRuntime(ARTEFACT, streams, streams)
    aside = [OpenVinoRuntime(ARTEFACT, streams, streams, aside=True) for _ in range(2)][-1]
    expected, answer = plain.infer(PHOTO), aside.infer(PHOTO)
    assert np.array_equal(expected.boxes, answer.boxes)
    assert np.array_equal(expected.probabilities, answer.probabilities)
    usual, before = _priority(), _ticks()
    for _ in range(20):
        aside.infer(PHOTO)
    spent = [(nice, ticks - before.get(thread, (0, 0))[1]) for thread, (nice, ticks) in _ticks().items()]
    low = sum(ticks for nice, ticks in spent if nice > usual)
    assert sum(ticks for _, ticks in spent) > 5
    assert low == 0

"""Measurements in processes of their own: a fresh peak of memory, and no other library's warm threads."""

import json
import os
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from time import perf_counter
from typing import Any, TypeVar

ROOT = Path(__file__).parents[2]
T = TypeVar("T")


class Failed(RuntimeError):
    """A measurement ended early; the message is the last line that it wrote."""


def measure(part: str, *arguments: object, environment: Mapping[str, str] | None = None) -> dict[str, Any]:
    """Run ``python -m benchmarks.sampling.PART`` and return what it printed last, a JSON object.

    Raises:
        Failed: if it did not end well.
    """
    command = [sys.executable, "-m", f"benchmarks.sampling.{part}", *map(str, arguments)]
    done = subprocess.run(
        command, cwd=ROOT, env=os.environ | (environment or {}), capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        raise Failed((done.stderr.strip().splitlines() or [f"ended with status {done.returncode}"])[-1])
    answer: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return answer


def timed(work: Callable[[], T]) -> tuple[float, T]:
    """Return the seconds that it took, and its result."""
    begin = perf_counter()
    result = work()
    return perf_counter() - begin, result


def forget_peak() -> None:
    """Let the peak of memory begin anew at what this process holds now."""
    Path("/proc/self/clear_refs").write_text("5")


def peak_gigabytes() -> float:
    """Return the most memory that this process held, ever or since `forget_peak`."""
    line = next(line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024 / 1e9


def answer(**found: Any) -> None:
    """Print what `measure` returns, with the peak of memory."""
    print(json.dumps(found | {"gigabytes": peak_gigabytes()}))

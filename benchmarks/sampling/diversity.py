"""Diversity alone: how fast each sampler picks, and how well its picks cover the pool."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from subprocess import CalledProcessError, run
from sys import executable
from typing import Any

import numpy as np

from benchmarks.report import Target
from benchmarks.sampling.pool import generate
from benchmarks.sampling.processes import Failed, measure
from sampling.products import similarities
from sampling.signatures import Floats, Rows, Vectors

TARGETS = {
    "of_kcentre_time": Target(at_most=0.35),
    "of_kcentre_max": Target(at_most=1.1),
    "of_kcentre_mean": Target(at_most=1.0),
}
SIZES = (100_000, 1_000_000)
PICKS = 1000
REPEATS = 3
_OURS, _TEXTBOOK = "ours", "numpy_k_centre"
# Measured once: they take long, and no headline needs them.
_OTHERS = ("faiss_k_means", "lightly_mundig")
# Chord distance to an earlier pick from which on a pick is a near-duplicate.
_NEAR = 0.05
_PORTION = 32_768


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one sampler on one pool; ``missing`` says why nothing did."""

    sampler: str
    size: int
    seconds: Sequence[float]
    gigabytes: float | None
    coverage: Mapping[str, float | None]
    missing: str = ""

    def row(self) -> dict[str, Any]:
        """Return the row of the table."""
        return {
            "sampler": self.sampler,
            "pool": self.size,
            "seconds": median(self.seconds) if self.seconds else None,
            "gigabytes": self.gigabytes,
            **self.coverage,
            "missing": self.missing,
        }


_NOTHING = dict.fromkeys(("picks", "max", "p99", "mean", "near_duplicates"))


def measure_diversity(
    sizes: Sequence[int] = SIZES, repeats: int = REPEATS
) -> tuple[dict[str, float | None], list[dict[str, Any]]]:
    """Return headline and rows; the headline is of the largest pool."""
    outcomes = []
    with tempfile.TemporaryDirectory(prefix="shelfloop-bench-") as name:
        folder = Path(name)
        missing = _install_mundig(folder)
        for size in sizes:
            vectors = generate(size).vectors
            np.save(folder / "pool.npy", vectors)
            outcomes += list(_outcomes(folder, vectors, repeats, missing))
    of_largest = {outcome.sampler: outcome for outcome in outcomes if outcome.size == max(sizes)}
    return _headline(of_largest[_OURS], of_largest[_TEXTBOOK]), [outcome.row() for outcome in outcomes]


def _outcomes(folder: Path, vectors: Vectors, repeats: int, missing: str) -> Iterator[Outcome]:
    seconds: dict[str, list[float]] = {}
    peaks: dict[str, float] = {}
    failures = {"lightly_mundig": missing} if missing else {}
    for sampler in (*(_OURS, _TEXTBOOK) * repeats, *_OTHERS):  # in turn: a busy moment slows both down
        if sampler in failures:
            continue
        try:
            found = measure(
                "samplers",
                *(sampler, folder / "pool.npy", PICKS, folder / f"{sampler}.npy"),
                environment={"PYTHONPATH": str(folder / "packages")},
            )
        except Failed as error:
            failures[sampler] = str(error)
            continue
        seconds.setdefault(sampler, []).append(found["seconds"])
        peaks[sampler] = max(peaks.get(sampler, 0), found["gigabytes"])
    for sampler in (_OURS, _TEXTBOOK, *_OTHERS):
        if sampler in failures:
            yield Outcome(sampler, len(vectors), [], None, _NOTHING, failures[sampler])
        else:
            covered = coverage(vectors, np.load(folder / f"{sampler}.npy"))
            yield Outcome(sampler, len(vectors), seconds[sampler], peaks[sampler], covered)


def _headline(ours: Outcome, textbook: Outcome) -> dict[str, float | None]:
    if ours.missing or textbook.missing:
        return dict.fromkeys(TARGETS)
    ratios = [mine / theirs for mine, theirs in zip(ours.seconds, textbook.seconds, strict=True)]
    of = {key: (ours.coverage[key] or 0) / (textbook.coverage[key] or 1) for key in ("max", "mean")}
    return {"of_kcentre_time": median(ratios), "of_kcentre_max": of["max"], "of_kcentre_mean": of["mean"]}


def coverage(vectors: Vectors, picks: Rows) -> dict[str, float | None]:
    """Return chord distances from each row to its nearest pick, and the share of picks that repeat an earlier one."""
    nearest = np.empty(len(vectors), np.float32)
    for start in range(0, len(vectors), _PORTION):
        nearest[start : start + _PORTION] = similarities(vectors[start : start + _PORTION], vectors[picks]).max(axis=1)
    distances = _chords(nearest)
    among = _chords(np.tril(similarities(vectors[picks], vectors[picks]), k=-1).max(axis=1))
    return {
        "picks": len(picks),
        "max": float(distances.max()),
        "p99": float(np.quantile(distances, 0.99)),
        "mean": float(distances.mean()),
        "near_duplicates": float((among < _NEAR).mean()),
    }


def _chords(similarity: Vectors) -> Floats:
    return np.sqrt(np.maximum(2 - 2 * similarity.astype(np.float64), 0))


def _install_mundig(folder: Path) -> str:
    """Install the compiled sampler beside the project; return why it could not be."""
    command = [executable, "-m", "pip", "install", "--quiet", "--no-deps", "--target", str(folder / "packages")]
    try:
        run([*command, "lightly-mundig"], check=True, capture_output=True, text=True)
    except CalledProcessError as error:
        return f"not installed: {(error.stderr.strip().splitlines() or ['pip failed'])[-1]}"
    return ""

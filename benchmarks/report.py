"""How a benchmark ends: one table on the terminal, one JSON file beside this."""

import json
import math
import os
import platform
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.table import Table

RESULTS = Path(__file__).parent / "results"
_PLAIN_WIDTH = 150  # of a log file
_PACKAGES = ("numpy", "opencv-python-headless", "openvino", "onnxruntime", "fastapi", "torch", "ultralytics")
_DISTRIBUTIONS = {"ultralytics": "ultralytics-opencv-headless"}


@dataclass(frozen=True, slots=True)
class Target:
    """What a headline number should be; one bound or both."""

    at_most: float | None = None
    at_least: float | None = None

    def reached(self, value: float) -> bool:
        """Tell whether a number keeps the bounds."""
        low = -float("inf") if self.at_least is None else self.at_least
        high = float("inf") if self.at_most is None else self.at_most
        return low <= value <= high

    def __str__(self) -> str:
        if self.at_most is not None and self.at_least is not None:
            return f"{self.at_least:g} – {self.at_most:g}"
        return f"≤ {self.at_most:g}" if self.at_most is not None else f"≥ {self.at_least:g}"

    def as_json(self) -> dict[str, float]:
        """Return the bounds that are given, by name."""
        bounds = {"at_most": self.at_most, "at_least": self.at_least}
        return {name: bound for name, bound in bounds.items() if bound is not None}


@dataclass(frozen=True, slots=True)
class Report:
    """Everything one run of a benchmark says.

    Attributes:
        name: the file's name.
        headline: what is claimed; None for what could not be measured, with the reason in a row.
        targets: bounds of headline numbers.
        rows: what the headline was computed from; rows of one kind share their keys.
        seeds: by what they seed.
        machine: `machine()` as it was when the run began.
    """

    name: str
    headline: Mapping[str, float | None]
    targets: Mapping[str, Target]
    rows: Sequence[Mapping[str, Any]]
    seeds: Mapping[str, int]
    machine: Mapping[str, Any]

    def as_json(self) -> dict[str, Any]:
        """Return the file's content."""
        return {
            "name": self.name,
            "headline": {key: _rounded(value) for key, value in self.headline.items()},
            "targets": {key: target.as_json() for key, target in self.targets.items()},
            "rows": [{key: _rounded(value) for key, value in row.items()} for row in self.rows],
            "seeds": dict(self.seeds),
            "versions": _versions(),
            "machine": dict(self.machine),
        }

    def show(self, console: Console | None = None) -> None:
        """Print the tables."""
        console = console or Console(width=None if sys.stdout.isatty() else _PLAIN_WIDTH)
        for table in (*_tables(self.rows), self._verdicts()):
            console.print(table)

    def publish(self, folder: Path = RESULTS, console: Console | None = None) -> Path:
        """Print the tables, write the file and return its path."""
        self.show(console)
        folder.mkdir(parents=True, exist_ok=True)
        path = folder / f"{self.name}.json"
        path.write_text(json.dumps(self.as_json(), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
        return path

    def _verdicts(self) -> Table:
        table = Table("headline", "value", "target", "", title=self.name)
        for key, value in ((key, _rounded(value)) for key, value in self.headline.items()):
            target = self.targets.get(key)
            table.add_row(key, _shown(value), "" if target is None else str(target), _verdict(value, target))
        return table


def machine() -> dict[str, Any]:
    """Return what decides speed here, and how busy it was already; nothing that names this machine."""
    pages, page = os.sysconf("SC_PHYS_PAGES"), os.sysconf("SC_PAGE_SIZE")
    return {
        "system": platform.system(),
        "cpu": _cpu(),
        "cores": os.cpu_count(),
        "memory_gb": round(pages * page / 1e9, 1),
        "load_at_start": round(os.getloadavg()[0], 2),
    }


def _cpu() -> str:
    lines = Path("/proc/cpuinfo").read_text().splitlines() if Path("/proc/cpuinfo").exists() else []
    named = (line.partition(":")[2].strip() for line in lines if line.startswith("model name"))
    return next(named, platform.machine())


def _versions() -> dict[str, str]:
    python = {"python": platform.python_version()}
    return python | {name: version(_DISTRIBUTIONS.get(name, name)) for name in _PACKAGES}


def _verdict(value: float | None, target: Target | None) -> str:
    if value is None:
        return "[yellow]not measured[/]"
    if target is None:
        return ""
    return "[green]reached[/]" if target.reached(value) else "[bold red]NOT REACHED[/]"


def _tables(rows: Sequence[Mapping[str, Any]]) -> list[Table]:
    """Return one table for each kind of row, in the order in which the kinds first appear."""
    tables: dict[tuple[str, ...], Table] = {}
    for row in rows:
        kind = tuple(row)
        table = tables.setdefault(kind, Table(*kind))
        table.add_row(*(_shown(value) for value in row.values()))
    return list(tables.values())


def _rounded(value: Any) -> Any:
    """Round floats for reading; JSON knows no NaN and no infinity, so they are None: not measured."""
    if not isinstance(value, float):
        return value
    return round(value, 4) if math.isfinite(value) else None


def _shown(value: Any) -> str:
    if value is None:
        return "–"
    return f"{value:,.3f}" if isinstance(value, float) else escape(str(value))

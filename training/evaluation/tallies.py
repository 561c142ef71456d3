"""Measures made of sums over captures: any cell and any draw of captures is a sum, finished by one formula."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from training.evaluation.precision import quantiles
from training.evaluation.report import Figure, Measure, evidence_of
from training.matching import draws_of

Floats = NDArray[np.float64]
Finish = Callable[[Floats], Floats]
CATEGORY_IN_STRATUM = "category in stratum"


@dataclass(frozen=True, slots=True, eq=False)
class Tally:
    """What a measure counts; c captures, g categories, k sums.

    Attributes:
        categories: g names; the empty one stands for what has no category.
        sums: (c, g, k).
        counts: (c, g) facings, positions or boxes that count.
        finish: from sums (r, k) to the measure (r,), NaN where it cannot be told.
    """

    categories: Sequence[str]
    sums: Floats
    counts: Floats
    finish: Finish


@dataclass(frozen=True, slots=True)
class Measured:
    """A measure, and each cell's draws by ``overall`` or ``axis cell``."""

    measure: Measure
    draws: dict[str, Floats]


def measured(tally: Tally, cells: Mapping[str, Sequence[str]]) -> Measured | None:
    """Finish a tally for the whole and each cell; None if nothing counts.

    Args:
        tally: of captures.
        cells: by axis, the cell of each capture; the axis ``stratum`` is also crossed with the categories.
    """
    if not tally.counts.any():
        return None
    everywhere = np.ones(len(tally.counts), bool)
    figures: dict[str, dict[str, Figure]] = {}
    draws: dict[str, Floats] = {}

    def cell(axis: str, name: str, captures: NDArray[np.bool_], category: int | None) -> Figure | None:
        figure, drawn = _figure(tally, captures, category)
        if figure is not None:
            draws[f"{axis} {name}".strip()] = drawn
        return figure

    def put(axis: str, name: str, captures: NDArray[np.bool_], category: int | None = None) -> None:
        if (figure := cell(axis, name, captures, category)) is not None:
            figures.setdefault(axis, {})[name] = figure

    overall = cell("overall", "", everywhere, None)
    assert overall is not None
    named = [(place, name) for place, name in enumerate(tally.categories) if name]
    for place, name in named:
        put("category", name, everywhere, place)
    for axis, cell_of in cells.items():
        for name in sorted(set(cell_of)):
            inside = np.array(cell_of) == name
            put(axis, name, inside)
            if axis == "stratum":
                for place, category in named:
                    put(CATEGORY_IN_STRATUM, f"{category} {name}", inside, place)
    return Measured(Measure(overall=overall, cells=figures), draws)


def _figure(tally: Tally, captures: NDArray[np.bool_], category: int | None) -> tuple[Figure | None, Floats]:
    chosen = slice(None) if category is None else slice(category, category + 1)
    sums, counts = tally.sums[captures][:, chosen].sum(1), tally.counts[captures][:, chosen].sum(1)
    if not counts.any():
        return None, np.empty(0)
    draws = tally.finish(draws_of(len(sums)) @ sums)
    (low, high), value = quantiles(draws), float(tally.finish(sums.sum(0, keepdims=True))[0])
    told, count = int((counts > 0).sum()), int(counts.sum())
    figure = Figure(
        value=None if np.isnan(value) else value,
        low=low,
        high=high,
        captures=told,
        count=count,
        evidence=evidence_of(told, count),
    )
    return figure, draws


def share(sums: Floats) -> Floats:
    """Finish (r, 2) of right ones and all."""
    return np.divide(sums[:, 0], sums[:, 1], out=np.full(len(sums), np.nan), where=sums[:, 1] > 0)

"""Counting captures by category and condition.

A labelled capture shows what its labels say; any other one what the recogniser took its distinct looks for.
"""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy.orm import Session

from sampling.coverage import THIN, Category, Cell, Coverage, count_cells, estimate_cells, standing_sentence, tabulate
from service.coverage.queries import (
    NOW,
    Moment,
    categories_of,
    classes_of,
    labelled_cells,
    pool_sample,
    pool_strata,
    products_labelled,
    queued_captures,
    unnamed_cells,
)
from service.coverage.schemas import CellAnswer, CoverageAnswer

GTIN_DIGITS = 14


@dataclass(frozen=True, slots=True)
class PoolCells:
    """Captures of the pool by cell, how many there are, and how many were looked at to know it."""

    cells: Counter[Cell]
    size: int
    read: int


def loop_coverage(session: Session, path: Category) -> CoverageAnswer:
    """Count what the labels of the whole loop show below a node of the category tree."""
    pool = pool_cells(session, NOW, path)
    labelled, queued = count_labelled(session, NOW, path), count_queued(session, NOW, path)
    table = tabulate(labelled, queued, {}, pool.cells)
    return CoverageAnswer(
        category=list(path),
        sentence=standing_sentence(table),
        thin_below=THIN,
        pool_size=pool.size,
        pool_read=pool.read,
        cells=[CellAnswer(**cell_values(row)) for row in table],
    )


def cell_values(row: Coverage) -> dict[str, object]:
    """Return the fields of `CellAnswer`."""
    lighting, angle, store_format = row.cell.stratum.split("/")
    where = {"category": list(row.cell.category), "lighting": lighting, "angle": angle, "format": store_format}
    return where | {"labelled": row.labelled, "queued": row.queued, "pool": row.pool}


def count_labelled(session: Session, moment: Moment, path: Category) -> Counter[Cell]:
    """Count labelled captures by cell."""
    counts = Counter(dict(labelled_cells(session, moment, path)))
    return counts if path else counts + Counter(dict(unnamed_cells(session, moment)))


def count_queued(session: Session, moment: Moment, path: Category) -> Counter[Cell]:
    """Count captures in tasks that wait for labels by cell."""
    return _counted(session, queued_captures(session, moment), path)


def pool_cells(session: Session, moment: Moment, path: Category) -> PoolCells:
    """Count the captures of the pool by cell, of a large pool by a sample."""
    totals = pool_strata(session, moment)
    sample = pool_sample(session, moment, totals)
    cells = estimate_cells(_counted(session, sample, path), Counter(stratum for _, stratum in sample), totals)
    return PoolCells(cells, sum(totals.values()), len(sample))


def shown_by(session: Session, ids: Sequence[str]) -> dict[str, set[Category]]:
    """Return the categories that captures show."""
    labels: dict[str, set[str]] = defaultdict(set)
    for id, gtin in products_labelled(session, ids):
        labels[id].add(gtin)
    classes = labels | classes_of(session, [id for id in ids if id not in labels])
    known = categories_of(session, sorted({one for some in classes.values() for one in some if _is_gtin(one)}))
    return {id: _categories(classes.get(id, ()), known) for id in ids}


def _counted(session: Session, captures: Sequence[tuple[str, str]], path: Category) -> Counter[Cell]:
    shown = shown_by(session, [id for id, _ in captures])
    return count_cells(((stratum, shown[id]) for id, stratum in captures), path)


def _categories(classes: Iterable[str], known: dict[str, Category]) -> set[Category]:
    """Return categories of classes, each a GTIN, a category with its levels joined by "/", or nothing."""
    found = {known.get(one, ()) if _is_gtin(one) else tuple(one.split("/")) for one in classes if one}
    return found - {()}


def _is_gtin(name: str) -> bool:
    return len(name) == GTIN_DIGITS and name.isdigit()

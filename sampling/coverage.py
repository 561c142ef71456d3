"""What labels cover: captures by category × condition, and what a batch adds to that."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from operator import attrgetter

Category = tuple[str, ...]
THIN = 5  # captures; with fewer labelled, a figure about a cell says little
_NAMED_IN_A_SENTENCE = 3


@dataclass(frozen=True, slots=True, order=True)
class Cell:
    """One category in one stratum.

    Attributes:
        category: path in the category tree; empty for facings whose product nobody knows.
        stratum: lighting/angle/format.
    """

    category: Category
    stratum: str

    @property
    def words(self) -> str:
        """The cell as it is said to people."""
        lighting, angle, store_format = self.stratum.split("/")
        shown = " > ".join(self.category) or "unknown products"
        return f"{shown} in {lighting} light, {angle}, {store_format}"


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many captures show a cell; one that shows two categories counts in two cells.

    Attributes:
        cell: category and stratum.
        labelled: captures with labels, before the batch.
        queued: captures in tasks that are not labelled yet, without the batch.
        batch: captures of the batch; 0 where no batch is asked about.
        pool: captures that are left in the pool, the batch not among them.
    """

    cell: Cell
    labelled: int = 0
    queued: int = 0
    batch: int = 0
    pool: int = 0

    @property
    def new(self) -> bool:
        """Whether the batch shows a cell that nothing labelled and nothing queued did."""
        return self.batch > 0 and not self.labelled and not self.queued

    @property
    def bare(self) -> bool:
        """Whether the cell stays without anything labelled, queued or picked, although the pool shows it."""
        return self.pool > 0 and not (self.labelled or self.queued or self.batch)


def count_cells(shown: Iterable[tuple[str, Iterable[Category]]], path: Category = ()) -> Counter[Cell]:
    """Count captures by stratum and by the node directly below `path` that they show.

    Args:
        shown: stratum and categories of each capture; one of which no category is known counts as unknown, `()`.
        path: a node of the category tree; categories elsewhere do not count.
    """
    counts: Counter[Cell] = Counter()
    for stratum, categories in shown:
        counts.update(Cell(node, stratum) for node in nodes_below(categories, path))
    return counts


def nodes_below(categories: Iterable[Category], path: Category = ()) -> set[Category]:
    """Return the nodes directly below `path` that some categories belong to; `path` itself has none and stays.

    Without any category, and at the root alone, that is the unknown one, `()`.
    """
    nodes = {category[: len(path) + 1] for category in categories if category[: len(path)] == path}
    return nodes or ({()} if not path else set())


def estimate_cells(sample: Mapping[Cell, int], read: Mapping[str, int], totals: Mapping[str, int]) -> Counter[Cell]:
    """Scale counts of a sample up to all captures, stratum by stratum (post-stratification), rounded.

    Args:
        sample: of the captures that were read.
        read: how many captures of each stratum these were.
        totals: how many there are.
    """
    return Counter({cell: round(count * totals[cell.stratum] / read[cell.stratum]) for cell, count in sample.items()})


def tabulate(
    labelled: Mapping[Cell, int], queued: Mapping[Cell, int], batch: Mapping[Cell, int], pool: Mapping[Cell, int]
) -> tuple[Coverage, ...]:
    """Put counts beside each other, in the order of the cells."""
    cells = sorted({*labelled, *queued, *batch, *pool})
    return tuple(
        Coverage(cell, labelled.get(cell, 0), queued.get(cell, 0), batch.get(cell, 0), pool.get(cell, 0))
        for cell in cells
    )


def batch_sentence(table: Iterable[Coverage]) -> str:
    """Say what a batch covers that the labelled set did not."""
    rows = list(table)
    new = sorted((row for row in rows if row.new), key=attrgetter("batch"), reverse=True)
    picked = sum(row.batch > 0 for row in rows)
    left = _left(rows, "stays without a label", "stay without a label")
    if not picked:
        return f"The batch shows none of these.{left}"
    if not new:
        return f"Everything the batch shows ({_combinations(picked)}) is labelled or queued somewhere already.{left}"
    says = "is" if len(new) == 1 else "are"
    return f"Of {_combinations(picked)} that the batch shows, {len(new)} {says} new to the labels: {_named(new)}.{left}"


def standing_sentence(table: Iterable[Coverage]) -> str:
    """Say what is labelled and what is not."""
    rows = [row for row in table if row.labelled or row.queued or row.pool]
    if not rows:
        return "There is nothing to cover yet."
    thin, enough = sum(0 < row.labelled < THIN for row in rows), sum(row.labelled >= THIN for row in rows)
    bare = sorted((row for row in rows if not row.labelled), key=attrgetter("pool"), reverse=True)
    said = f"{_combinations(len(rows))}: {enough} with {THIN} labelled captures or more, {thin} with fewer"
    return f"{said}, {len(bare)} with nothing labelled yet: {_named(bare)}." if bare else f"{said}."


def _left(rows: list[Coverage], one: str, many: str) -> str:
    bare = sum(row.bare for row in rows)
    return f" {bare} more that the pool shows {one if bare == 1 else many}." if bare else ""


def _combinations(count: int) -> str:
    return f"{count} {'combination' if count == 1 else 'combinations'} of category and condition"


def _named(rows: list[Coverage]) -> str:
    named = "; ".join(row.cell.words for row in rows[:_NAMED_IN_A_SENTENCE])
    more = len(rows) - _NAMED_IN_A_SENTENCE
    return f"{named}; and {more} more" if more > 0 else named

"""What a round's batch covers that the labelled set did not."""

from collections import defaultdict

from sqlalchemy.orm import Session

from sampling.coverage import THIN, Category, Cell, batch_sentence, nodes_below, tabulate
from service.coverage.queries import Moment, picked_captures
from service.coverage.schemas import RoundCellAnswer, RoundCoverageAnswer
from service.coverage.service import cell_values, count_labelled, count_queued, pool_cells, shown_by
from service.rounds.queries import get_round


def round_coverage(session: Session, round_id: str, path: Category) -> RoundCoverageAnswer:
    """Count what was labelled when a round began, what it picked and what it left, below a node of the category tree.

    Raises:
        Problem: round-not-found.
    """
    moment = Moment(round_id, get_round(session, round_id).created_at)
    ranks = _ranks(session, round_id, path)
    pool = pool_cells(session, moment, path)
    labelled, queued = count_labelled(session, moment, path), count_queued(session, moment, path)
    table = tabulate(labelled, queued, {cell: len(some) for cell, some in ranks.items()}, pool.cells)
    return RoundCoverageAnswer(
        category=list(path),
        sentence=batch_sentence(table),
        thin_below=THIN,
        pool_size=pool.size,
        pool_read=pool.read,
        cells=[
            RoundCellAnswer(**cell_values(row), batch=row.batch, ranks=ranks.get(row.cell, []), new=row.new)
            for row in table
        ],
    )


def _ranks(session: Session, round_id: str, path: Category) -> dict[Cell, list[int]]:
    """Return the ranks of the picks that show each cell."""
    picks = picked_captures(session, round_id)
    shown = shown_by(session, [id for id, _, _ in picks])
    ranks: dict[Cell, list[int]] = defaultdict(list)
    for id, stratum, rank in picks:
        for node in nodes_below(shown[id], path):
            ranks[Cell(node, stratum)].append(rank)
    return ranks

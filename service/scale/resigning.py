"""Re-signing on a cluster: after a promotion, the whole pool is looked at again by many processes."""

from collections.abc import Iterable, Iterator
from itertools import islice

from service.context import Context
from service.models.queries import newest_move
from service.problems import Problem
from service.rounds.resigning import Overtaken
from service.rounds.signature_queries import give_up_signature, renew_signature, unsigned_ids
from service.scale.cluster import BATCH, Cluster, Row
from service.scale.looking import Looker, as_records


def renew_on(context: Context, cluster: Cluster) -> int:
    """Renew every signature that another model than the champion left; return how many captures were looked at.

    As the worker's own job does it, one machine looking and writing: only that many look here. This process alone
    writes, and a worker may renew beside it: what was renewed meanwhile stays as it is. Killed, the rest is left.

    Raises:
        Overtaken: if the champion moved.
        Problem: no-champion before anything was promoted.
    """
    with context.database.read() as session:
        move = newest_move(session)
        if move is None:
            raise Problem(409, "no-champion", "No model serves yet.", remedy="Start the service once.")
        unsigned = unsigned_ids(session, move.model_version)
    wanted = [{"capture_id": id, "left_by": left_by} for id, left_by in unsigned]
    context.naming.refresh()  # what is there for the first time is written here, not by all processes at once
    looked = cluster.mapped(wanted, Looker, context.settings, move.model_version) if wanted else iter(())
    for rows in _portions(looked):
        _write(context, move.id, move.model_version, rows)
    return len(wanted)


def _write(context: Context, promotion: int, version: int, rows: Iterable[Row]) -> None:
    with context.database.write() as session:
        move = newest_move(session)
        if move is None or move.id != promotion:
            raise Overtaken
        for row in rows:
            if row["numbers"] is None:
                give_up_signature(session, row["capture_id"], row["left_by"], version)
            else:
                renew_signature(session, *as_records(row), row["left_by"])


def _portions(rows: Iterator[Row]) -> Iterator[list[Row]]:
    while portion := list(islice(rows, BATCH)):
        yield portion

"""Measuring what a round's picks were worth, in the worker, once at least half of its tasks are done."""

import logging
import threading
from dataclasses import asdict
from datetime import datetime, timedelta

from sqlalchemy.exc import SQLAlchemyError

from service.context import Context
from service.naming.queries import newest_naming
from service.records import RoundRecord, SavingRecord
from service.savings.evidence import Evidence
from service.savings.facings import Facings
from service.savings.queries import Progress, labelled_until, newest_rounds, progress_of

log = logging.getLogger(__name__)
LOOK_SECONDS = 30.0
_ROUNDS = 20  # of which late labels are noticed, the newest
_GROWN = 1.25  # so many times as many labels let a round that is not done be measured again
_TRY_AGAIN = timedelta(hours=1)
_LONGEST_ERROR = 2000


def keep_measuring(context: Context, stopping: threading.Event) -> None:
    """Until `stopping` is set, look every half a minute which rounds got labels enough."""
    while not stopping.is_set():
        try:
            measure_due(context, stopping)
        except SQLAlchemyError:  # a database that restarts
            log.exception("Savings could not be measured; trying again in %g s", LOOK_SECONDS)
        stopping.wait(LOOK_SECONDS)


def measure_due(context: Context, stopping: threading.Event | None = None) -> list[str]:
    """Measure the rounds that are due, oldest first, and return their ids."""
    with context.database.read() as session:
        rounds = newest_rounds(session, _ROUNDS)
        due = [id for id in rounds if _is_due(session.get(SavingRecord, id), progress_of(session, id), context.clock())]
    measured = []
    for round_id in due:
        if stopping is not None and stopping.is_set():
            break
        _measure(context, round_id)
        measured.append(round_id)
    return measured


def _is_due(last: SavingRecord | None, progress: Progress, now: datetime) -> bool:
    if progress.newest_annotation is None or progress.done < progress.all / 2:
        return False
    if last is None or progress.labelled >= _GROWN * last.labelled:
        return True
    if last.error is not None and now - last.at >= _TRY_AGAIN:
        return True
    return progress.done == progress.all and progress.newest_annotation != last.newest_annotation


def _measure(context: Context, round_id: str) -> None:
    with context.database.read() as session:
        round, progress = session.get_one(RoundRecord, round_id), progress_of(session, round_id)
        naming, tasks = newest_naming(session), labelled_until(session, round)
    record = SavingRecord(
        round_id=round_id,
        at=context.clock(),
        newest_annotation=progress.newest_annotation,
        labelled=progress.labelled,
        embedder_id=naming.embedder_id if naming is not None else None,
        of_round=None,
        so_far=None,
        losses={},
        error=None,  # said, or that of an earlier try would stay
    )
    try:
        if naming is not None:
            facings = Facings(context, context.naming.embedders.load(naming.embedder_id))
            evidence = Evidence(facings, round_id, tasks)
            of_round = evidence.of_round()
            so_far = of_round if evidence.is_first else evidence.so_far()
            record.of_round, record.so_far, record.losses = asdict(of_round), asdict(so_far), evidence.losses()
    except SQLAlchemyError:
        raise
    except Exception as error:  # a broken embedder, an image store away: neither may stop the worker
        log.exception("What round %s saved could not be measured", round_id)
        record.error = f"{type(error).__name__}: {error}"[:_LONGEST_ERROR]
    with context.database.write() as session:
        session.merge(record)

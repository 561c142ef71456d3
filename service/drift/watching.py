"""Looking for drift: every ten captures of a camera, and whenever another model serves."""

import logging
import threading
from collections import Counter
from datetime import datetime
from typing import Any

from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.orm import Session

from sampling.drift.change import change_of, changed_since
from sampling.drift.deciding import EVERY, Decision, Moved, comparable, decide
from sampling.drift.history import History
from sampling.drift.typical import typical_pairs
from service.context import Context
from service.drift.histories import Seen, read_history
from service.drift.queries import Scope, find_drift, list_scopes, snapshot_time
from service.models.queries import champion_version
from service.problems import Problem
from service.records import DriftRecord

log = logging.getLogger(__name__)
_LEAST_SHARE = 0.1  # of the captures that differ; a stratum with fewer gets no larger quota


def keep_watching(context: Context, stopping: threading.Event) -> None:
    """Until `stopping` is set, look every few minutes which cameras sent enough to be looked at."""
    seconds = context.settings.drift.look_seconds
    while not stopping.is_set():
        try:
            look_around(context, stopping)
        except Problem:  # no model is registered yet
            pass
        except SQLAlchemyError:  # a database that restarts
            log.exception("Drift could not be looked for; trying again in %g s", seconds)
        stopping.wait(seconds)


def look_around(context: Context, stopping: threading.Event | None = None) -> int:
    """Look at every camera and store that is due, each in a transaction of its own; return how many were.

    Raises:
        Problem: no-model, before the starter is registered.
    """
    with context.database.read() as session:
        model_version, frozen = champion_version(session), snapshot_time(session)
        due = [scope for scope in list_scopes(session) if _is_due(find_drift(session, scope), scope, model_version)]
    for scope in due:
        if stopping is not None and stopping.is_set():
            break
        with context.database.read() as session:
            seen = read_history(session, scope, frozen, model_version)
        decision = decide(seen.history)
        with context.database.write() as session:
            _keep(session, scope, seen, decision, model_version, context.clock())
    return len(due)


def _is_due(last: DriftRecord | None, scope: Scope, model_version: int) -> bool:
    return last is None or last.model_version != model_version or scope.captures - last.captures >= EVERY


def _keep(session: Session, scope: Scope, seen: Seen, decision: Decision, model_version: int, now: datetime) -> None:
    last, start = find_drift(session, scope), seen.history.start
    record = DriftRecord(
        store_id=scope.store_id,
        camera_id=scope.camera_id,
        looked_at=now,
        captures=scope.captures,
        model_version=model_version,
        reference=seen.reference,
        reference_until=seen.taken[start - 1] if start else None,
        drifted=decision.drifted,
        p=decision.p,
        undecided=decision.undecided,
        since=None,
        seen_at_captures=None,
        pairs=[],
        strata=[],
    )
    history = comparable(seen.history)
    if decision.drifted:
        goes_on = last if last is not None and last.drifted and last.model_version == model_version else None
        record.since = goes_on.since if goes_on else _since(history, seen, decision)
        record.seen_at_captures = goes_on.seen_at_captures if goes_on else scope.captures
        history = _from(history, seen, record.since)
        record.pairs = _pairs(history, seen, decision)
        record.strata = _strata(history, seen)
    record.signals = [_signal(history, moved, decision) for moved in decision.signals]
    session.merge(record)


def _since(history: History, seen: Seen, decision: Decision) -> datetime:
    first = history.ids[changed_since(history, decision.moved[0].signal)]
    return seen.taken[seen.history.ids.index(first)]


def _from(history: History, seen: Seen, since: datetime | None) -> History:
    """Leave out what the window shows from before the change; it stands between before and now."""
    times = dict(zip(seen.history.ids, seen.taken, strict=True))
    late = [row for row in range(history.start, len(history)) if since is None or times[history.ids[row]] >= since]
    return history.from_row(late[0] if late else history.start)


def _signal(history: History, moved: Moved, decision: Decision) -> dict[str, Any]:
    change = change_of(history, moved)
    measured = {"signal": moved.signal, "moved": moved in decision.moved, "p": moved.p, "distance": moved.distance}
    return measured | {"before": change.before, "now": change.now, "words": change.words}


def _pairs(history: History, seen: Seen, decision: Decision) -> list[dict[str, str]]:
    bays = dict(zip(seen.history.places.tolist(), seen.bays, strict=True))
    pairs = typical_pairs(history, tuple(moved.signal for moved in decision.moved))
    return [{"bay_id": bays[pair.place], "before": pair.before, "now": pair.now} for pair in pairs]


def _strata(history: History, seen: Seen) -> list[str]:
    """Return the strata in which the captures lie that differ, but for a few strays."""
    strata = dict(zip(seen.history.ids, seen.strata, strict=True))
    differing = Counter(strata[id] for id in history.ids[history.start :])
    return sorted(stratum for stratum, count in differing.items() if count >= _LEAST_SHARE * differing.total())

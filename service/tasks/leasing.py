"""Handing rows to one person at a time: tasks, reviews, clips. None goes to two, none is lost.

A lease is a token on the rows it holds. Whoever comes with another token, or too late, is refused: what was handed on
since is not overwritten. A process that is killed leaves its rows leased until the lease ends, then they are queued
again. On PostgreSQL rows that another transaction is about to take are passed over (SKIP LOCKED); on SQLite writers
come one after the other (BEGIN IMMEDIATE).
"""

import secrets
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from functools import cache, lru_cache, partial
from typing import Any, TypeVar

from sqlalchemy import (
    ARRAY,
    BindParameter,
    ColumnElement,
    Integer,
    Select,
    String,
    Update,
    any_,
    bindparam,
    func,
    literal_column,
    select,
    update,
)
from sqlalchemy.orm import Session, aliased
from sqlalchemy.sql.dml import ReturningUpdate

from labeling.leases import Lease, TaskState, check_transition, is_expired, open_lease
from service.prepared import Prepared, Question, loaded
from service.problems import Problem, not_found
from service.records import Leasable, UtcDateTime

R = TypeVar("R", bound=Leasable)
_FRESH: dict[str, Any] = {"synchronize_session": False, "populate_existing": True}
NAMES = {"tasks": "task", "reviews": "review", "clip_tasks": "clip task"}


def take(
    session: Session,
    record: type[R],
    holder: str,
    now: datetime,
    minutes: float,
    *,
    most: int,
    where: Sequence[ColumnElement[bool]] = (),
    given: Mapping[str, Any] | None = None,
    experts: bool = False,
    most_held: int | None = None,
) -> tuple[Lease, list[R]]:
    """Lease the first queued rows; none if there is none.

    The order is: rows for experts, priority, rank, age.

    Args:
        session: for writing; no other transaction gets these rows, before its end or after.
        record: the table.
        holder: who gets them.
        now: the lease begins.
        minutes: it lasts.
        most: so many rows at most.
        where: only such rows.
        given: values of bound parameters in `where`; for conditions that are the same objects at every call, so that
            the statement is made once: making it takes longer than the lease.
        experts: whether the holder also gets rows for experts.
        most_held: so many rows of the table at most in this person's hands.
    """
    lease = open_lease(holder, now, minutes, lambda: _new_token(now, minutes))
    values = {"for_token": lease.token, "for_holder": holder, "for_now": now, "for_end": lease.leased_until}
    values |= {} if most_held is None else {"for_held": most_held}

    def attempt(number: int) -> Sequence[R]:
        asked = record, tuple(where), experts, most_held is not None, number
        if given is None:
            taking = _taking(*asked, session.get_bind().dialect.name)
            return session.scalars(taking.execution_options(**_FRESH), values).all()
        rows = _taking_again(*asked).rows(session, {**values, **given})  # type: ignore[arg-type]
        return [loaded(session, record, row) for row in rows]

    if session.get_bind().dialect.name != "postgresql":
        return_expired(session, record, now)
    rows = attempt(most)
    if not rows:
        # What this very statement queued again on PostgreSQL is there now; or fewer rows may be held than were asked
        # for.
        free = most if most_held is None else min(most, most_held - _count_held(session, record, holder))
        rows = attempt(free) if free > 0 else ()
    return lease, sorted(rows, key=_place)


def _taking(
    record: type[R], where: tuple[ColumnElement[bool], ...], experts: bool, is_limited: bool, most: int, dialect: str
) -> ReturningUpdate[R]:
    """Return the statement that leases rows; on PostgreSQL it besides queues those again whose lease ran out.

    The number of rows is a part of it and no parameter: not knowing it, PostgreSQL would read the whole table.
    """
    holder = bindparam("for_holder", type_=String)
    ids = queued(record, where, experts).limit(literal_column(str(most), Integer)).with_for_update(skip_locked=True)
    if is_limited:
        held = select(func.count()).where(*_held_by(record, holder)).scalar_subquery()
        ids = ids.where(held + most <= bindparam("for_held", type_=Integer))
    values = {
        "state": TaskState.LEASED,
        "lease_token": bindparam("for_token", type_=String),
        "leased_by": holder,
        "leased_at": _time("for_now"),
        "leased_until": _time("for_end"),
    }
    on_postgresql = dialect == "postgresql"
    taken = update(record).where(_is_one_of(record, ids, on_postgresql)).values(values).returning(record)
    if not on_postgresql:
        return taken
    returned = _returned(record, _time("for_now"), on_postgresql).returning(record.id)
    return taken.add_cte(returned.cte("returned"))


@lru_cache(1024)
def _taking_again(
    record: type[R], where: tuple[ColumnElement[bool], ...], experts: bool, is_limited: bool, most: int
) -> Prepared:
    return Prepared(partial(_taking, record, where, experts, is_limited, most))


def _is_one_of(record: type[R], ids: Select[str], on_postgresql: bool) -> ColumnElement[bool]:
    """Say which rows to update: those that a statement finds and locks, once. A join may find them several times."""
    if not on_postgresql:
        return record.id.in_(ids)
    return record.id == any_(func.array(ids.scalar_subquery(), type_=ARRAY(String)))


def _held_by(record: type[R], holder: str | BindParameter[str]) -> tuple[ColumnElement[bool], ...]:
    held = aliased(record)
    return held.leased_by == holder, held.state == _written(TaskState.LEASED)


def _count_held(session: Session, record: type[R], holder: str) -> int:
    return session.scalar(select(func.count()).where(*_held_by(record, holder))) or 0


def _written(state: TaskState) -> ColumnElement[str]:
    """Return a state as a part of the statement, no parameter: a plan that is kept for all of them is a poor one."""
    return literal_column(f"'{state.value}'", String)


def _time(name: str) -> BindParameter[datetime]:
    return bindparam(name, type_=UtcDateTime)


def queued(record: type[R], where: Sequence[ColumnElement[bool]], experts: bool) -> Select[str]:
    """Return the query for the ids of queued rows in their order."""
    query = select(record.id).where(record.state == _written(TaskState.QUEUED), *where)
    if not experts:
        query = query.where(record.expert.is_(False))
    return query.order_by(record.expert.desc(), record.priority.desc(), record.rank, record.created_at, record.id)


def hold(session: Session, record: type[R], id: str, holder: str, token: str, now: datetime) -> R:
    """Return a row that somebody holds with a token, locked until the transaction ends.

    Raises:
        Problem: NAME-not-found, lease-not-yours, lease-expired or lease-already-used.
    """
    row = session.scalar(select(record).where(record.id == id).with_for_update())
    if row is None:
        name = _name(record)
        raise not_found(name, id, remedy=f"Lease {name}s to get some.")
    _check_held(row, holder, token, now)
    return row


def finish(row: Leasable, state: TaskState) -> None:
    """End the hold on a row; the token stays, so that using it twice can be told from never having had it."""
    check_transition(TaskState(row.state), state)
    row.state, row.leased_until = state, None


def finishing(record: type[R], id: str, holder: str, token: str, now: datetime, state: TaskState) -> Question[R]:
    """Hold a row and finish it, in one statement where all is well; reading the answer raises what `hold` raises."""
    check_transition(TaskState.LEASED, state)
    given = {"for_id": id, "for_token": token, "for_holder": holder, "for_now": now, "for_state": state}

    def read(session: Session, rows: list[Any]) -> R:
        if rows:
            return loaded(session, record, rows[0])
        row = hold(session, record, id, holder, token, now)
        finish(row, state)
        return row

    return Question((_finishing(record), given), read)  # type: ignore[arg-type]  # mypy: is a class hashable?


@cache
def _finishing(record: type[R]) -> Prepared:
    finished = update(record).where(
        record.id == bindparam("for_id", type_=String),
        record.state == _written(TaskState.LEASED),
        record.lease_token == bindparam("for_token", type_=String),
        record.leased_by == bindparam("for_holder", type_=String),
        record.leased_until > _time("for_now"),
    )
    finished = finished.values(state=bindparam("for_state", type_=String), leased_until=None)
    return Prepared(lambda _: finished.returning(record))


def extend(
    session: Session,
    record: type[R],
    id: str,
    holder: str,
    token: str,
    now: datetime,
    minutes: float,
    most_minutes: float,
) -> datetime:
    """Let a lease of which this row is held last so long from now on, and return its new end.

    Args:
        session: for writing.
        record: the table.
        id: of a row that is held; all others that are held with the same token are held as long.
        holder: who holds it.
        token: the lease's.
        now: the time.
        minutes: from now.
        most_minutes: since the lease began; more is cut.

    Raises:
        Problem: as `hold` does.
    """
    row = hold(session, record, id, holder, token, now)
    end = now + timedelta(minutes=minutes)
    if row.leased_at is not None:
        end = min(end, row.leased_at + timedelta(minutes=most_minutes))
    end = max(end, row.leased_until or end)
    same = update(record).where(
        record.leased_by == holder,
        record.state == TaskState.LEASED,
        record.lease_token == token,
        record.leased_until > now,
    )
    session.execute(same.values(leased_until=end), execution_options={"synchronize_session": False})
    session.expire(row)
    return end


def return_expired(session: Session, record: type[R], now: datetime) -> int:
    """Queue rows whose lease ran out, and return how many; the token stays, so that a late holder can be told why."""
    statement = _returned(record, now, session.get_bind().dialect.name == "postgresql")
    result: Any = session.execute(statement, execution_options={"synchronize_session": False})
    return int(result.rowcount)


def _returned(record: type[R], now: datetime | BindParameter[datetime], on_postgresql: bool) -> Update:
    over = select(record.id).where(record.state == _written(TaskState.LEASED), record.leased_until <= now)
    over = over.with_for_update(skip_locked=True)
    return update(record).where(_is_one_of(record, over, on_postgresql)).values(state=TaskState.QUEUED, **NOBODY)


def put(row: Leasable, lease: Lease, now: datetime) -> None:
    """Put one queued row, locked or new, under a lease."""
    check_transition(TaskState(row.state), TaskState.LEASED)
    row.state, row.lease_token, row.leased_by = TaskState.LEASED, lease.token, lease.annotator_id
    row.leased_at, row.leased_until = now, lease.leased_until


NOBODY: dict[str, Any] = {"leased_at": None, "leased_until": None}  # who held it last is still known


def requeue(row: Leasable) -> None:
    """Queue a row anew, whoever holds it now; who held it last is still known."""
    if row.state != TaskState.QUEUED:
        check_transition(TaskState(row.state), TaskState.QUEUED)
    row.state, row.leased_at, row.leased_until = TaskState.QUEUED, None, None


def _place(row: Leasable) -> tuple[Any, ...]:
    return not row.expert, -row.priority, row.rank, row.created_at, row.id


def _check_held(row: Leasable, holder: str, token: str, now: datetime) -> None:
    if not secrets.compare_digest((row.lease_token or "").encode(), token.encode()):
        raise _expired() if _ended(token, now) else _not_yours()
    if row.state in (TaskState.LABELLED, TaskState.SKIPPED):
        raise Problem(
            409,
            "lease-already-used",
            f"This was {row.state} with this lease already.",
            field="lease_token",
            remedy="Look at what became of it, and lease another one.",
        )
    if row.leased_until is None or is_expired(row.leased_until, now):
        raise _expired()
    if row.leased_by != holder:
        raise _not_yours()


def _name(record: type[R]) -> str:
    table: Any = record
    return NAMES.get(table.__tablename__, "row")


def _new_token(now: datetime, minutes: float) -> str:
    # Carries its end, so that who comes too late is told so even after the row went to somebody else.
    return f"{int(now.timestamp() + 60 * minutes)}.{secrets.token_urlsafe(24)}"


def _ended(token: str, now: datetime) -> bool:
    end = token.partition(".")[0]
    return end.isdecimal() and len(end) < 16 and int(end) <= now.timestamp()


def _expired() -> Problem:
    return Problem(
        409,
        "lease-expired",
        "This lease has ended; what it held went back to the queue.",
        field="lease_token",
        remedy="Lease again.",
    )


def _not_yours() -> Problem:
    return Problem(
        403,
        "lease-not-yours",
        "This is not the lease that holds it.",
        field="lease_token",
        remedy="Send the lease_token that came with it, with the key that leased it.",
    )

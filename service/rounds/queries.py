"""SQL about rounds, their pool and their picks."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import CursorResult, Select, func, select, type_coerce
from sqlalchemy.orm import Session
from sqlalchemy.types import NullType

from labeling.costs import ASSUMED_COST
from labeling.leases import Purpose, TaskKind
from sampling.looks import Looks
from sampling.signatures import Pool, PoolBuilder, Vectors
from service.captures.queries import VECTOR
from service.catalogue.queries import in_parts
from service.planograms.resets import reset_times
from service.problems import not_found
from service.records import CaptureRecord, LooksRecord, PickRecord, RoundRecord, SignatureRecord, TaskRecord
from service.signature_numbers import NUMBERS

_ASKS_BOXES = TaskRecord.kind == TaskKind.BOXES  # verdicts on a planogram leave a capture in the pool


def read_pool(
    session: Session,
    model_version: int,
    now: datetime,
    before: datetime | None = None,
    seconds: Callable[[int], float] = ASSUMED_COST.seconds,
) -> Pool:
    """Return the captures that no task holds and that are no near-duplicate of another, in bounded memory.

    Args:
        session: for reading.
        model_version: whose signatures to read; those of another model cannot be compared with them.
        now: until when planogram resets count.
        before: read the pool as it was then, for a replay.
        seconds: models the annotator seconds of a capture from its predicted boxes.
    """
    showing = _showing_resets(session, now, before)
    builder = PoolBuilder(seconds, expected=_count_pool(session, model_version))
    streams = session.get_bind().dialect.name != "sqlite"  # whose cursor streams by itself
    query = _pool_query(model_version, before).execution_options(stream_results=streams)
    # One portion is taken in while the next one is read.
    with session.connection().execute(query) as rows, ThreadPoolExecutor(1) as beside:
        taken_in: Future[None] | None = None
        for portion in rows.partitions(_PORTION) if streams else _bare_portions(rows):
            if taken_in is not None:
                taken_in.result()
            taken_in = beside.submit(_take_in, builder, portion, showing)
        if taken_in is not None:
            taken_in.result()
    return builder.build()


def _bare_portions(rows: CursorResult[*tuple[Any, ...]]) -> Iterator[Sequence[Sequence[Any]]]:
    """Yield rows as the driver has them: a million of SQLAlchemy's would take half a second more."""
    while rows.cursor is not None and (portion := rows.cursor.fetchmany(_PORTION)):
        yield portion


def _take_in(builder: PoolBuilder, portion: Sequence[Sequence[Any]], showing: set[str]) -> None:
    ids, vectors, packed, strata, facings = zip(*portion, strict=True)
    numbers = np.frombuffer(b"".join(packed), NUMBERS)
    builder.append(
        ids=ids,
        vectors=np.frombuffer(b"".join(vectors), VECTOR).reshape(len(ids), -1),
        strata=strata,
        facings=facings,
        resets=[id in showing for id in ids] if showing else np.zeros(len(ids), np.bool_),
        **{column: numbers[name] for column, name in _NUMBERS.items()},
    )


def read_labelled_vectors(session: Session, model_version: int, before: datetime | None = None) -> dict[str, Vectors]:
    """Return image vectors of captures that are labelled or in an open task: a round should look elsewhere."""
    held = select(TaskRecord.capture_id).where(_ASKS_BOXES)
    if before is not None:
        held = held.where(TaskRecord.created_at < before)
    # As a join every signature would be read, however few tasks there are.
    query = select(SignatureRecord.capture_id, SignatureRecord.image_vector).where(
        SignatureRecord.capture_id.in_(held), SignatureRecord.model_version + 0 == model_version
    )
    return {id: _unit(_floats(vector)) for id, vector in session.execute(query)}


def embedder_of_looks(session: Session, model_version: int) -> str | None:
    """Return whose vectors the latest looks are, of most of them; None for the detector's."""
    latest = (
        select(LooksRecord.embedder_id)
        .where(LooksRecord.model_version == model_version)
        .order_by(LooksRecord.capture_id.desc())
        .limit(_LATEST)
    )
    return max(Counter(session.scalars(latest)).items(), key=lambda kind: kind[1], default=(None, 0))[0]


def read_looks(
    session: Session, capture_ids: Sequence[str], model_version: int, embedder_id: str | None = None
) -> dict[str, Looks]:
    """Return the looks of captures by id, of those that have some that can be compared.

    Args:
        session: for reading.
        capture_ids: of any number of captures.
        model_version: whose looks to read.
        embedder_id: whose vectors to read; None for the detector's. Those of two cannot be compared.
    """
    found: dict[str, Looks] = {}
    wanted = select(LooksRecord.capture_id, LooksRecord.looks).where(
        LooksRecord.model_version == model_version, LooksRecord.embedder_id.is_not_distinct_from(embedder_id)
    )
    for some in in_parts(capture_ids):
        rows = session.execute(wanted.where(LooksRecord.capture_id.in_(some)))
        found |= {id: Looks.from_bytes(looks) for id, looks in rows}
    return found


def _showing_resets(session: Session, now: datetime, before: datetime | None) -> set[str]:
    """Return ids of captures taken after a planogram reset that no capture in a task shows."""
    resets = dict(reset_times(session, now))
    for bay_id, shown in _newest_in_tasks(session, list(resets), before):
        if shown >= resets[bay_id]:
            del resets[bay_id]
    found: set[str] = set()
    for bays in in_parts(sorted(resets)):
        since = select(CaptureRecord.id, CaptureRecord.bay_id, CaptureRecord.taken_at).where(
            CaptureRecord.bay_id.in_(bays), CaptureRecord.taken_at >= min(resets[bay] for bay in bays)
        )
        found |= {id for id, bay_id, taken_at in session.execute(since) if taken_at >= resets[bay_id]}
    return found


def _newest_in_tasks(session: Session, bays: list[str], before: datetime | None) -> Iterator[tuple[str, datetime]]:
    """Yield bays of which captures are in a task, each with the time when the newest of these was taken."""
    query = (
        select(CaptureRecord.bay_id, func.max(CaptureRecord.taken_at))
        .join(TaskRecord, TaskRecord.capture_id == CaptureRecord.id)
        .where(_ASKS_BOXES)
        .group_by(CaptureRecord.bay_id)
    )
    if before is not None:
        query = query.where(TaskRecord.created_at < before)
    for some in in_parts(bays):
        yield from session.execute(query.where(CaptureRecord.bay_id.in_(some)))


def list_rounds(session: Session, limit: int) -> Sequence[RoundRecord]:
    """Return rounds, newest first."""
    return session.scalars(select(RoundRecord).order_by(RoundRecord.created_at.desc()).limit(limit)).all()


def get_round(session: Session, round_id: str) -> RoundRecord:
    """Return a round.

    Raises:
        Problem: round-not-found.
    """
    found = session.get(RoundRecord, round_id)
    if found is None:
        raise not_found("round", round_id, remedy="GET /v1/rounds lists the rounds there are.")
    return found


def list_picks(session: Session, round_id: str) -> Sequence[tuple[PickRecord, TaskRecord]]:
    """Return a round's picks with their tasks, in the order of labelling."""
    query = (
        select(PickRecord, TaskRecord)
        .join(
            TaskRecord,
            (TaskRecord.round_id == PickRecord.round_id) & (TaskRecord.capture_id == PickRecord.capture_id),
        )
        .where(PickRecord.round_id == round_id, TaskRecord.purpose == Purpose.LABEL, TaskRecord.part == 0)
        .order_by(PickRecord.rank)
    )
    return [(pick, task) for pick, task in session.execute(query)]


_PORTION = 1000  # rows; larger ones are slower, because the garbage collector looks through them
_LATEST = 500
_NUMBERS = {  # of a pool, and what they are called in a signature
    "hashes": "hash",
    "values": "value",
    "plain": "plain",
    "flips": "flip",
    "boxes": "boxes",
    "doubted": "doubted",
    "unknown": "unknown",
}
_POOL_COLUMNS = (
    SignatureRecord.capture_id,
    type_coerce(SignatureRecord.image_vector, NullType()),  # or each would pass through a function
    type_coerce(SignatureRecord.numbers, NullType()),
    SignatureRecord.stratum,
    func.coalesce(SignatureRecord.facings, SignatureRecord.predicted_boxes),  # not kept of the oldest ones
)


def _pool_query(model_version: int, before: datetime | None) -> Select[*tuple[Any, ...]]:
    held = select(TaskRecord.id).where(TaskRecord.capture_id == SignatureRecord.capture_id, _ASKS_BOXES)
    # Nearly every row is asked for: written like this no index is used, which would look up each one by itself.
    of_model, own = SignatureRecord.model_version + 0 == model_version, SignatureRecord.near_duplicate.is_not(True)
    query = select(*_POOL_COLUMNS).where(of_model, own)
    if before is not None:
        held = held.where(TaskRecord.created_at < before)
        query = query.where(SignatureRecord.received_at <= before)
    return query.where(~held.exists())


def _count_pool(session: Session, model_version: int) -> int:
    """Return how many captures the pool has at most; an index knows."""
    query = select(func.count()).where(
        SignatureRecord.model_version == model_version, SignatureRecord.near_duplicate.is_(False)
    )
    return session.scalar(query) or 0


def _floats(stored: bytes) -> Vectors:
    return np.frombuffer(stored, VECTOR).astype(np.float32)


def _unit(vector: Vectors) -> Vectors:
    """Undo the rounding of float16, which leaves a long vector slightly off unit length."""
    result: Vectors = vector / np.linalg.norm(vector)
    return result

"""SQL about what rounds became, and about the vectors that a round's map is drawn of."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from sqlalchemy import Select, func, select
from sqlalchemy.orm import Session

from labeling.leases import Purpose
from service.catalogue.queries import in_parts
from service.coverage.queries import Moment, drawn, in_pool, labelled, queued
from service.records import CaptureRecord, PickRecord, RoundRecord, SignatureRecord, TaskRecord


class Point(NamedTuple):
    """A capture, the model whose vector it has, and the vector, little-endian float16."""

    capture_id: str
    model_version: int
    vector: bytes


@dataclass(slots=True)
class Batch:
    """What a round picked: picks by arm, tasks by state, and their predicted boxes."""

    arms: Counter[str] = field(default_factory=Counter)
    tasks: Counter[str] = field(default_factory=Counter)
    boxes: int = 0


_POINT = (SignatureRecord.capture_id, SignatureRecord.model_version, SignatureRecord.image_vector)


def batches_of(session: Session, round_ids: Sequence[str]) -> dict[str, Batch]:
    """Return the batches of rounds; of one without picks there is an empty one."""
    found: dict[str, Batch] = defaultdict(Batch)
    key = (RoundRecord.id, TaskRecord.arm, TaskRecord.state)
    counted = select(*key, func.count(), func.sum(TaskRecord.predicted_boxes)).group_by(*key)
    counted = counted.join(TaskRecord, TaskRecord.round_id == RoundRecord.id).where(TaskRecord.purpose == Purpose.LABEL)
    for part in in_parts(round_ids):
        for round_id, arm, state, count, boxes in session.execute(counted.where(RoundRecord.id.in_(part))):
            found[round_id].arms[arm] += count
            found[round_id].tasks[state] += count
            found[round_id].boxes += int(boxes)
    return found


def picked_points(session: Session, round_id: str) -> list[Point]:
    """Return a round's picks in the order of labelling."""
    picked = select(*_POINT).join(PickRecord, PickRecord.capture_id == SignatureRecord.capture_id)
    return _points(session, picked.where(PickRecord.round_id == round_id).order_by(PickRecord.rank))


def labelled_points(session: Session, moment: Moment, model_version: int) -> list[Point]:
    """Return captures that had labels, of many a sample."""
    return _sample(session, _of_captures().where(labelled(moment)), model_version)


def queued_points(session: Session, moment: Moment, model_version: int) -> list[Point]:
    """Return captures that waited in tasks, of many a sample."""
    return _sample(session, _of_captures().where(queued(moment)), model_version)


def pool_points(session: Session, moment: Moment, model_version: int) -> list[Point]:
    """Return captures of the pool, of many a sample."""
    return _sample(session, select(*_POINT).where(in_pool(moment)), model_version)


def _of_captures() -> Select[str, int, bytes]:
    return select(*_POINT).join(CaptureRecord, CaptureRecord.id == SignatureRecord.capture_id)


def _sample(session: Session, wanted: Select[str, int, bytes], model_version: int) -> list[Point]:
    """Return what has a vector of the model, in the order of ids; about as many as a map can show."""
    whole = wanted.where(SignatureRecord.model_version == model_version)
    count = session.scalar(whole.with_only_columns(func.count())) or 0
    return _points(session, whole.where(drawn(count)).order_by(SignatureRecord.capture_id))


def _points(session: Session, wanted: Select[str, int, bytes]) -> list[Point]:
    return [Point(*row) for row in session.execute(wanted)]

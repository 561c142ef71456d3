"""Which piece comes next, by what the labelled ones showed."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select, update
from sqlalchemy.orm import Session

from labeling.clips.picking import labelling_order
from labeling.leases import TaskState
from service.records import ClipAnnotationRecord, ClipTaskRecord
from vision.video.pieces import FEATURES

_SEED = 7


def order_pieces(session: Session, kinds: list[str]) -> None:
    """Give each queued piece its rank by what the labelled ones showed."""
    waiting = session.execute(
        select(ClipTaskRecord.id, ClipTaskRecord.rank, ClipTaskRecord.arm, ClipTaskRecord.features)
        .where(ClipTaskRecord.state == TaskState.QUEUED)
        .order_by(ClipTaskRecord.id)
    ).all()
    known = session.execute(
        select(ClipTaskRecord.features, ClipAnnotationRecord.events)
        .join(ClipAnnotationRecord, ClipAnnotationRecord.task_id == ClipTaskRecord.id)
        .where(ClipAnnotationRecord.superseded_by.is_(None))
        .order_by(ClipTaskRecord.id)
    ).all()
    order = labelling_order(
        _numbers([features for *_, features in waiting]),
        np.array([arm == "random" for _, _, arm, _ in waiting], bool),
        _numbers([features for features, _ in known]),
        [{event["event"] for event in events} for _, events in known],
        kinds,
        _SEED,
    )
    for rank, place in enumerate(order):
        id, before, *_ = waiting[place]
        if before != rank:
            session.execute(update(ClipTaskRecord).where(ClipTaskRecord.id == id).values(rank=rank))


def _numbers(features: list[dict[str, Any]]) -> NDArray[np.float64]:
    return np.array([[one[name] for name in FEATURES] for one in features], float).reshape(-1, len(FEATURES))

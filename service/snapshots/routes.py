"""Snapshots over HTTP."""

from collections import Counter, defaultdict
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from service.auth.callers import require
from service.auth.permissions import Action
from service.dependencies import ContextOf
from service.records import SnapshotRecord
from service.snapshots.keeping import read_snapshot, unpacked
from service.snapshots.queries import get_snapshot, list_snapshots, retrainings_of
from service.snapshots.schemas import BoxCounts, DiffAnswer, SnapshotAnswer, SnapshotDetails
from training.snapshot_diff import diff
from training.snapshots import Snapshot, class_of

router = APIRouter(prefix="/v1/snapshots", tags=["snapshots"], dependencies=[Depends(require(Action.READ_RETRAININGS))])
Hash = Annotated[str, Path(pattern="^[0-9a-f]{8,64}$", description="of the snapshot, or at least its first 8 digits")]


@router.get("")
def read_snapshots(context: ContextOf, limit: Annotated[int, Query(ge=1, le=1000)] = 100) -> list[SnapshotAnswer]:
    """List snapshots, newest first."""
    with context.database.read() as session:
        records = list_snapshots(session, limit)
        trained = retrainings_of(session, [record.hash for record in records])
    return [_answer(record, trained[record.hash]) for record in records]


@router.get("/{hash}")
def read_one_snapshot(context: ContextOf, hash: Hash) -> SnapshotDetails:
    """Show a snapshot: what it holds by class and by condition, and the versions of all that its labels depend on."""
    with context.database.read() as session:
        record = get_snapshot(session, hash)
        snapshot = unpacked(record)
        answer = _answer(record, retrainings_of(session, [record.hash])[record.hash])
    classes, strata = _counted(snapshot)
    return SnapshotDetails(**answer.model_dump(), classes=classes, strata=strata)


@router.get("/{hash}/diff/{other}")
def compare_snapshots(context: ContextOf, hash: Hash, other: Hash) -> DiffAnswer:
    """Tell what changed from a snapshot to another: captures, boxes by class and condition, the split, versions."""
    with context.database.read() as session:
        found = diff(read_snapshot(session, hash), read_snapshot(session, other))
    fields = {name: getattr(found, name) for name in DiffAnswer.model_fields if name != "text"}
    return DiffAnswer.model_validate({**fields, "text": found.lines()}, from_attributes=True)


def _answer(record: SnapshotRecord, retrainings: list[str]) -> SnapshotAnswer:
    fields = {name: getattr(record, name) for name in SnapshotAnswer.model_fields if name != "retrainings"}
    return SnapshotAnswer(**fields, retrainings=retrainings)


def _counted(snapshot: Snapshot) -> tuple[dict[str, BoxCounts], dict[str, BoxCounts]]:
    split = snapshot.split
    parts = {
        "train": split.train,
        "validation": split.validation,
        "set_aside": split.set_aside,
        "synthetic": snapshot.synthetic,
    }
    classes: dict[str, Counter[str]] = defaultdict(Counter)
    strata: dict[str, Counter[str]] = defaultdict(Counter)
    for part, captures in parts.items():
        for capture in captures:
            strata[capture.stratum][part] += len(capture.boxes)
            for box in capture.boxes:
                classes[class_of(box, snapshot.class_mode)][part] += 1
    return (
        {name: BoxCounts(**classes[name]) for name in snapshot.classes},
        {name: BoxCounts(**counts) for name, counts in sorted(strata.items())},
    )

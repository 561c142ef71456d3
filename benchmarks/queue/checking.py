"""What annotators wrote down, held against the records: was anything handed out twice, is anything lost?"""

import json
from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import func, select

from labeling.leases import TaskState
from service.database import Database
from service.records import AnnotationRecord, BlindAnnotationRecord, TaskRecord


@dataclass(frozen=True, slots=True)
class HandedOut:
    """A task that an annotator asked for from ``asked`` on, had got by ``got`` and held until ``until``; seconds."""

    task: str
    asked: float
    got: float
    until: float


@dataclass(frozen=True, slots=True)
class HandedIn:
    """A task that an annotator labelled: committed before ``at``."""

    task: str
    at: float


@dataclass(frozen=True, slots=True)
class Found:
    """What became of all tasks.

    Attributes:
        handed_out: leases.
        pairs: of a lease and a submission that was kept.
        expired: leases that ended without one, by kills and forgetting.
        handed_out_twice: tasks that somebody got while another held them, or after they were labelled.
        labelled_twice: tasks with more than one answer that counts.
        lost: tasks that are not labelled by exactly one answer.
    """

    handed_out: int
    pairs: int
    expired: int
    handed_out_twice: int
    labelled_twice: int
    lost: int


def write_down(log: BinaryIO, event: HandedOut | HandedIn) -> None:
    """Write a line at once: who writes may be killed the next moment."""
    log.write(json.dumps(asdict(event)).encode() + b"\n")


def check(url: str, folder: Path) -> Found:
    """Hold the annotators' logs in a folder against the records."""
    outs: dict[str, list[HandedOut]] = defaultdict(list)
    ins: dict[str, float] = {}
    for event in _read(folder):
        if isinstance(event, HandedOut):
            outs[event.task].append(event)
        else:
            ins[event.task] = event.at
    database = Database(url)
    with database.read() as session:
        states = {id: state for id, state in session.execute(select(TaskRecord.id, TaskRecord.state))}
        answers: dict[str, int] = defaultdict(int)
        for record in (AnnotationRecord, BlindAnnotationRecord):
            counted = select(record.task_id, func.count()).group_by(record.task_id)
            if record is AnnotationRecord:
                counted = counted.where(AnnotationRecord.superseded_by.is_(None))
            answers |= {id: count for id, count in session.execute(counted)}
    database.close()
    twice = {id for id, leases in outs.items() if _overlap(leases, ins.get(id))}
    leases = sum(map(len, outs.values()))
    return Found(
        handed_out=leases,
        pairs=len(answers),
        expired=leases - len(ins),
        handed_out_twice=len(twice),
        labelled_twice=sum(count > 1 for count in answers.values()),
        lost=sum(state != TaskState.LABELLED or answers.get(id) != 1 for id, state in states.items()),
    )


def _overlap(leases: Iterable[HandedOut], labelled: float | None) -> bool:
    in_order = sorted(leases, key=lambda lease: lease.got)
    held = any(later.got < earlier.until for earlier, later in pairwise(in_order))
    return held or (labelled is not None and max(lease.asked for lease in in_order) > labelled)


def _read(folder: Path) -> Iterator[HandedOut | HandedIn]:
    for path in sorted(folder.glob("*.log")):
        for line in path.read_bytes().splitlines(keepends=True):
            if line.endswith(b"\n"):  # else its writer was killed
                event: dict[str, Any] = json.loads(line)
                yield HandedOut(**event) if "until" in event else HandedIn(**event)

"""Whoever is killed while leasing or labelling: no task goes to two, none is lost."""

import os
import random
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path

import pytest
from sqlalchemy import select

from service.context import Context, utc_now
from service.database import Database
from service.problems import Problem
from service.records import AnnotationRecord, TaskRecord
from service.settings import QualitySettings
from service.tasks.holding import LeaseRules, take_tasks
from service.tasks.schemas import AnnotateRequest, LeaseRequest
from service.tasks.submitting import submit_boxes

TASKS, ANNOTATORS, KILLS = 60, 4, 12
RULES = LeaseRules(minutes=1.5 / 60)
QUALITY = QualitySettings(gold_share=0, overlap_share=0)
_processes = get_context("fork")


def work(url: str, annotator: str, log: Path) -> None:
    """Lease two tasks, label them, again, until nothing is left; note each hand-out with its times."""
    database, notes = Database(url), log.open("ab", buffering=0)
    while True:
        now = utc_now()
        with database.write() as session:
            lease, tasks = take_tasks(session, LeaseRequest(count=2), annotator, None, now, RULES)
            ids = [task.id for task in tasks]
        got = utc_now()  # not `now`: who is slow may get what ran out since he asked
        for id in ids:
            notes.write(f"{id} {got.timestamp()} {lease.leased_until.timestamp()}\n".encode())
            request = AnnotateRequest.model_validate({"lease_token": lease.token, "boxes": []})
            try:
                with database.write() as session:
                    submit_boxes(session, id, request, annotator, utc_now(), QUALITY)
            except Problem as refused:
                assert refused.code in ("lease-expired", "lease-not-yours")  # noqa: PT017
        if not ids:
            with database.read() as session:
                if session.scalar(select(TaskRecord.id).where(TaskRecord.state != "labelled").limit(1)) is None:
                    os._exit(0)
            time.sleep(0.05)


@pytest.mark.timeout(300)
def test_killed_annotators_lose_nothing_and_share_nothing(
    context: Context, queue: Callable[..., list[str]], tmp_path: Path
) -> None:
    ids, chance = queue(TASKS), random.Random(3)
    url = context.settings.resolved_database_url
    context.database.close()  # connections must not be shared with the annotators

    def start(number: int) -> BaseProcess:
        process = _processes.Process(target=work, args=(url, f"a{number}", tmp_path / f"{number}.log"))
        process.start()
        return process

    team = [start(number) for number in range(ANNOTATORS)]
    try:
        for _ in range(KILLS):
            time.sleep(chance.uniform(0.02, 0.3))
            number = chance.randrange(ANNOTATORS)
            team[number].kill()
            team[number].join()
            team[number] = start(number)
        for process in team:
            process.join(200)
        assert [process.exitcode for process in team] == [0] * ANNOTATORS
    finally:
        for process in team:
            process.kill()

    with context.database.read() as session:
        annotated = Counter(session.scalars(select(AnnotationRecord.task_id)))
        assert {task.state for task in session.scalars(select(TaskRecord))} == {"labelled"}
    assert annotated == Counter(ids), "each task has one annotation, whoever died over it"
    held: dict[str, list[tuple[float, float]]] = {}
    for line in b"".join(path.read_bytes() for path in tmp_path.glob("*.log")).decode().splitlines():
        id, got, until = line.split()
        held.setdefault(id, []).append((float(got), float(until)))
    for leases in held.values():
        leases.sort()
        assert all(got >= until for (_, until), (got, _) in pairwise(leases))

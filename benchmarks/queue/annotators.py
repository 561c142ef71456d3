"""Annotators as processes of their own, some of whom are killed and some of whom forget what they hold.

Each writes down what it was handed and what it handed in, after the transaction that did so.
"""

import os
import random
import signal
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from multiprocessing.process import BaseProcess
from pathlib import Path
from time import perf_counter, sleep
from typing import ParamSpec, TypeVar

from sqlalchemy import func, select
from sqlalchemy.exc import OperationalError

from benchmarks.queue.checking import HandedIn, HandedOut, write_down
from labeling.leases import TaskState
from service.auth.callers import Caller
from service.auth.permissions import Role
from service.context import utc_now
from service.database import Database
from service.problems import Problem
from service.records import TaskRecord
from service.settings import QualitySettings
from service.tasks.answers import annotation_answer, lease_answer
from service.tasks.holding import LeaseRules, take_tasks
from service.tasks.schemas import AnnotateRequest, LeasedTask, LeaseRequest
from service.tasks.submitting import submit_boxes

P = ParamSpec("P")
T = TypeVar("T")
LEASE_SECONDS = 3.0
FORGOTTEN = 0.01  # share of leases that run out in an annotator's hands
KILL_EVERY = 2.0  # seconds
_WAIT = 0.05
_processes = get_context("fork")  # a killed annotator is back at once: what it needs is imported already


@dataclass(frozen=True, slots=True)
class Team:
    """How a number of annotators worked.

    Attributes:
        seconds: from their start until every task was labelled.
        killed: annotators, by SIGKILL.
    """

    seconds: float
    killed: int


@dataclass(frozen=True, slots=True)
class Desk:
    """Where one annotator works: leases a task, labels it, hands it in."""

    lease: Callable[[], tuple[str, datetime, list[LeasedTask]]]
    submit: Callable[[str, AnnotateRequest], None]
    is_over: Callable[[], bool]


def work_through(open_desk: Callable[[str], Desk], annotators: int, folder: Path, seed: int) -> Team:
    """Let annotators work until nothing is left, killing one now and then; each death is followed by a new one."""
    chance, begin, killed, generation = random.Random(seed), perf_counter(), 0, 0

    def start(number: int) -> BaseProcess:
        path = folder / f"{number}-{generation}.log"
        process = _processes.Process(target=_work, args=(open_desk, f"a{number}", path, chance.random()))
        process.start()
        return process

    team = [start(number) for number in range(annotators)]
    last = perf_counter()
    while any(process.is_alive() for process in team):
        sleep(_WAIT)
        if perf_counter() - last > KILL_EVERY * chance.uniform(0.5, 1.5):
            last, generation, number = perf_counter(), generation + 1, chance.randrange(annotators)
            victim = team[number]
            if victim.is_alive() and victim.pid is not None:
                os.kill(victim.pid, signal.SIGKILL)
                victim.join()
                killed += 1
                team[number] = start(number)
    if any(process.exitcode not in (0, -signal.SIGKILL) for process in team):
        raise RuntimeError("an annotator ended with an error")
    return Team(perf_counter() - begin, killed)


def _work(open_desk: Callable[[str], Desk], annotator: str, path: Path, seed: float) -> None:
    desk, chance = open_desk(annotator), random.Random(seed)
    with path.open("ab", buffering=0) as log:
        while True:
            asked = utc_now()
            token, until, tasks = desk.lease()
            got = utc_now()
            if not tasks:
                if desk.is_over():
                    return
                sleep(_WAIT)
                continue
            for task in tasks:
                write_down(log, HandedOut(task.id, asked.timestamp(), got.timestamp(), until.timestamp()))
                if chance.random() < FORGOTTEN:
                    continue
                boxes = [{name: box[name] for name in ("kind", "box", "gtin")} for box in task.prelabels]
                request = AnnotateRequest.model_validate({"lease_token": token, "boxes": boxes, "seconds": 30})
                try:
                    desk.submit(task.id, request)
                except Problem as refused:
                    if refused.code not in ("lease-expired", "lease-not-yours"):
                        raise
                else:
                    write_down(log, HandedIn(task.id, utc_now().timestamp()))


@dataclass(frozen=True, slots=True)
class AtDatabase:
    """Opens desks at which the service's own functions are called, as its routes call them."""

    url: str
    quality: QualitySettings
    tasks: int = 1  # of a lease

    def __call__(self, annotator: str) -> Desk:
        """Open a desk, with one connection of its own."""
        database = Database(self.url)
        caller = Caller(annotator, annotator, Role.ANNOTATOR, None)
        request = LeaseRequest(count=self.tasks)
        rules = LeaseRules(LEASE_SECONDS / 60, gold_share=self.quality.gold_share)

        def lease() -> tuple[str, datetime, list[LeasedTask]]:
            with database.write() as session:
                lease, tasks = take_tasks(session, request, annotator, None, utc_now(), rules)
                answer = lease_answer(session, lease, tasks, caller)
            return answer.lease_token, answer.leased_until, answer.tasks

        def submit(task_id: str, request: AnnotateRequest) -> None:
            now = utc_now()
            with database.write() as session:
                annotation_answer(*submit_boxes(session, task_id, request, annotator, now, self.quality))

        def is_over() -> bool:
            with database.read() as session:
                return not waiting(session.scalar)

        return Desk(_patient(lease), _patient(submit), is_over)


def _patient(function: Callable[P, T]) -> Callable[P, T]:
    """Ask again where SQLite gives up: its writers do not queue, and one may have no luck for half a minute."""

    def asked(*args: P.args, **kwargs: P.kwargs) -> T:
        while True:
            try:
                return function(*args, **kwargs)
            except OperationalError as error:
                if "database is locked" not in str(error):
                    raise

    return asked


def waiting(scalar: Callable[..., int | None]) -> int:
    """Return how many tasks are queued or held."""
    open_ = TaskRecord.state.in_((TaskState.QUEUED, TaskState.LEASED))
    return scalar(select(func.count()).select_from(TaskRecord).where(open_)) or 0

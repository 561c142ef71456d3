"""What the queue's benchmark counts, from what annotators wrote down."""

from pathlib import Path
from typing import Any

import pytest

from benchmarks.queue.checking import HandedIn, HandedOut, check, write_down
from benchmarks.queue.filling import fill
from service.database import Database
from service.records import TaskRecord


@pytest.fixture
def filled(tmp_path: Path) -> tuple[str, list[str]]:
    url = f"sqlite:///{tmp_path / 'records.sqlite'}"
    fill(url, 2)
    database = Database(url)
    with database.read() as session:
        ids = [task.id for task in session.query(TaskRecord).order_by(TaskRecord.rank)]
    database.close()
    return url, ids


@pytest.mark.parametrize(
    ("events", "twice", "expired"),
    [
        ([HandedOut("0", 1, 1, 4), HandedIn("0", 2)], 0, 0),
        ([HandedOut("0", 1, 1, 4), HandedOut("0", 4, 4, 7), HandedIn("0", 5)], 0, 1),  # the first one ran out
        ([HandedOut("0", 1, 1, 4), HandedOut("0", 3, 5, 7), HandedIn("0", 6)], 0, 1),  # asked early, got it late
        ([HandedOut("0", 1, 1, 4), HandedOut("0", 3, 3, 6), HandedIn("0", 5)], 1, 1),  # two held it
        ([HandedOut("0", 1, 1, 4), HandedIn("0", 2), HandedOut("0", 5, 5, 8)], 1, 1),  # it was labelled already
    ],
)
def test_who_held_what_when(
    filled: tuple[str, list[str]], tmp_path: Path, events: list[Any], twice: int, expired: int
) -> None:
    url, _ = filled
    for number, event in enumerate(events):
        with (tmp_path / f"{number}.log").open("ab") as log:
            write_down(log, event)
    (tmp_path / "killed.log").write_bytes(b'{"task": "0", "at')
    found = check(url, tmp_path)
    assert (found.handed_out_twice, found.expired) == (twice, expired)
    assert (found.pairs, found.lost) == (0, 2), "no task has an annotation"

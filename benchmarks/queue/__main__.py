"""How fast tasks are leased and labelled, by whomever is killed meanwhile: none twice, none lost. `make bench-queue`

Sixteen annotators, each a process with one connection, call the service's own functions as its routes do: lease a task
with all that its page needs, submit its ten boxes, again. Now and then one is killed, and a share of the leases runs
out. PostgreSQL runs with its own defaults: every commit waits for the disk.
"""

import argparse
import signal
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text

from benchmarks.queue.annotators import AtDatabase, Desk, work_through
from benchmarks.queue.checking import check
from benchmarks.queue.databases import postgres
from benchmarks.queue.doors import service
from benchmarks.queue.filling import fill
from benchmarks.report import Report, Target, machine
from service.settings import QualitySettings

ANNOTATORS, TASKS = 16, 20_000
BESIDE = 5  # the other figures are of so many times fewer tasks
SEED = 5
TARGETS = {
    "per_second_postgres": Target(at_least=500),
    "handed_out_twice": Target(at_most=0),
    "lost": Target(at_most=0),
}
UNCHECKED = QualitySettings(gold_share=0, overlap_share=0)  # no copies: each task is one pair


def main() -> None:
    """Fill each queue, let it be worked through, count, publish."""
    arguments, started = _arguments(), machine()
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # unwinds, so that no server outlives the benchmark
    with tempfile.TemporaryDirectory(prefix="shelfloop-bench-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # PostgreSQL may run as another user
        with postgres(folder / "postgres") as server:
            rows = list(_rows(server, folder, arguments.tasks))
    report = Report(
        name="queue",
        headline={
            "per_second_postgres": rows[0]["pairs_per_second"],
            "per_second_postgres_ten_a_lease": rows[1]["pairs_per_second"],
            "per_second_sqlite": rows[2]["pairs_per_second"],
            "per_second_http": rows[3]["pairs_per_second"],
            "handed_out_twice": sum(row["handed_out_twice"] for row in rows),
            "lost": sum(row["lost"] for row in rows),
        },
        targets=TARGETS,
        rows=rows,
        seeds={"kills": SEED},
        machine=started,
    )
    report.publish() if arguments.tasks == TASKS else report.show()


def _rows(server: str, folder: Path, tasks: int) -> Iterator[dict[str, Any]]:
    some = tasks // BESIDE
    url = _database(server, "one")
    yield _row("PostgreSQL, a task a lease", url, AtDatabase(url, UNCHECKED), folder / "one", tasks)
    url = _database(server, "ten")
    yield _row("PostgreSQL, ten tasks a lease", url, AtDatabase(url, UNCHECKED, 10), folder / "ten", some)
    url = f"sqlite:///{folder / 'records.sqlite'}"
    yield _row("SQLite, a task a lease", url, AtDatabase(url, UNCHECKED), folder / "sqlite", some)
    url = _database(server, "http")
    fill(url, some)
    with service(url, folder / "home", ANNOTATORS) as doors:
        yield _worked("PostgreSQL over HTTP, one server process", url, doors, folder / "http", some)


def _row(what: str, url: str, desks: Callable[[str], Desk], logs: Path, tasks: int) -> dict[str, Any]:
    fill(url, tasks)
    return _worked(what, url, desks, logs, tasks)


def _worked(what: str, url: str, desks: Callable[[str], Desk], logs: Path, tasks: int) -> dict[str, Any]:
    logs.mkdir()
    team = work_through(desks, ANNOTATORS, logs, seed=SEED)
    found = check(url, logs)
    return {
        "queue": what,
        "annotators": ANNOTATORS,
        "tasks": tasks,
        "pairs_per_second": found.pairs / team.seconds,
        "killed": team.killed,
        "leases": found.handed_out,
        "ran_out": found.expired,
        "handed_out_twice": found.handed_out_twice,
        "labelled_twice": found.labelled_twice,
        "lost": found.lost,
    }


def _database(server: str, name: str) -> str:
    """Make a database, and return its address."""
    engine = create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(f'CREATE DATABASE "{name}"'))
    engine.dispose()
    return f"{server}/{name}"


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--tasks", type=int, default=TASKS, help="other than the default: writes nothing")
    return parser.parse_args()


if __name__ == "__main__":
    main()

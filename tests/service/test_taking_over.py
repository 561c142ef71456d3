"""Whose jobs are taken over, and when."""

from dataclasses import dataclass, field

import pytest

from service.jobs import sole_worker
from service.settings import Settings
from service.taking_over import GONE_AFTER_SECONDS, look


@dataclass
class LiteralJobs:
    """Knows who took up which jobs; those that are taken over are its own."""

    others: dict[str, list[str]]
    taken: list[str] = field(default_factory=list)

    def of_other_workers(self) -> dict[str, list[str]]:
        return dict(self.others)

    def take_over(self, worker: str) -> list[str]:
        self.taken += self.others[worker]
        return self.others.pop(worker)


@pytest.fixture
def jobs() -> LiteralJobs:
    return LiteralJobs({"w2": ["a", "b"]})


def test_the_jobs_of_a_name_that_nobody_holds_are_taken_after_a_while(settings: Settings, jobs: LiteralJobs) -> None:
    if settings.resolved_jobs_url.startswith("sqlite"):
        pytest.skip("with SQLite there is no other worker to wait for")
    gone_since: dict[str, float] = {}
    with sole_worker(settings, "w2"):
        look(jobs, settings, gone_since, 0.0)  # type: ignore[arg-type]
        assert gone_since == {}
    look(jobs, settings, gone_since, 10.0)  # type: ignore[arg-type]
    look(jobs, settings, gone_since, 10.0 + GONE_AFTER_SECONDS - 1)  # type: ignore[arg-type]
    assert (jobs.taken, gone_since) == ([], {"w2": 10.0})
    look(jobs, settings, gone_since, 10.0 + GONE_AFTER_SECONDS)  # type: ignore[arg-type]
    assert jobs.taken == ["a", "b"]
    look(jobs, settings, gone_since, 200.0)  # type: ignore[arg-type]
    assert gone_since == {}


def test_a_worker_that_came_back_keeps_its_jobs(settings: Settings, jobs: LiteralJobs) -> None:
    if settings.resolved_jobs_url.startswith("sqlite"):
        pytest.skip("with SQLite there is no other worker to wait for")
    gone_since: dict[str, float] = {}
    look(jobs, settings, gone_since, 0.0)  # type: ignore[arg-type]
    with sole_worker(settings, "w2"):
        look(jobs, settings, gone_since, 40.0)  # type: ignore[arg-type]
    look(jobs, settings, gone_since, 70.0)  # type: ignore[arg-type]
    assert (jobs.taken, gone_since) == ([], {"w2": 70.0})


def test_who_has_a_sqlite_file_takes_what_others_left_in_it_at_once(settings: Settings, jobs: LiteralJobs) -> None:
    if not settings.resolved_jobs_url.startswith("sqlite"):
        pytest.skip("with PostgreSQL the other worker may come back")
    look(jobs, settings, {}, 0.0)  # type: ignore[arg-type]
    assert jobs.taken == ["a", "b"]

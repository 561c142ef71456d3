"""A job that ends by an error that is none of its own begins again."""

import threading
import time

import pytest

from service.jobs import Jobs
from service.settings import Settings


def test_a_job_that_broke_is_handed_over_again_and_one_that_ended_is_not(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.jobs.REPAIR_SECONDS", 0.1)
    begun: list[str] = []
    ended = threading.Event()

    def job(id: str) -> None:
        begun.append(id)
        if len(begun) == 1:
            raise RuntimeError("the jobs database is full")
        ended.set()

    jobs = Jobs(settings.resolved_jobs_url, "w1", {"things": job})
    try:
        while not ended.wait(0.2):  # a worker hands over whatever is unfinished, again and again
            jobs.hand_over("things", "a")
        for _ in range(5):
            jobs.hand_over("things", "a")
        time.sleep(0.5)
    finally:
        jobs.close()
    assert begun == ["a", "a"]
    assert jobs.lost() == set()

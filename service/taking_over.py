"""Jobs of a worker that is gone for good are taken over by another one.

A worker that is killed picks its jobs up when it is back. One whose machine died never is: when nobody has held its
name for a minute, another worker goes on in its place. Should the first one only have been cut off, it ends itself as
soon as it sees that what it runs is another's.
"""

import logging
import threading
import time

from service.jobs import Jobs, vacancy
from service.settings import Settings

log = logging.getLogger(__name__)
LOOK_SECONDS = 5.0
# Longer than a restart of the worker or of the database takes, or a job would change hands for nothing.
GONE_AFTER_SECONDS = 60.0


def keep_taking_over(jobs: Jobs, settings: Settings, stopping: threading.Event) -> None:
    """Until `stopping` is set, look for jobs whose worker is gone; set it where this worker's own were taken."""
    gone_since: dict[str, float] = {}
    while not stopping.wait(LOOK_SECONDS):
        try:
            if lost := jobs.lost():
                log.error("Another worker took over %s while this one was cut off: it ends", ", ".join(sorted(lost)))
                stopping.set()
                return
            look(jobs, settings, gone_since, time.monotonic())
        except Exception as error:  # the database away: it may come back
            log.warning("Jobs of other workers could not be looked at, once more in %g s: %s", LOOK_SECONDS, error)


def look(jobs: Jobs, settings: Settings, gone_since: dict[str, float], now: float) -> None:
    """Take over the jobs of workers that were gone at each look for long enough.

    Args:
        jobs: of this worker.
        settings: of this process.
        gone_since: when each such worker was first seen to be gone; kept between looks.
        now: seconds of a clock that only goes forward.
    """
    owners = jobs.of_other_workers()
    for name in gone_since.keys() - owners.keys():
        del gone_since[name]
    # Whoever asks is the only worker of a SQLite file: there is no other that could come back.
    patience = 0.0 if settings.resolved_jobs_url.startswith("sqlite") else GONE_AFTER_SECONDS
    for name in owners:
        with vacancy(settings, name) as vacant:
            if not vacant:
                gone_since.pop(name, None)
            elif now - gone_since.setdefault(name, now) >= patience:
                log.warning("Worker %s is gone; its jobs are taken over: %s", name, ", ".join(jobs.take_over(name)))

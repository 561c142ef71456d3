"""How many photos are worked on at once, and how many may wait: never an unbounded queue."""

import asyncio
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from typing import TypeVar

from service import metrics
from service.problems import Problem

T = TypeVar("T")
RETRY_AFTER = 2


class Admission:
    """Lets photos in on the event loop and works on them in its own threads, in the order they came."""

    def __init__(self, at_once: int, waiting: int) -> None:
        """Set how many are worked on at once, and how many more may wait."""
        self._most = at_once + waiting
        self._inside = 0
        self._threads = ThreadPoolExecutor(at_once, thread_name_prefix="photo")

    @contextmanager
    def admit(self) -> Iterator[None]:
        """Hold a place from before the photo's bytes are read until its answer is known.

        Raises:
            Problem: 503 if all places are taken.
        """
        if self._inside >= self._most:
            metrics.photos_refused.inc()
            raise Problem(
                503,
                "overloaded",
                "More photos are waiting than can be answered soon.",
                remedy="Send it again after the time in Retry-After.",
                retry_after=RETRY_AFTER,
            )
        self._inside += 1
        metrics.photos_admitted.inc()
        try:
            yield
        finally:
            self._inside -= 1
            metrics.photos_admitted.dec()

    async def run(self, work: Callable[[], T]) -> T:
        """Do the work in one of the threads."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, work)

    def close(self) -> None:
        """Finish what is being worked on."""
        self._threads.shutdown()

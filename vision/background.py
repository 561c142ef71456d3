"""Work that gives way to everything else this machine does."""

import os
import sys
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

_NICER = 10
T = TypeVar("T")


def give_way(work: Callable[[], T]) -> T:
    """Do the work in a thread of low priority and return what it returns.

    Threads that the work starts keep that priority for good; where it cannot be set, it stays as it is.
    """
    with ThreadPoolExecutor(1, "background", _lower_priority) as pool:
        return pool.submit(work).result()


def _lower_priority() -> None:
    if sys.platform == "linux":  # elsewhere priorities belong to processes
        thread = threading.get_native_id()
        os.setpriority(os.PRIO_PROCESS, thread, min(19, os.getpriority(os.PRIO_PROCESS, thread) + _NICER))

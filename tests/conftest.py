"""What every test may ask for."""

import gc
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

# Before any test imports a library that computes in threads: tests compute little and several run at once, so threads
# that wait for their turn take most of the time, here and in the processes that tests start.
os.environ.setdefault("OMP_NUM_THREADS", "1")

# Nearly every test of the service flushes records and pictures to a disk that is busy with those of others.
_memory = Path("/dev/shm")
if _memory.is_dir() and shutil.disk_usage(_memory).free > 4 * 2**30:
    os.environ.setdefault("PYTEST_DEBUG_TEMPROOT", str(_memory))


pytest_plugins = ("tests.service.databases",)  # its fixtures may not be named in a conftest further down


def missing(what: str) -> None:
    """Skip because something is not there; under SHELFLOOP_STRICT=1 fail instead."""
    if os.environ.get("SHELFLOOP_STRICT") == "1":
        pytest.fail(f"{what} is missing and SHELFLOOP_STRICT=1 is set")
    pytest.skip(f"{what} is missing")


@pytest.fixture(scope="session", name="missing")
def report_missing() -> Callable[[str], None]:
    """`missing`, for tests and fixtures of the folders below."""
    return missing


@pytest.fixture(scope="session")
def shop_data() -> Path:
    """Folder of real photos, named by SHELFLOOP_DATA."""
    folder = Path(os.environ.get("SHELFLOOP_DATA", ""))
    if not (folder / "fridge-azure").is_dir():
        missing("the folder of real photos that SHELFLOOP_DATA names")
    return folder


def pytest_collection_finish() -> None:
    """Let the garbage collector pass by what was imported: looking through it took a third of a service test's time."""
    gc.collect()
    gc.freeze()

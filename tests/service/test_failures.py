"""What is tried again, and what people are told to do."""

import errno

import pytest
from sqlalchemy.exc import OperationalError

from service.failures import explained, may_pass
from service.problems import Problem

FULL = OSError(errno.ENOSPC, "No space left on device")
# What torch says when the disk is full while it writes a state.
TORN = RuntimeError("[enforce fail at inline_container.cc:671] . unexpected pos 704 vs 598")
TORN.__context__ = OSError(errno.EFBIG, "File too large")
SQLITE_FULL = OperationalError("INSERT", {}, Exception("database or disk is full"))
NO_MEMORY = RuntimeError("[enforce fail at alloc_cpu.cpp:121] . DefaultCPUAllocator: can't allocate memory: you tried")
MLFLOW = Problem(503, "mlflow-unreachable", "MLflow is away.", remedy="Check that it runs.", retry_after=10)


@pytest.mark.parametrize("error", [FULL, TORN, SQLITE_FULL, MLFLOW, ConnectionError("no route"), TimeoutError("slow")])
def test_what_may_pass_is_tried_again(error: Exception) -> None:
    assert may_pass(error)


@pytest.mark.parametrize("error", [NO_MEMORY, MemoryError(), FileNotFoundError(errno.ENOENT, "gone"), KeyError("bug")])
def test_what_cannot_pass_is_not(error: Exception) -> None:
    assert not may_pass(error)


@pytest.mark.parametrize("error", [FULL, TORN, SQLITE_FULL])
def test_a_full_disk_says_what_to_do(error: Exception) -> None:
    assert explained(error).endswith("free space below its home folder, then order it again.")


@pytest.mark.parametrize("error", [NO_MEMORY, MemoryError()])
def test_memory_that_ran_out_says_what_to_do(error: Exception) -> None:
    assert "choose a smaller batch or image_size" in explained(error)


def test_a_problem_brings_its_own_remedy() -> None:
    assert explained(MLFLOW) == "mlflow-unreachable: MLflow is away. Check that it runs."


def test_what_nobody_knows_a_remedy_for_stays_as_it_is() -> None:
    assert explained(ConnectionError("no route")) == "ConnectionError: no route"

from datetime import UTC, datetime, timedelta
from itertools import product

import pytest

from labeling.leases import (
    Effort,
    ForbiddenTransition,
    Lease,
    TaskState,
    check_transition,
    fit_tasks,
    is_expired,
    open_lease,
)

NOON = datetime(2026, 5, 4, 12, tzinfo=UTC)
TASKS = [Effort(10, 30), Effort(0, 30), Effort(20, 60), Effort(1, 10)]


@pytest.mark.parametrize(
    ("boxes", "minutes", "count"),
    [
        (31, None, 3),  # the empty one counts as one box
        (30, None, 2),
        (32, None, 4),
        (5, None, 1),  # the first always fits
        (None, 2.0, 3),
        (None, 1.99, 2),
        (None, 0.1, 1),
        (1000, 1.0, 2),
        (10, 60.0, 1),
    ],
)
def test_fit_tasks(boxes: int | None, minutes: float | None, count: int) -> None:
    assert fit_tasks(TASKS, boxes=boxes, minutes=minutes) == count


def test_no_task_fits_an_empty_queue() -> None:
    assert fit_tasks([], boxes=5) == 0


@pytest.mark.parametrize(("boxes", "minutes"), [(None, None), (0, None), (5, 0.0), (None, -1.0)])
def test_fit_tasks_needs_a_limit(boxes: int | None, minutes: float | None) -> None:
    with pytest.raises(ValueError, match="limit a lease"):
        fit_tasks(TASKS, boxes=boxes, minutes=minutes)


def test_lease_ends_on_time() -> None:
    lease = open_lease("ann", NOON, minutes=30, new_token=lambda: "secret")
    assert lease == Lease("ann", "secret", NOON + timedelta(minutes=30))
    assert not is_expired(lease.leased_until, NOON + timedelta(minutes=29, seconds=59))
    assert is_expired(lease.leased_until, NOON + timedelta(minutes=30))


def test_transitions() -> None:
    allowed = []
    for before, after in product(TaskState, TaskState):
        try:
            check_transition(before, after)
        except ForbiddenTransition:
            continue
        allowed.append(f"{before} {after}")
    assert allowed == [
        "queued leased",
        "leased queued",
        "leased labelled",
        "leased skipped",
        "labelled queued",
        "skipped queued",
    ]


def test_a_forbidden_transition_says_what_is_possible() -> None:
    with pytest.raises(ForbiddenTransition, match="a queued task cannot become labelled, only leased"):
        check_transition(TaskState.QUEUED, TaskState.LABELLED)

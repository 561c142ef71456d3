"""Rules of tasks and leases; the clock and the randomness come from the caller."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum


class TaskState(StrEnum):
    """Where a task is on its way."""

    QUEUED = "queued"
    LEASED = "leased"
    LABELLED = "labelled"
    SKIPPED = "skipped"


class Purpose(StrEnum):
    """What a task is labelled for. The annotator is not told: overlap and gold are blind copies."""

    LABEL = "label"
    OVERLAP = "overlap"
    GOLD = "gold"


class TaskKind(StrEnum):
    """What is asked of the annotator: boxes and products, or verdicts against the planogram."""

    BOXES = "boxes"
    VERDICTS = "verdicts"


class SkipReason(StrEnum):
    """Why an annotator passed a task over."""

    UNREADABLE = "unreadable"
    NOT_A_SHELF = "not_a_shelf"
    DUPLICATE = "duplicate"
    TOO_HARD = "too_hard"
    OTHER = "other"


class EscalationReason(StrEnum):
    """Why an annotator leaves a task to an expert."""

    UNSURE_OF_PRODUCT = "unsure_of_product"
    RULE_MISSING = "rule_missing"
    PHOTO_UNCLEAR = "photo_unclear"
    OTHER = "other"


class ForbiddenTransition(ValueError):
    """A task cannot go from one state to the other."""


_ALLOWED = {
    TaskState.QUEUED: {TaskState.LEASED},
    TaskState.LEASED: {TaskState.LABELLED, TaskState.SKIPPED, TaskState.QUEUED},  # queued: released or expired
    TaskState.LABELLED: {TaskState.QUEUED},  # a review or a catalogue change sends it back
    TaskState.SKIPPED: {TaskState.QUEUED},
}


def check_transition(before: TaskState, after: TaskState) -> None:
    """Let a task go from one state to the next.

    An expired lease goes back to queued before somebody else can lease the task.

    Raises:
        ForbiddenTransition: naming the states that are possible instead.
    """
    if after not in _ALLOWED[before]:
        possible = " or ".join(sorted(_ALLOWED[before]))
        raise ForbiddenTransition(f"a {before} task cannot become {after}, only {possible}")


@dataclass(frozen=True, slots=True)
class Lease:
    """A time-limited hold on tasks by one annotator; only who shows its token may submit them."""

    annotator_id: str
    token: str
    leased_until: datetime


def open_lease(annotator_id: str, now: datetime, minutes: float, new_token: Callable[[], str]) -> Lease:
    """Open a lease from ``now`` on; ``new_token`` makes an unguessable text, ``secrets.token_urlsafe`` say."""
    return Lease(annotator_id, new_token(), now + timedelta(minutes=minutes))


def is_expired(leased_until: datetime, now: datetime) -> bool:
    """Whether a lease is over: from ``leased_until`` on, that moment included."""
    return now >= leased_until


@dataclass(frozen=True, slots=True)
class Effort:
    """What a task asks of an annotator: boxes drawn beforehand and modelled seconds."""

    boxes: int
    seconds: float


def fit_tasks(tasks: Sequence[Effort], *, boxes: int | None = None, minutes: float | None = None) -> int:
    """Return how many of the ordered tasks fit into a lease limited by boxes, by minutes, or by both.

    The order is kept: the first task that does not fit ends the lease. The first task always fits, else one larger
    than every limit would never be leased. A task without boxes counts as one.

    Raises:
        ValueError: if neither limit is given, or one is not above 0.
    """
    limits = [limit for limit in (boxes, minutes) if limit is not None]
    if not limits or not all(limit > 0 for limit in limits):
        raise ValueError("limit a lease by boxes or by minutes, above 0")
    used_boxes, used_seconds = 0, 0.0
    for count, task in enumerate(tasks):
        used_boxes += max(task.boxes, 1)
        used_seconds += task.seconds
        over = (boxes is not None and used_boxes > boxes) or (minutes is not None and used_seconds > 60 * minutes)
        if over and count:
            return count
    return len(tasks)

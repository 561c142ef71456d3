"""What people mark in a piece of a clip: which event, from when to when, and what moves there."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Protocol

_SLACK = 1e-6  # seconds; times travel as decimal numbers


class InvalidEvent(ValueError):
    """An event that cannot be kept: the field, what is wrong with it, what to do."""

    def __init__(self, field: str, detail: str, remedy: str) -> None:
        super().__init__(f"{field} {detail}; {remedy}")
        self.field, self.detail, self.remedy = field, detail, remedy


class Marked(Protocol):
    """An event as somebody sends it."""

    @property
    def event(self) -> str:
        """The event's id in the list."""

    @property
    def start(self) -> float:
        """Seconds since the clip began."""

    @property
    def end(self) -> float:
        """Seconds since the clip began."""

    @property
    def track(self) -> int | None:
        """What moves there."""


@dataclass(frozen=True, slots=True, order=True)
class Event:
    """An event: its id in the list, seconds since the clip began, and the track that it is about, where one is."""

    start: float
    end: float
    event: str
    track: int | None = None


@dataclass(frozen=True, slots=True)
class Piece:
    """A labelled piece: where it begins and ends in its clip, in seconds, and the events in it."""

    id: str
    begins: float
    ends: float
    events: tuple[Event, ...]


def check_events(
    marks: Sequence[Marked], known: Collection[str], begins: float, ends: float, tracks: Collection[int]
) -> tuple[Event, ...]:
    """Return the events of a piece in the order of time.

    Args:
        marks: as they were sent.
        known: ids of the event list.
        begins: of the piece, in seconds since the clip began.
        ends: of the piece.
        tracks: numbers of what moves in the piece.

    Raises:
        InvalidEvent: for an unknown event or track, one that ends before it starts or lies outside of the piece, and
            for one that is marked twice.
    """
    events: list[Event] = []
    for place, mark in enumerate(marks):
        field = f"events[{place}]"
        if mark.event not in known:
            raise InvalidEvent(f"{field}.event", f"is {mark.event!r}", f"use one of {', '.join(known)}")
        if not (mark.start >= begins - _SLACK and mark.end <= ends + _SLACK):  # so that NaN is refused, too
            detail = f"lies at {mark.start:g} to {mark.end:g} s"
            raise InvalidEvent(field, detail, f"stay within the piece, {begins:g} to {ends:g} s")
        if mark.end <= mark.start:
            raise InvalidEvent(f"{field}.end", "is not after its start", "send the start first, then the end")
        if mark.track is not None and mark.track not in tracks:
            raise InvalidEvent(f"{field}.track", f"is {mark.track}", "leave it out, or use one of the piece's tracks")
        event = Event(mark.start, mark.end, mark.event, mark.track)
        if event in events:
            raise InvalidEvent(field, "is marked twice", "leave one out")
        events.append(event)
    return tuple(sorted(events, key=lambda event: (event.start, event.end, event.event, event.track or -1)))


def joined_over_cuts(pieces: Sequence[Piece], slack: float) -> list[tuple[Event, tuple[str, ...]]]:
    """Return the events of one clip, those that go on from piece to piece as one, each with the ids of its pieces.

    An event goes on if it reaches the end of its piece, the next piece begins there, and there the same event starts,
    of the same track, or without one on either side.

    Args:
        pieces: of one clip.
        slack: seconds by which an event may miss the edge; a frame's length.
    """
    done: list[tuple[Event, tuple[str, ...]]] = []
    open_ends: list[tuple[Event, tuple[str, ...]]] = []
    edge = -1.0
    for piece in sorted(pieces, key=lambda piece: piece.begins):
        if piece.begins - edge > slack:
            done, open_ends = done + open_ends, []
        still_open: list[tuple[Event, tuple[str, ...]]] = []
        for event in piece.events:
            ids: tuple[str, ...] = (piece.id,)
            before = next((one for one in open_ends if _goes_on(one[0], event, piece.begins, slack)), None)
            if before is not None:
                open_ends.remove(before)
                track = before[0].track if before[0].track is not None else event.track
                event, ids = Event(before[0].start, event.end, event.event, track), before[1] + ids
            (still_open if piece.ends - event.end <= slack else done).append((event, ids))
        done, open_ends, edge = done + open_ends, still_open, piece.ends
    return sorted(done + open_ends, key=lambda one: (one[0].start, one[0].end, one[0].event))


def _goes_on(before: Event, event: Event, begins: float, slack: float) -> bool:
    same_track = before.track == event.track or before.track is None or event.track is None
    return before.event == event.event and same_track and event.start - begins <= slack

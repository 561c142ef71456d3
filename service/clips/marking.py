"""What a person marks in a piece becomes an annotation; a later one counts in place of an earlier one."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy.orm import Session

from labeling.clips.events import Event, InvalidEvent, Marked, check_events
from service.clips.queries import annotation_of
from service.ids import new_id
from service.problems import Problem
from service.records import ClipAnnotationRecord, ClipTaskRecord


def checked_events(task: ClipTaskRecord, marks: Sequence[Marked], known: Sequence[str]) -> tuple[Event, ...]:
    """Return the events of a piece in the order of time.

    Raises:
        Problem: annotation-invalid, naming the event.
    """
    try:
        return check_events(marks, known, task.times[0], task.ends, [track["id"] for track in task.tracks])
    except InvalidEvent as error:
        remedy = f"{error.remedy[0].upper()}{error.remedy[1:]}."
        detail = f"{error.field} {error.detail}."
        raise Problem(422, "annotation-invalid", detail, field=error.field, remedy=remedy) from error


def keep_events(
    session: Session,
    task: ClipTaskRecord,
    events: Sequence[Event],
    looked_for: Sequence[str],
    annotator: str,
    now: datetime,
    *,
    seconds: float | None = None,
    source: str = "person",
) -> ClipAnnotationRecord:
    """Keep the events of a piece in place of earlier ones; the caller holds the piece."""
    earlier = annotation_of(session, task.id)
    by_person = source == "person" and task.leased_at is not None
    annotation = ClipAnnotationRecord(
        id=new_id(now),
        task_id=task.id,
        annotator=annotator,
        created_at=now,
        seconds=seconds,
        lead_seconds=(now - task.leased_at).total_seconds() if by_person and task.leased_at else None,
        events=[event_json(event) for event in events],
        looked_for=list(looked_for),
        source=source,
    )
    session.add(annotation)
    if earlier is not None:
        earlier.superseded_by = annotation.id
    session.flush()
    return annotation


def event_json(event: Event) -> dict[str, Any]:
    """Return an event as it is kept."""
    return {"event": event.event, "start": event.start, "end": event.end, "track": event.track}


def event_of(kept: dict[str, Any]) -> Event:
    """Return a kept event."""
    return Event(kept["start"], kept["end"], kept["event"], kept["track"])

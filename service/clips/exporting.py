"""Labelled pieces as files for training, and files that people changed back into labels."""

import re
from collections.abc import Sequence
from typing import Literal

from sqlalchemy.orm import Session

from labeling.clips.events import Event, Piece
from labeling.clips.files import (
    BadEventsFile,
    LabelledPiece,
    Marks,
    Video,
    read_csv,
    read_json,
    write_csv,
    write_json,
)
from labeling.leases import TaskState
from service.clips.marking import checked_events, event_of, keep_events
from service.clips.queries import Scope, annotation_of, get_task, labelled
from service.context import Context
from service.ids import RECORD_ID
from service.problems import Problem, not_found
from service.records import ClipAnnotationRecord, ClipRecord, ClipTaskRecord
from service.settings import ClipEvent

Format = Literal["json", "csv"]


def export_events(session: Session, store_ids: Scope, kinds: Sequence[ClipEvent], format: Format) -> str:
    """Return everything that is labelled within these stores as a file."""
    pieces = [_piece(*row) for row in labelled(session, store_ids)]
    if format == "json":
        return write_json(pieces, {kind.id: kind.name for kind in kinds})
    return write_csv(pieces, [kind.id for kind in kinds])


def import_events(context: Context, text: str, format: Format, by: str, store_ids: Scope) -> tuple[int, int]:
    """Let what a file says of pieces count, and return how many it names and how many are others now.

    All of it or, if this raises, nothing. Pieces that somebody holds at this moment are refused.

    Raises:
        Problem: bad-events-file, clip-task-not-found, clip-task-leased, or what is wrong with an event.
    """
    try:
        marks = read_json(text) if format == "json" else read_csv(text)
    except BadEventsFile as error:
        remedy = "Start from a file of GET /v1/clips/export."
        raise Problem(422, "bad-events-file", f"The file cannot be read: {error}.", remedy=remedy) from error
    with context.database.write() as session:
        changed = sum(_import(session, context, mark, by, store_ids) for mark in marks)
    return len(marks), changed


def _import(session: Session, context: Context, marks: Marks, by: str, store_ids: Scope) -> bool:
    if not re.fullmatch(RECORD_ID, marks.piece_id):  # not every text may be asked for: PostgreSQL knows no NUL
        raise not_found("clip task", marks.piece_id[:40], remedy="Start from a file of GET /v1/clips/export.")
    task = get_task(session, marks.piece_id, store_ids)
    session.refresh(task, with_for_update=True)
    if task.state == TaskState.LEASED:
        detail = f"The piece {task.id} is being labelled."
        raise Problem(409, "clip-task-leased", detail, remedy="Import again when its lease is over.", retry_after=60)
    known = sorted({event.id for event in context.settings.clips.events} | set(marks.looked_for))
    events = checked_events(task, marks.events, known)
    before = annotation_of(session, task.id)
    if before is not None and _same(before, events, marks.looked_for):
        return False
    keep_events(session, task, events, marks.looked_for, by, context.clock(), source="file")
    task.state = TaskState.LABELLED
    return True


def _same(before: ClipAnnotationRecord, events: tuple[Event, ...], looked_for: tuple[str, ...]) -> bool:
    return [event_of(event) for event in before.events] == list(events) and before.looked_for == list(looked_for)


def _piece(annotation: ClipAnnotationRecord, task: ClipTaskRecord, clip: ClipRecord) -> LabelledPiece:
    events = tuple(event_of(event) for event in annotation.events)
    return LabelledPiece(
        piece=Piece(task.id, task.times[0], task.ends, events),
        video=Video(
            clip.id,
            clip.store_id,
            clip.camera_id,
            clip.recorded_at.isoformat(),
            clip.seconds or 0.0,
            clip.width or 0,
            clip.height or 0,
        ),
        part=task.part,
        arm=task.arm,
        times=tuple(task.times),
        tracks=tuple(task.tracks),
        looked_for=tuple(annotation.looked_for),
        frames=f"/v1/clips/tasks/{task.id}/frames",
    )

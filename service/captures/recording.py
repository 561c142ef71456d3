"""Recording a capture with its compliance: all of it, or nothing."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from service.captures.looking import Seen
from service.captures.naming import unknown_facings
from service.captures.queries import find_by_photo, find_capture
from service.captures.signing import add_signature
from service.compliance.judging import Judgement, judge_capture, keep_judgement, still_so
from service.compliance.queries import find_compliance
from service.context import Context
from service.metrics import stage
from service.records import CaptureRecord


@dataclass(frozen=True, slots=True, eq=False)
class Received:
    """A capture, its compliance where there is one, and whether it is new."""

    capture: CaptureRecord
    compliance: dict[str, Any] | None
    new: bool


def received_before(session: Session, store_id: str, bay_id: str, sha256: str) -> Received | None:
    """Return the capture that was made of the same bytes for the same bay, None if there is none."""
    capture = find_by_photo(session, store_id, bay_id, sha256)
    return None if capture is None else Received(capture, compliance_of(session, capture), new=False)


def compliance_of(session: Session, capture: CaptureRecord) -> dict[str, Any] | None:
    """Return a capture's compliance as it was answered, None if it has none."""
    record = find_compliance(session, capture.id)
    return None if record is None else record.answer


def record(context: Context, capture: CaptureRecord, seen: Seen, judgement: Judgement | None) -> Received:
    """Record a capture whose picture is there; whatever goes wrong, no picture stays without its record.

    Args:
        context: where to.
        capture: what to record.
        seen: what was seen in it.
        judgement: of its bay; None where there is nothing to judge it by.
    """
    try:
        kept = _recorded(context, capture, seen, judgement)
    except IntegrityError:
        context.images.delete(capture.image_key)
        with context.database.read() as session:
            winner = received_before(session, capture.store_id, capture.bay_id, capture.sha256)
        if winner is None:
            raise
        return winner  # the same photo, sent twice at once
    except BaseException:
        _clear_away(context, capture)
        raise
    return Received(capture, None if kept is None else kept.record.answer, new=True)


def _recorded(context: Context, capture: CaptureRecord, seen: Seen, judgement: Judgement | None) -> Judgement | None:
    """Record a capture with the judgement of its bay, a new one if another capture of the visit came in between.

    SQLite lets one transaction write at a time, so nothing is judged while this one may.
    """
    while True:
        with stage("store"), context.database.write() as session:
            if judgement is None or still_so(session, judgement):
                session.add(capture)
                session.flush()
                add_signature(session, capture, seen, flip=0.0 if judgement is None else judgement.record.flip)
                session.add_all(unknown_facings(capture, seen.names))
                if judgement is not None:
                    keep_judgement(session, judgement)
                return judgement
        with stage("planogram"), context.database.read() as session:
            judgement = judge_capture(session, judgement.case)


def _clear_away(context: Context, capture: CaptureRecord) -> None:
    """Delete the picture of a capture that was not recorded.

    A commit may have gone through although its confirmation was lost, so the records are asked first; if they
    cannot be asked, a picture too many is better than a capture without one.
    """
    with context.database.read() as session:
        if find_capture(session, capture.id) is None:
            context.images.delete(capture.image_key)

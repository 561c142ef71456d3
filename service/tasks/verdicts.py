"""People's verdicts on the positions of a planogram; they are kept apart from boxes."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeling.leases import Purpose, TaskKind, TaskState
from retail.compliance import Verdict
from service.catalogue.queries import catalogue_version
from service.compliance.queries import find_compliance
from service.guidelines import guideline_for
from service.ids import new_id
from service.problems import Problem
from service.records import ComplianceRecord, TaskRecord, VerdictAnnotationRecord
from service.tasks.drafts import forget_drafts
from service.tasks.leasing import finish, hold
from service.tasks.showing_schemas import VerdictIn, VerdictsRequest

Place = tuple[int, int]


def give_verdicts(
    session: Session, task_id: str, request: VerdictsRequest, annotator_id: str, now: datetime
) -> VerdictAnnotationRecord:
    """Keep the verdicts of who holds a task, instead of earlier ones; the task is labelled then.

    Raises:
        Problem: as `leasing.hold` does; boxes-wanted; verdicts-invalid, naming the field.
    """
    task = hold(session, TaskRecord, task_id, annotator_id, request.lease_token, now)
    compliance = _compliance(session, task)
    verdicts = _checked(request.verdicts, compliance.answer["positions"])
    earlier = verdicts_of_task(session, task.id)
    given = VerdictAnnotationRecord(
        id=new_id(now),
        task_id=task.id,
        capture_id=task.capture_id,
        annotator=annotator_id,
        created_at=now,
        seconds=request.seconds,
        lead_seconds=None if task.leased_at is None else (now - task.leased_at).total_seconds(),
        verdicts=verdicts,
        catalogue_version=catalogue_version(session),
        guideline_version=guideline_for(session, task).version,
        planogram_id=compliance.planogram_id,
        planogram_version=compliance.version,
        blind=task.purpose != Purpose.LABEL,
    )
    session.add(given)
    if earlier is not None:
        earlier.superseded_by = given.id
    finish(task, TaskState.LABELLED)
    forget_drafts(session, task.id)
    session.flush()
    return given


def verdicts_of_task(session: Session, task_id: str) -> VerdictAnnotationRecord | None:
    """Return the verdicts that count for a task, None before somebody gave some."""
    record = VerdictAnnotationRecord
    return session.scalar(select(record).where(record.task_id == task_id, record.superseded_by.is_(None)))


def _compliance(session: Session, task: TaskRecord) -> ComplianceRecord:
    compliance = find_compliance(session, task.capture_id)
    if task.kind != TaskKind.VERDICTS or compliance is None:
        remedy = f"POST /v1/tasks/{task.id}/annotations takes boxes."
        raise Problem(422, "boxes-wanted", "This task asks for boxes, not for verdicts.", remedy=remedy)
    return compliance


def _checked(given: Sequence[VerdictIn], positions: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return verdicts as they are kept, in the order of the planogram."""
    judged = {(one["shelf"], one["slot"]): one for one in positions}
    said: dict[Place, Verdict] = {}
    for number, one in enumerate(given):
        place, at = (one.shelf, one.slot), f"verdicts[{number}]"
        if place not in judged:
            raise _invalid(
                at, f"There is no position on shelf {one.shelf}, slot {one.slot}", "See the task's planogram."
            )
        if place in said:
            raise _invalid(at, f"Shelf {one.shelf}, slot {one.slot} has a verdict already", "Give each position one.")
        if one.verdict is Verdict.UNEXPECTED:
            raise _invalid(f"{at}.verdict", "Facings are unexpected, positions are not", "Say what became of it.")
        said[place] = one.verdict
    missing = next((place for place, one in judged.items() if one["in_view"] and place not in said), None)
    if missing is not None:
        detail = f"Shelf {missing[0]}, slot {missing[1]} is in view and has no verdict"
        raise _invalid("verdicts", detail, "Say undecided where nobody can tell.")
    return [_kept(judged[place], said[place]) for place in judged if place in said]


def _kept(judged: Mapping[str, Any], verdict: Verdict) -> dict[str, Any]:
    place = {name: judged[name] for name in ("shelf", "slot", "gtin")}
    return {**place, "verdict": verdict.value, "model_verdict": judged["verdict"]}


def _invalid(field: str, detail: str, remedy: str) -> Problem:
    return Problem(422, "verdicts-invalid", f"{detail}.", field=field, remedy=remedy)

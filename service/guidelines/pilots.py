"""Pilots: a small batch that several people label, before a guideline or a product family goes to the whole team."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy.orm import Session

from labeling.pilots import Judgement, Limits, judge_pilot
from labeling.quality.boundaries import CANNOT_TELL, PRODUCT
from labeling.quality.disagreements import Pair
from labeling.quality.krippendorff import Agreed
from service.auth.callers import Caller
from service.context import Context
from service.guidelines import pilot_queries, queries
from service.guidelines.publishing import keep_shipped
from service.guidelines.schemas_pilots import (
    BoundaryAgreement,
    ConfusedPair,
    JudgementAnswer,
    PilotAnswer,
    PilotRequest,
)
from service.guidelines.versions import in_force
from service.ids import new_id
from service.problems import Problem
from service.quality.consensus import overlap_copies
from service.quality.together import read_together
from service.records import PilotRecord, PilotTaskRecord

AHEAD = 100  # priority at least: the team waits for a pilot
_MOST_REASONS = 10


def start_pilot(context: Context, caller: Caller, request: PilotRequest) -> PilotAnswer:
    """Ask several people for each of a few waiting tasks, ahead of others.

    Raises:
        Problem: guideline-not-found, or pilot-without-tasks where fewer than two tasks wait.
    """
    now = context.clock()
    with context.database.write() as session:
        keep_shipped(session)
        version = queries.get_version(session, request.guideline_version or in_force(session).version).version
        tasks = pilot_queries.lock_tasks_to_try(session, request)
        if len(tasks) < len(request.task_ids or ("a", "b")):
            raise Problem(
                409,
                "pilot-without-tasks",
                f"{len(tasks)} of the tasks that were asked for wait to be labelled and are in no pilot yet.",
                field="tasks" if request.task_ids is None else "task_ids",
                remedy="Start a round that picks such captures, or ask for other tasks.",
            )
        pilot = _record(request, caller, version, now)
        session.add(pilot)
        session.flush()
        for task in tasks:
            task.priority = max(task.priority, AHEAD)
            session.add(PilotTaskRecord(pilot_id=pilot.id, task_id=task.id))
            overlap_copies(session, task, request.annotators - 1, now)
        session.flush()
        return pilot_answer(session, pilot)


def decide_pilot(context: Context, id: str, early: bool) -> PilotAnswer:
    """End a pilot with what was found; one that was decided stays as it is.

    Raises:
        Problem: pilot-not-found, or pilot-not-finished while answers are missing.
    """
    with context.database.write() as session:
        pilot = pilot_queries.lock_pilot(session, id)
        answer = pilot_answer(session, pilot)
        if pilot.decided_at is not None:
            return answer
        if answer.result is None or (answer.given < answer.wanted and not early):
            raise Problem(
                409,
                "pilot-not-finished",
                f"{answer.given} of {answer.wanted} answers came.",
                field="early",
                remedy="Wait for the others, or say early=true once two people have labelled two tasks.",
            )
        pilot.decided_at, pilot.verdict = context.clock(), answer.result.verdict
        pilot.result = answer.result.model_dump(mode="json")
        session.flush()
        return pilot_answer(session, pilot)


def pilot_answer(session: Session, pilot: PilotRecord) -> PilotAnswer:
    """Return a pilot with its result: as it was decided, or as it would be now."""
    task_ids = pilot_queries.tasks_of(session, pilot.id)
    wanted = len(task_ids) * pilot.annotators
    decided = None if pilot.result is None else JudgementAnswer.model_validate(pilot.result)
    return PilotAnswer(
        id=pilot.id,
        name=pilot.name,
        created_at=pilot.created_at,
        by=pilot.by,
        guideline_version=pilot.guideline_version,
        annotators=pilot.annotators,
        task_ids=task_ids,
        wanted=wanted,
        given=min(pilot_queries.count_finished(session, task_ids), wanted),  # the queue may ask for copies of its own
        decided_at=pilot.decided_at,
        verdict=None if decided is None else decided.verdict,
        result=decided or _judged(session, pilot, task_ids),
    )


def named(session: Session, pairs: Iterable[Pair]) -> list[ConfusedPair]:
    """Return pairs of answers with the names of the products among them."""
    pairs = list(pairs)
    gtins = {word for pair in pairs if pair.boundary.startswith(PRODUCT) for word in (pair.one, pair.other)}
    names = pilot_queries.names_of(session, gtins)
    return [
        ConfusedPair(
            boundary=pair.boundary,
            one=pair.one,
            other=pair.other,
            one_name=names.get(pair.one, pair.one),
            other_name=names.get(pair.other, pair.other),
            apart=pair.apart,
            together=pair.together,
            confusion=round(pair.confusion, 4),
        )
        for pair in pairs
    ]


def agreements(agreement: Iterable[tuple[str, Agreed]]) -> list[BoundaryAgreement]:
    """Return the agreement at each boundary as it is answered."""
    return [
        BoundaryAgreement(
            boundary=boundary,
            alpha=agreed.alpha,
            low=agreed.low,
            high=agreed.high,
            observed=agreed.observed,
            units=agreed.units,
        )
        for boundary, agreed in agreement
    ]


def _judged(session: Session, pilot: PilotRecord, task_ids: list[str]) -> JudgementAnswer | None:
    photos = [one.units for one in read_together(session, task_ids=task_ids)]
    if len(photos) < 2:
        return None
    judgement = judge_pilot(photos, Limits(**pilot.limits))
    confused = named(session, judgement.confused)
    products = (one for one in confused if one.boundary == PRODUCT and CANNOT_TELL not in (one.one, one.other))
    return JudgementAnswer(
        verdict=judgement.verdict,
        reasons=_reasons(judgement, confused)[:_MOST_REASONS],
        worst_pair=next(products, None),
        agreement=agreements(judgement.agreement.items()),
        confused=confused,
    )


def _reasons(judgement: Judgement, confused: list[ConfusedPair]) -> list[str]:
    pairs = [
        f"{one.one_name} and {one.other_name} are taken for each other: people differed in {one.apart} of "
        f"{one.apart + one.together} comparisons."
        for one in confused
    ]
    weak = [
        f"People agree too little about {boundary}: α is {judgement.agreement[boundary].alpha:.2f}."
        for boundary in judgement.weak
    ]
    return pairs + weak


def _record(request: PilotRequest, caller: Caller, version: int, now: datetime) -> PilotRecord:
    return PilotRecord(
        id=new_id(now),
        name=request.name,
        created_at=now,
        by=caller.name,
        guideline_version=version,
        annotators=request.annotators,
        limits={"least_agreement": request.least_agreement, "most_confusion": request.most_confusion},
    )

"""New versions: kept, put in force, and what they alter queued again."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeling.guidelines import (
    Guideline,
    InvalidGuideline,
    RuleChange,
    changes_between,
    guideline_document,
    parse_guideline,
)
from labeling.leases import TaskState, check_transition
from service.auth.callers import Caller
from service.catalogue.queries import in_parts
from service.context import Context
from service.guidelines import queries
from service.guidelines.altering import Altered, altered_tasks
from service.guidelines.schemas import PutGuidelineRequest
from service.guidelines.versions import guideline_from, in_force, shipped_guideline
from service.problems import Problem
from service.records import GuidelineRecord, TaskRecord
from service.tasks.requeuing import MOST_REASON

_ALWAYS = datetime(2000, 1, 1, tzinfo=UTC)  # the guideline that ships held before anybody changed it


@dataclass(frozen=True, slots=True)
class Change:
    """A version, the rules in which it differs from the one before, and the labelled tasks that these alter.

    Attributes:
        changed: whether the version, or whether it is in force, is news.
    """

    version: int
    in_force: bool
    changed: bool
    changes: tuple[RuleChange, ...]
    altered: tuple[Altered, ...]


def keep_shipped(session: Session) -> None:
    """Keep the guideline that comes with the project as version 1: another edition of it must not change the past."""
    if queries.newest_number(session):
        return
    queries.lock_guidelines(session)
    if not queries.newest_number(session):  # another server may have been quicker
        note = "The shelf guideline that comes with Shelfloop."
        session.add(_record(shipped_guideline(), "Shelfloop", note, (), _ALWAYS, _ALWAYS))
        session.flush()


def put_guideline(context: Context, caller: Caller, request: PutGuidelineRequest, dry_run: bool) -> Change:
    """Keep a new version, and put it in force unless it is a draft. The newest one once more changes nothing.

    Raises:
        Problem: guideline-invalid, naming the field.
    """
    now = context.clock()
    with context.database.write() as session:
        attempt = session.begin_nested()
        keep_shipped(session)
        queries.lock_guidelines(session)
        newest = queries.get_version(session, queries.newest_number(session))
        guideline = _parsed(request, newest.version + 1)
        _check_wording(request.wording_only, guideline, in_force(session))
        if guideline_document(guideline) == newest.document and request.draft == (newest.in_force_since is None):
            change = _unchanged(newest)
        else:
            record = _record(guideline, caller.name, request.note, request.wording_only, now, None)
            session.add(record)
            session.flush()
            change = _draft(session, record) if request.draft else _enforce(session, record, now)
        if dry_run:
            attempt.rollback()
        else:
            attempt.commit()
    return change


def put_in_force(context: Context, version: int, dry_run: bool, in_spite_of_pilot: bool) -> Change:
    """Let a draft hold for everybody, and queue again what it alters.

    Raises:
        Problem: guideline-not-found, guideline-outdated where a later version is in force, or pilot-no-go.
    """
    with context.database.write() as session:
        attempt = session.begin_nested()
        queries.lock_guidelines(session)
        record = queries.get_version(session, version)
        if record.in_force_since is not None:
            change = _unchanged(record)
        else:
            _check_may_hold(session, record, in_spite_of_pilot)
            change = _enforce(session, record, context.clock())
        if dry_run:
            attempt.rollback()
        else:
            attempt.commit()
    return change


def requeue_again(context: Context, version: int, dry_run: bool) -> Change:
    """Queue again what a version alters and what came since: labels by people who had leased before it held.

    Raises:
        Problem: guideline-not-found or guideline-is-draft.
    """
    with context.database.write() as session:
        record = queries.get_version(session, version)
        if record.in_force_since is None:
            remedy = f"Put it in force with POST /v1/guidelines/{version}/put-in-force."
            raise Problem(409, "guideline-is-draft", "Nobody labels by a draft.", field="version", remedy=remedy)
        change = _change(session, record)
        if not dry_run:
            _requeue(session, change, guideline_from(record))
    return change


def requeue_since(context: Context, version: int, since: datetime) -> Change:
    """Queue again what a version in force alters of what was labelled from a time on."""
    with context.database.write() as session:
        record = queries.get_version(session, version)
        change = _change(session, record, since)
        _requeue(session, change, guideline_from(record))
    return change


def changes_of(session: Session, record: GuidelineRecord) -> tuple[RuleChange, ...]:
    """Return the rules in which a version differs from what is or was in force before it."""
    before = queries.in_force_before(session, record)
    return () if before is None else changes_between(guideline_from(before), guideline_from(record))


def _enforce(session: Session, record: GuidelineRecord, now: datetime) -> Change:
    change = _change(session, record)
    record.in_force_since = now
    _requeue(session, change, guideline_from(record))
    return Change(change.version, True, True, change.changes, change.altered)


def _draft(session: Session, record: GuidelineRecord) -> Change:
    change = _change(session, record)
    return Change(change.version, False, True, change.changes, change.altered)


def _unchanged(record: GuidelineRecord) -> Change:
    return Change(record.version, record.in_force_since is not None, False, (), ())


def _change(session: Session, record: GuidelineRecord, since: datetime | None = None) -> Change:
    changes, after = changes_of(session, record), guideline_from(record)
    altering = [change for change in changes if change.id not in record.wording_only]
    drafts = queries.drafts_before(session, record.version)
    since_drafts = {draft.version: changes_between(guideline_from(draft), after) for draft in drafts}
    altered = altered_tasks(session, record.version, altering, since_drafts, since)
    return Change(record.version, record.in_force_since is not None, False, changes, tuple(altered))


def _requeue(session: Session, change: Change, guideline: Guideline) -> None:
    """Queue labelled tasks again; the reason says which rules changed. Their labels count until they are replaced."""
    texts = defaultdict(lambda: "it holds no more", {rule.id: rule.text for rule in guideline.rules})
    rules = {one.task_id: one.rules for one in change.altered}
    for some in in_parts(rules):
        tasks = select(TaskRecord).where(TaskRecord.id.in_(some), TaskRecord.state == TaskState.LABELLED)
        for task in session.scalars(tasks.order_by(TaskRecord.id).with_for_update()):
            check_transition(TaskState.LABELLED, TaskState.QUEUED)
            reason = "; ".join(f"rule {id} changed: {texts[id]}" for id in rules[task.id])
            task.state, task.leased_by, task.leased_until = TaskState.QUEUED, None, None
            task.reason = reason[:MOST_REASON]
    session.flush()


def _check_may_hold(session: Session, record: GuidelineRecord, in_spite_of_pilot: bool) -> None:
    later = queries.newest_in_force(session)
    if later is not None and later.version > record.version:
        remedy = "Put its rules in as a new version with PUT /v1/guidelines."
        raise Problem(409, "guideline-outdated", "A later version is in force.", field="version", remedy=remedy)
    if not in_spite_of_pilot and queries.latest_verdict(session, record.version) == "no_go":
        raise Problem(
            409,
            "pilot-no-go",
            f"The pilot of version {record.version} ended with a no-go.",
            field="version",
            remedy="Clear up what it found and pilot another draft, or say in_spite_of_pilot=true.",
        )


def _parsed(request: PutGuidelineRequest, version: int) -> Guideline:
    parts = {"text", "rules", "when_to_skip", "when_to_escalate"}
    try:
        return parse_guideline(request.model_dump(include=parts), version)
    except InvalidGuideline as error:
        raise Problem(
            422,
            "guideline-invalid",
            f"{error.field} {error.detail}.",
            field=error.field,
            remedy=f"{error.remedy[0].upper()}{error.remedy[1:]}.",
        ) from error


def _check_wording(rules: Sequence[str], guideline: Guideline, before: Guideline) -> None:
    for place, id in enumerate(rules):
        if guideline.rule(id) is None or before.rule(id) is None:
            detail, remedy = f"{id!r} is in none or one of the two versions", "Name rules that are in both."
            raise Problem(422, "guideline-invalid", f"{detail}.", field=f"wording_only[{place}]", remedy=remedy)


def _record(
    guideline: Guideline,
    by: str,
    note: str,
    wording_only: Iterable[str],
    now: datetime,
    in_force_since: datetime | None,
) -> GuidelineRecord:
    return GuidelineRecord(
        version=guideline.version,
        created_at=now,
        by=by,
        note=note,
        document=guideline_document(guideline),
        wording_only=list(wording_only),
        in_force_since=in_force_since,
    )


def count_by_rule(altered: Iterable[Altered]) -> Counter[str]:
    """Return how many tasks each rule alters; a task that two rules alter counts for both."""
    return Counter(rule for one in altered for rule in one.rules)

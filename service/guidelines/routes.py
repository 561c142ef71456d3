"""The guideline's versions over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from sqlalchemy.orm import Session

from labeling.guidelines import Rule, RuleChange
from service.auth.callers import Caller, require
from service.auth.permissions import ALLOWED, Action
from service.dependencies import ContextOf
from service.guidelines import publishing, queries
from service.guidelines.publishing import Change, count_by_rule
from service.guidelines.schemas import (
    MOST_SHOWN,
    AlteredAnswer,
    PutGuidelineRequest,
    RuleAnswer,
    RuleChangeAnswer,
    VersionAnswer,
    VersionsAnswer,
    VersionSummary,
)
from service.guidelines.versions import guideline_from, in_force
from service.records import GuidelineRecord
from service.tasks.showing_queries import reachable_captures

router = APIRouter(prefix="/v1/guidelines", tags=["guidelines"])
Reader = Annotated[Caller, Depends(require(Action.READ_CATALOGUE))]
Changer = Annotated[Caller, Depends(require(Action.CHANGE_GUIDELINES))]
Version = Annotated[int, Path(ge=1, le=2**31 - 1)]
DryRun = Annotated[bool, Query(description="say what would change, and change nothing")]


@router.get("")
def read_versions(context: ContextOf, caller: Reader) -> VersionsAnswer:
    """List the guideline's versions, the newest first."""
    with context.database.read() as session:
        return VersionsAnswer(
            in_force=in_force(session).version,
            may_change=Action.CHANGE_GUIDELINES in ALLOWED[caller.role] and caller.covers(None),
            versions=[VersionSummary.model_validate(record) for record in queries.list_versions(session)],
        )


@router.put("")
def put_guideline(
    context: ContextOf, caller: Changer, request: PutGuidelineRequest, dry_run: DryRun = False
) -> AlteredAnswer:
    """Put a new version in: in force at once, or as a draft that only pilots label by.

    Labelled tasks that its changed rules alter are queued again, and only these. With `dry_run` it is said which.
    """
    return _altered(publishing.put_guideline(context, caller, request, dry_run), dry_run)


@router.get("/in-force")
def read_in_force(context: ContextOf, caller: Reader) -> VersionAnswer:
    """Show the guideline that everybody labels by."""
    with context.database.read() as session:
        return _version(session, queries.get_version(session, in_force(session).version), caller)


@router.get("/{version}")
def read_version(context: ContextOf, caller: Reader, version: Version) -> VersionAnswer:
    """Show a version of the guideline."""
    with context.database.read() as session:
        return _version(session, queries.get_version(session, version), caller)


@router.post("/{version}/put-in-force")
def put_in_force(
    context: ContextOf,
    caller: Changer,
    version: Version,
    dry_run: DryRun = False,
    in_spite_of_pilot: Annotated[bool, Query(description="although its pilot ended with a no-go")] = False,
) -> AlteredAnswer:
    """Let a draft hold for everybody, and queue again what it alters."""
    return _altered(publishing.put_in_force(context, version, dry_run, in_spite_of_pilot), dry_run)


@router.post("/{version}/requeue")
def requeue(context: ContextOf, caller: Changer, version: Version, dry_run: DryRun = False) -> AlteredAnswer:
    """Queue again what a version alters and what was labelled since by people who had leased before it held."""
    return _altered(publishing.requeue_again(context, version, dry_run), dry_run)


def _version(session: Session, record: GuidelineRecord, caller: Caller) -> VersionAnswer:
    guideline = guideline_from(record)
    examples = (one for rule in guideline.rules for one in (*rule.examples, *rule.counter_examples))
    shown = {one.capture_id for one in examples if one.capture_id is not None}
    reachable = reachable_captures(session, shown, caller.store_ids) if shown else set()
    return VersionAnswer(
        **VersionSummary.model_validate(record).model_dump(),
        text=guideline.text,
        rules=[_rule(rule, reachable) for rule in guideline.rules],
        when_to_skip=list(guideline.when_to_skip),
        when_to_escalate=list(guideline.when_to_escalate),
    )


def _rule(rule: Rule, reachable: set[str]) -> RuleAnswer:
    """Return a rule; of examples in photos that are gone, or not for this caller, the words alone."""
    answer = RuleAnswer.model_validate(rule)
    for example in (*answer.examples, *answer.counter_examples):
        if example.capture_id not in reachable:
            example.capture_id = example.box = None
    return answer


def _altered(change: Change, dry_run: bool) -> AlteredAnswer:
    counts = count_by_rule(change.altered)
    return AlteredAnswer(
        version=change.version,
        dry_run=dry_run,
        changed=change.changed,
        in_force=change.in_force,
        changes=[
            RuleChangeAnswer(
                rule=one.id,
                change=_kind(one),
                before=_text(one.before),
                after=_text(one.after),
                alters=counts[one.id],
            )
            for one in change.changes
        ],
        altered=len(change.altered),
        task_ids=[one.task_id for one in change.altered[:MOST_SHOWN]],
    )


def _kind(change: RuleChange) -> str:
    if change.before is None:
        return "added"
    if change.after is None:
        return "removed"
    return "changed" if change.alters_labels else "examples"


def _text(rule: Rule | None) -> str | None:
    return None if rule is None else rule.text

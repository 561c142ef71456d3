"""Looking at the triggers, and ordering what they call for."""

from sqlalchemy.orm import Session

from service.context import Context
from service.drift.service import drift_answer
from service.models.queries import champion_version, get_model, lock_champion
from service.planograms.resets import reset_times
from service.records import RetrainingRecord
from service.retrainings.queries import find_in_flight
from service.retrainings.schemas import RetrainingRequest
from service.retrainings.service import add_retraining
from service.settings import TriggerSettings
from service.triggers.deciding import (
    MOST_FAILURES,
    Evidence,
    Standing,
    due,
    holds,
    standings,
    too_few_boxes,
)
from service.triggers.queries import (
    MODEL,
    boxes_labelled,
    failures_in_a_row,
    has_labels,
    newest_retraining,
    newest_that_counted,
    products_to_learn,
)
from service.triggers.schemas import TriggerAnswer, TriggersAnswer
from vision.artefact import FIXTURES, PRODUCT

BY = "trigger"
_LONGEST_REASON = 500
_BY_HAND = "a person: POST /v1/retrainings, or 'shelfloop retrainings start'"


def order_what_is_due(context: Context) -> RetrainingRecord | None:
    """Order a retraining if a trigger calls for one, and return it; of two workers that look at once, one orders.

    Raises:
        Problem: no-model, before the starter is registered.
    """
    settings = context.settings.triggers
    with context.database.read() as session:
        if not _due(session, context, settings):
            return None
    with context.database.write() as session:
        lock_champion(session)  # the second worker looks again after the first one's order
        called = _due(session, context, settings)
        if not called:
            return None
        reason = "; ".join(one.words for one in called)[:_LONGEST_REASON]
        request = RetrainingRequest(
            reason=reason, classes=_classes(session), preset=settings.preset, promote=settings.promote
        )
        return add_retraining(session, request, BY, called[0].trigger, context.clock())


def triggers_answer(session: Session, context: Context) -> TriggersAnswer:
    """Return how far each trigger is from ordering a retraining."""
    settings = context.settings.triggers
    evidence = gather(session, context)
    found = standings(evidence, settings)
    in_flight = find_in_flight(session, MODEL)
    by_hand = Standing("manual", True, False, None, None, "", _BY_HAND)
    return TriggersAnswer(
        since=evidence.since,
        in_flight=in_flight and in_flight.id,
        waits=holds(evidence, settings),
        sentence=_sentence(found, evidence, settings),
        triggers=[TriggerAnswer.model_validate(one) for one in (*found, by_hand)],
    )


def gather(session: Session, context: Context) -> Evidence:
    """Read what happened since the last retraining that did not fail."""
    now, last, counted = context.clock(), newest_retraining(session), newest_that_counted(session)
    since = None if counted is None else counted.created_at
    resets = reset_times(session, now)
    in_flight = find_in_flight(session, MODEL)
    return Evidence(
        now=now,
        since=since,
        ordered_at=None if last is None else last.created_at,
        in_flight="" if in_flight is None else f"retraining {in_flight.id} is {in_flight.state}",
        failures=failures_in_a_row(session, MOST_FAILURES),
        labelled=has_labels(session),
        boxes=boxes_labelled(session, since),
        products=tuple(products_to_learn(session, since)),
        bays=tuple(sorted(bay for bay, at in resets.items() if since is None or at > since)),
        drift=drift_answer(session, context).reason,
    )


def _due(session: Session, context: Context, settings: TriggerSettings) -> list[Standing]:
    evidence = gather(session, context)
    return due(standings(evidence, settings), evidence, settings)


def _classes(session: Session) -> str:
    """Return in which way the serving model tells classes apart; the next one does the same."""
    champion = get_model(session, champion_version(session))
    return "products" if set(champion.metadata_json["classes"]) - {PRODUCT, *FIXTURES} else "kinds"


def _sentence(found: list[Standing], evidence: Evidence, settings: TriggerSettings) -> str:
    called = [one for one in found if one.due]
    if not any(one.on for one in found):
        return "Every trigger is off: a person orders retrainings."
    if not called:
        return "No trigger calls for a retraining now."
    names = " and ".join(one.trigger for one in called)
    why_not = holds(evidence, settings)
    if not why_not and not due(found, evidence, settings):
        why_not = too_few_boxes(evidence, settings)
    calls = "call" if len(called) > 1 else "calls"
    if why_not:
        return f"{names} {calls} for a retraining, which waits: {why_not}."
    return f"{names} {calls} for a retraining: a worker orders it within {settings.look_seconds:g} s."

"""How a shadow begins and ends: with exactly one final state of its retraining."""

import hashlib
from datetime import timedelta

from sqlalchemy.orm import Session

from service.context import Context
from service.models.queries import champion_version, lock_champion
from service.models.service import add_promotion
from service.records import RetrainingRecord, ShadowRecord
from service.retrainings.queries import SHADOWING, get_retraining, lock_retraining
from service.settings import ShadowSettings
from service.shadow.evidence import Evidence, evidence_of, is_hopeless, objections
from service.shadow.queries import FAILED, PASSED, RUNNING, STOPPED, count_looked_at, figures_of, lock_shadow

LEAST = 20  # captures from which something can be said when time is over


def begin_shadow(session: Session, context: Context, version: int, champion: int, retraining_id: str) -> None:
    """Let a candidate look at the captures that come from now on."""
    settings, now = context.settings.shadow, context.clock()
    session.add(
        ShadowRecord(
            model_version=version,
            champion_version=champion,
            retraining_id=retraining_id,
            state=RUNNING,
            started_at=now,
            until=now + timedelta(hours=settings.hours),
            wanted=settings.captures,
            seen_until=f"{int(now.timestamp() * 1000):012x}",  # ids begin with their time
        )
    )


def is_due(session: Session, context: Context, shadow: ShadowRecord) -> bool:
    """Say whether a shadow may be over without another look."""
    return (
        context.clock() >= shadow.until
        or get_retraining(session, shadow.retraining_id).state != SHADOWING
        or champion_version(session) != shadow.champion_version
        or count_looked_at(session, shadow.model_version) >= shadow.wanted
    )


def conclude_shadow(context: Context, version: int, unusable: str | None = None) -> str | None:
    """End a shadow if its time has come, and its retraining with it; return that one's last state, None while it runs.

    Args:
        context: has the records.
        version: the candidate's.
        unusable: why the candidate cannot look at all, if it cannot.
    """
    with context.database.write() as session:
        lock_champion(session)
        shadow = lock_shadow(session, version)
        if shadow.state != RUNNING:  # by another worker, or by this one before it was killed
            return None
        retraining = lock_retraining(session, shadow.retraining_id)
        end = _end(session, context, shadow, retraining, unusable)
        if end is None:
            return None
        shadow.state, state, shadow.note = end
        shadow.finished_at = context.clock()
        if retraining.state == SHADOWING:
            retraining.state, retraining.finished_at = state, context.clock()
            retraining.progress = {**retraining.progress, "stage": "done", "note": shadow.note}
        if shadow.state == PASSED:
            add_promotion(
                session,
                version,
                action="promote",
                reason=f"{shadow.note}: {retraining.reason}"[:500],
                by=retraining.by,
                now=context.clock(),
            )
    return state


def _end(
    session: Session, context: Context, shadow: ShadowRecord, retraining: RetrainingRecord, unusable: str | None
) -> tuple[str, str, str] | None:
    """Return the shadow's last state, its retraining's, and why; None while it goes on."""
    if retraining.state != SHADOWING:
        return STOPPED, retraining.state, f"stopped: the retraining was {retraining.state}"
    champion = champion_version(session)
    if champion == shadow.model_version:
        return STOPPED, "promoted", "passed its gate; promoted by hand while it was in shadow"
    if champion != shadow.champion_version:
        note = "passed its gate; not promoted, because another model became champion while it was in shadow"
        return STOPPED, "completed", note
    if unusable is not None:
        return FAILED, "shadow_failed", f"the champion stays: in shadow the candidate could not look: {unusable}"[:500]
    evidence, settings = evidence_of(figures_of(session, shadow.model_version)), context.settings.shadow
    over = context.clock() >= shadow.until
    if not over and evidence.captures < shadow.wanted and not is_hopeless(evidence, settings, shadow.wanted):
        return None
    return _judged(evidence, settings, shadow)


def _judged(evidence: Evidence, settings: ShadowSettings, shadow: ShadowRecord) -> tuple[str, str, str]:
    against = "; ".join(objections(evidence, settings))
    if evidence.captures < min(LEAST, shadow.wanted) and not is_hopeless(evidence, settings, shadow.wanted):
        note = (
            f"passed its gate; not promoted: insufficient evidence, only {evidence.captures} of {shadow.wanted} "
            f"captures came while it was in shadow{f' ({against})' if against else ''}. Promote it by hand, or retrain"
        )
        return STOPPED, "completed", note[:500]
    if against:
        return FAILED, "shadow_failed", f"the champion stays: in shadow {against}"[:500]
    shared = ""
    if evidence.disagreement is not None:
        shared = f", {1 - evidence.disagreement:.0%} of {evidence.boxes} boxes shared"
    return PASSED, "promoted", f"passed its gate and its shadow of {evidence.captures} captures{shared}"


def has_its_turn(capture_id: str, share: float) -> bool:
    """Say whether a capture is among the share that is looked at; the same for every worker."""
    return int.from_bytes(hashlib.sha256(capture_id.encode()).digest()[:4]) < share * 2**32

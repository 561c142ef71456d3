"""What follows from drift: larger quotas first, a retraining second."""

from sqlalchemy.orm import Session

from service.context import Context
from service.drift.queries import WHOLE_STORE, list_drifts
from service.drift.schemas import DriftAnswer, ScopeAnswer
from service.records import DriftRecord


def drifted_strata(session: Session, quota_factor: float) -> dict[str, float]:
    """Return the strata that drifted cameras photograph now, each with the factor on its quota in the next round."""
    return {stratum: quota_factor for record in list_drifts(session) if record.drifted for stratum in record.strata}


def drift_answer(session: Session, context: Context) -> DriftAnswer:
    """Return what the last looks said, and what to do about it."""
    settings = context.settings.drift
    scopes = [_scope(record, settings.advise_after) for record in list_drifts(session)]
    advised = [scope for scope in scopes if scope.retraining_advised]
    return DriftAnswer(
        looked_at=max((scope.looked_at for scope in scopes), default=None),
        scopes=scopes,
        quotas=drifted_strata(session, settings.quota_factor),
        retraining_advised=bool(advised),
        reason=_reason(advised),
    )


def _scope(record: DriftRecord, advise_after: int) -> ScopeAnswer:
    lasting = 0 if record.seen_at_captures is None else record.captures - record.seen_at_captures
    answer = ScopeAnswer.model_validate(record)
    answer.camera_id = None if record.camera_id == WHOLE_STORE else record.camera_id
    answer.lasting_captures = lasting
    answer.retraining_advised = record.drifted and 0 < advise_after <= lasting
    return answer


def _reason(advised: list[ScopeAnswer]) -> str:
    parts = []
    for scope in advised:
        words = "; ".join(signal.words for signal in scope.signals if signal.moved)
        where = f"camera {scope.camera_id} of store {scope.store_id}" if scope.camera_id else f"store {scope.store_id}"
        parts.append(f"{where} has drifted for {scope.lasting_captures} captures ({words})")
    return "; ".join(parts)

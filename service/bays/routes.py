"""Bays over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.bays.queries import list_bays
from service.bays.schemas import BayAnswer, BaysAnswer, NewestCompliance
from service.compliance.answers import compliance_rate
from service.dependencies import ContextOf
from service.records import BayRecord, ComplianceRecord
from service.stores.queries import ID_PATTERN

router = APIRouter(prefix="/v1/bays", tags=["bays"])
Reader = Annotated[Caller, Depends(require(Action.READ_CAPTURES))]


@router.get("")
def read_bays(
    context: ContextOf,
    caller: Reader,
    store_id: Annotated[str | None, Query(pattern=ID_PATTERN)] = None,
    after: Annotated[str | None, Query(pattern=ID_PATTERN)] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> BaysAnswer:
    """List bays within the key's scope, each with the planogram it follows and how it kept it last."""
    if store_id is not None:
        caller.check_reach(store_id)
    scope = caller.store_ids if store_id is None else {store_id}
    with context.database.read() as session:
        bays = [_answer(bay, newest) for bay, newest in list_bays(session, scope, after, limit)]
    return BaysAnswer(bays=bays, next=bays[-1].id if len(bays) == limit else None)


def _answer(bay: BayRecord, newest: ComplianceRecord | None) -> BayAnswer:
    return BayAnswer(
        id=bay.id, store_id=bay.store_id, planogram_id=bay.planogram_id, newest=newest and _in_numbers(newest)
    )


def _in_numbers(compliance: ComplianceRecord) -> NewestCompliance:
    return NewestCompliance(
        capture_id=compliance.capture_id,
        taken_at=compliance.at,
        planogram_id=compliance.planogram_id,
        planogram_version=compliance.version,
        fits=compliance.fits,
        counts=compliance.counts,
        rate=compliance_rate(compliance.counts),
    )

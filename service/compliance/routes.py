"""Compliance of bays over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from pydantic import AwareDatetime
from sqlalchemy.orm import Session

from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.compliance.answers import compliance_rate
from service.compliance.queries import find_compliance, list_compliances, verdicts_of
from service.compliance.schemas import BayComplianceAnswer, ComplianceSummary, VerdictAnswer
from service.dependencies import ContextOf
from service.ids import RECORD_ID
from service.planograms.following import check_bay
from service.problems import not_found
from service.records import ComplianceRecord, PositionVerdictRecord
from service.stores.schemas import Id

router = APIRouter(prefix="/v1/bays/{bay_id}/compliance", tags=["planograms"])
Reader = Annotated[Caller, Depends(require(Action.READ_CAPTURES))]
Capture = Annotated[str, Query(pattern=RECORD_ID, description="the capture that the page before ended with")]


@router.get("")
def read_bay_compliance(
    context: ContextOf,
    caller: Reader,
    bay_id: Id,
    since: Annotated[AwareDatetime | None, Query(description="photos taken then or later")] = None,
    until: Annotated[AwareDatetime | None, Query(description="photos taken before")] = None,
    after: Capture | None = None,
    limit: Annotated[int, Query(ge=1, le=100)] = 20,
) -> BayComplianceAnswer:
    """Show how a bay kept its planogram over time, the newest first."""
    with context.database.read() as session:
        check_bay(session, caller, bay_id)
        last = None if after is None else _compliance(session, bay_id, after)
        found = list_compliances(session, bay_id, since, until, last, limit)
        verdicts = verdicts_of(session, [one.capture_id for one in found])
    compliances = [_summary(one, verdicts[one.capture_id]) for one in found]
    return BayComplianceAnswer(
        bay_id=bay_id,
        compliances=compliances,
        next=compliances[-1].capture_id if len(found) == limit else None,
    )


def _compliance(session: Session, bay_id: str, capture_id: str) -> ComplianceRecord:
    record = find_compliance(session, capture_id)
    if record is None or record.bay_id != bay_id:
        remedy = "Give `next` of the page before."
        raise not_found("compliance", capture_id, field="after", remedy=remedy)
    return record


def _summary(record: ComplianceRecord, verdicts: list[PositionVerdictRecord]) -> ComplianceSummary:
    return ComplianceSummary(
        capture_id=record.capture_id,
        taken_at=record.at,
        photos=record.photos,
        planogram_id=record.planogram_id,
        planogram_version=record.version,
        fits=record.fits,
        counts=record.counts,
        rate=compliance_rate(record.counts),
        positions=[VerdictAnswer.model_validate(one) for one in verdicts],
    )

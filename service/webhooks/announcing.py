"""From verdicts to deliveries: what changed since the last photo of a bay."""

from collections.abc import Sequence

from sqlalchemy.orm import Session

from retail.compliance import Verdict
from service.records import CaptureRecord, ComplianceRecord, DecidedVerdictRecord, PositionVerdictRecord
from service.webhooks.events import ChangedVerdicts, VerdictChange, VerdictChanged
from service.webhooks.queries import (
    decided_verdicts,
    is_newest_compliance,
    named_verdicts,
    queue_delivery,
    webhooks_of_store,
)

NamedVerdict = tuple[PositionVerdictRecord, str]


def announce(session: Session, capture_id: str) -> None:
    """Remember what was decided about a capture's bay, and queue word of what changed for the webhooks of its store.

    Comes last in the transaction that records the capture's compliance, and that has locked its bay: it locks the
    webhooks, so that what is committed later is also told later. A photo of another bay changes nothing, nor does one
    that came late: a newer one says how the bay is.
    """
    compliance = session.get_one(ComplianceRecord, capture_id)
    if not (compliance.fits and is_newest_compliance(session, compliance)):
        return
    changes = _remember(session, compliance, named_verdicts(session, capture_id))
    receivers = webhooks_of_store(session, compliance.store_id) if changes else ()
    if receivers:
        event = _event(session.get_one(CaptureRecord, capture_id), compliance, changes)
        body = event.model_dump_json().encode()
        for webhook_id in receivers:
            queue_delivery(session, webhook_id, event.type, body, event.timestamp)


def _remember(session: Session, compliance: ComplianceRecord, verdicts: Sequence[NamedVerdict]) -> list[VerdictChange]:
    """Replace what was decided before by what is decided now, and return the difference."""
    known = {(one.shelf, one.slot): one for one in decided_verdicts(session, compliance.bay_id)}
    changes = []
    for verdict, name in verdicts:
        last = known.pop((verdict.shelf, verdict.slot), None)
        # In a place that was given to another product, nothing was decided about that one.
        before = Verdict(last.verdict) if last is not None and last.gtin == verdict.gtin else None
        if verdict.verdict in (Verdict.UNDECIDED, before):
            continue
        if last is None:
            last = DecidedVerdictRecord(bay_id=compliance.bay_id, shelf=verdict.shelf, slot=verdict.slot)
            session.add(last)
        last.gtin, last.verdict, last.since = verdict.gtin, verdict.verdict, compliance.at
        if (before or Verdict.CORRECT) != verdict.verdict:
            changes.append(_change(verdict, name, before))
    for left in known.values():  # the planogram has no such place any more
        session.delete(left)
    return changes


def _change(verdict: PositionVerdictRecord, name: str, before: Verdict | None) -> VerdictChange:
    return VerdictChange(
        shelf=verdict.shelf,
        slot=verdict.slot,
        gtin=verdict.gtin,
        name=name,
        verdict=Verdict(verdict.verdict),
        before=before,
        probability=round(verdict.probability, 4),
        facings_planned=verdict.facings_planned,
        facings_seen=verdict.facings_seen,
    )


def _event(capture: CaptureRecord, compliance: ComplianceRecord, changes: list[VerdictChange]) -> VerdictChanged:
    return VerdictChanged(
        timestamp=capture.received_at,
        data=ChangedVerdicts(
            store_id=compliance.store_id,
            bay_id=compliance.bay_id,
            capture_id=capture.id,
            taken_at=capture.taken_at,
            planogram_id=compliance.planogram_id,
            planogram_version=compliance.version,
            changes=changes,
        ),
    )

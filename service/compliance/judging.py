"""Judging how a bay keeps its planogram by a capture and others of the same visit."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

from sqlalchemy.orm import Session

from retail.compliance import Compliance
from retail.gtin import Gtin
from retail.planograms import Planogram
from retail.share_of_shelf import share_of_shelf
from service.compliance import chances
from service.compliance.answers import Shares, compliance_answer, verdict_counts
from service.compliance.queries import (
    add_compliance,
    captures_nearby,
    captures_with_chances,
    hold_bay,
    last_of_moment,
    product_names,
)
from service.compliance.visits import Judged, Nearby, Shot, judge_visit, shown_by, worth_joining
from service.planograms.queries import in_force_in_store
from service.records import CaptureRecord, ComplianceRecord, FacingChancesRecord
from service.reports.counting import count_day
from service.settings import PlanogramSettings
from service.webhooks.announcing import announce
from vision.bays.judging import judge
from vision.bays.photo import BayPhoto


@dataclass(frozen=True, slots=True, eq=False)
class BayCase:
    """A capture that is not recorded yet, its photo as it is matched, and the planogram to judge its bay by."""

    capture: CaptureRecord
    photo: BayPhoto
    planogram: Planogram
    settings: PlanogramSettings


@dataclass(frozen=True, slots=True, eq=False)
class Judgement:
    """A capture's compliance before it is recorded.

    Attributes:
        case: what was judged.
        judged: what came out.
        nearby: other captures of the visit that there were then.
    """

    case: BayCase
    judged: Judged
    nearby: list[Nearby]
    record: ComplianceRecord
    shares: Shares


def judge_capture(session: Session, case: BayCase) -> Judgement:
    """Judge a bay by a capture and others of the same visit."""
    capture, least = case.capture, case.settings.confidence
    alone = judge(case.planogram, [case.photo], least)
    nearby = _nearby(session, case)
    joined = worth_joining(Nearby(capture.id, capture.taken_at, shown_by(alone)), nearby)
    others = [
        Shot(one.id, one.taken_at, chances.read(one, kept.chances))
        for one, kept in captures_with_chances(session, joined)
    ]
    judged = judge_visit(case.planogram, Shot(capture.id, capture.taken_at, case.photo), alone, others, least)
    if not judged.compliance.fits:
        judged = replace(judged, looks_like=_looks_like(session, case))
    shares = share_of_shelf(judged.compliance, [shot.photo.boxes for shot in judged.shots])
    names = product_names(session, _products(judged.compliance))
    answer = compliance_answer(judged, capture.bay_id, shares, names)
    return Judgement(case, judged, nearby, _record(capture, judged, answer), shares)


def still_so(session: Session, judgement: Judgement) -> bool:
    """Say whether no other capture of the visit was recorded since; until the transaction ends, none will be."""
    hold_bay(session, judgement.case.capture.bay_id)
    return _nearby(session, judgement.case) == judgement.nearby


def keep_judgement(session: Session, judgement: Judgement) -> None:
    """Record the compliance of a capture that was just recorded, and announce what changed."""
    judged, compliance = judgement.judged, judgement.judged.compliance
    own = judged.shots[judged.own]
    shown = sorted(shown_by(judged.alone))
    kept = FacingChancesRecord(capture_id=own.capture_id, shown=shown, chances=chances.written(own.photo))
    session.add(kept)
    if (last := last_of_moment(session, judgement.record.bay_id, judged.at)) is not None:
        # A photo that came late is judged with the newest of its visit: what was judged later counts as newer.
        judgement.record.at = last + timedelta(microseconds=1)
    if not compliance.fits:
        add_compliance(session, judgement.record, [], [])
        return
    shares = [{"gtin": gtin or "", "share": one.share} for gtin, one in judgement.shares.items()]
    add_compliance(session, judgement.record, _verdicts(compliance), shares)
    count_day(session, judgement.record.bay_id, judgement.record.at)
    announce(session, own.capture_id)


def _nearby(session: Session, case: BayCase) -> list[Nearby]:
    minutes = case.settings.together_minutes
    return captures_nearby(session, case.capture, case.planogram, timedelta(minutes=minutes)) if minutes else []


def _looks_like(session: Session, case: BayCase) -> tuple[str, ...]:
    """Return the bays of the store that follow the planogram which the photo fits best, none if it fits none."""
    capture, photo = case.capture, case.photo
    bays = in_force_in_store(session, capture.store_id, capture.taken_at.date())
    planograms = {(one.id, one.version): one for bay, one in bays.items() if bay != capture.bay_id}
    if not planograms:
        return ()
    best = max(planograms.values(), key=lambda one: _expected(photo, one.gtins))
    if not _expected(photo, best.gtins) or not judge(best, [photo]).fits:
        return ()
    return tuple(sorted(bay for bay, one in bays.items() if (one.id, one.version) == (best.id, best.version)))


def _expected(photo: BayPhoto, gtins: frozenset[Gtin]) -> float:
    """Return how many facings show one of some products, as far as anybody can tell."""
    return sum(chance for facing in photo.chances for gtin, chance in facing.items() if gtin in gtins)


def _products(compliance: Compliance) -> set[Gtin]:
    return {*compliance.planogram.gtins, *_named(one.gtin for one in compliance.facings)}


def _named(gtins: Iterable[Gtin | None]) -> Iterable[Gtin]:
    return (gtin for gtin in gtins if gtin is not None)


def _record(capture: CaptureRecord, judged: Judged, answer: dict[str, Any]) -> ComplianceRecord:
    planogram = judged.compliance.planogram
    return ComplianceRecord(
        capture_id=capture.id,
        bay_id=capture.bay_id,
        store_id=capture.store_id,
        planogram_id=planogram.id,
        version=planogram.version,
        at=judged.at,
        photos=answer["photos"],
        fits=judged.compliance.fits,
        counts=verdict_counts(judged.compliance),
        flip=judged.flip,
        answer=answer,
    )


def _verdicts(compliance: Compliance) -> list[dict[str, Any]]:
    return [
        {
            "shelf": one.position.shelf,
            "slot": one.position.slot,
            "gtin": one.position.gtin,
            "verdict": one.verdict.value,
            "probability": one.probability,
            "flip": one.flip,
            "in_view": one.in_view,
            "facings_planned": one.position.facings,
            "facings_seen": len(one.facings),
        }
        for one in compliance.positions
    ]

"""Shadows over HTTP."""

from collections import defaultdict
from collections.abc import Sequence
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, Response

from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.captures.pictures import picture_of
from service.context import Context
from service.dependencies import ContextOf
from service.ids import RecordId
from service.privacy.audit import note_view
from service.problems import not_found
from service.records import CaptureRecord, ShadowCaptureRecord, ShadowRecord
from service.shadow.evidence import Evidence, evidence_of, objections
from service.shadow.picture import picture_of_differences
from service.shadow.queries import get_shadow, list_looked_at
from service.shadow.schemas import EvidenceAnswer, ShadowAnswer, WorstAnswer

router = APIRouter(prefix="/v1/models", tags=["models"])
Version = Annotated[int, Path(ge=1, le=2**31 - 1)]
Reader = Annotated[Caller, Depends(require(Action.READ_MODELS))]
Looked = Sequence[tuple[ShadowCaptureRecord, CaptureRecord]]
_JPEG: dict[int | str, dict[str, Any]] = {200: {"content": {"image/jpeg": {}}, "description": "A JPEG"}}


@router.get("/{version}/shadow")
def read_shadow(
    context: ContextOf, caller: Reader, version: Version, worst: Annotated[int, Query(ge=0, le=100)] = 12
) -> ShadowAnswer:
    """Show what a candidate in shadow sees otherwise than the champion, with the photos of most disagreement."""
    with context.database.read() as session:
        shadow = get_shadow(session, version)
        looked = list_looked_at(session, version)
    return _answer(context, shadow, looked, [pair for pair in looked if caller.may_reach(pair[1].store_id)][:worst])


@router.get("/{version}/shadow/{capture_id}/overlay", response_class=Response, responses=_JPEG)
def read_differences(context: ContextOf, caller: Reader, version: Version, capture_id: RecordId) -> Response:
    """Return a photo with the boxes drawn into it that one of the models did not find, or calls otherwise."""
    with context.database.read() as session:
        row = session.get(ShadowCaptureRecord, (version, capture_id))
        capture = None if row is None else session.get(CaptureRecord, capture_id)
    if row is None or capture is None or not caller.may_reach(capture.store_id):
        hidden = None if capture is None else capture.store_id
        remedy = f"GET /v1/models/{version}/shadow lists the worst captures."
        raise not_found("shadow capture", capture_id, field="capture_id", remedy=remedy, hidden_in=hidden)
    note_view(context, caller, "overlay", capture.id, capture.store_id)
    picture = picture_of_differences(picture_of(context, capture), row.differences)
    return Response(picture, media_type="image/jpeg", headers={"Cache-Control": "private, max-age=3600"})


def _answer(context: Context, shadow: ShadowRecord, looked: Looked, worst: Looked) -> ShadowAnswer:
    strata: dict[str, list[ShadowCaptureRecord]] = defaultdict(list)
    for row, capture in looked:
        strata[capture.stratum].append(row)
    evidence = evidence_of([row for row, _ in looked])
    return ShadowAnswer(
        model_version=shadow.model_version,
        champion_version=shadow.champion_version,
        retraining_id=shadow.retraining_id,
        state=shadow.state,
        started_at=shadow.started_at,
        until=shadow.until,
        finished_at=shadow.finished_at,
        wanted=shadow.wanted,
        note=shadow.note,
        objections=objections(evidence, context.settings.shadow),
        evidence=_figures(evidence),
        stores=len({capture.store_id for _, capture in looked}),
        strata={stratum: _figures(evidence_of(rows)) for stratum, rows in sorted(strata.items())},
        worst=[_worst(row, capture) for row, capture in worst],
    )


def _figures(evidence: Evidence) -> EvidenceAnswer:
    return EvidenceAnswer.model_validate(evidence)


def _worst(row: ShadowCaptureRecord, capture: CaptureRecord) -> WorstAnswer:
    return WorstAnswer(
        capture_id=capture.id,
        store_id=capture.store_id,
        bay_id=capture.bay_id,
        stratum=capture.stratum,
        taken_at=capture.taken_at,
        disagreement=row.disagreement,
        only_champion=row.only_champion,
        only_candidate=row.only_candidate,
        other_kind=row.other_kind,
        other_product=row.other_product,
        error=row.error,
        differences=row.differences,
        overlay=f"/v1/models/{row.model_version}/shadow/{capture.id}/overlay",
    )

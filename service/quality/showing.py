"""Reviews as they are answered."""

from collections.abc import Iterable, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from labeling.leases import TaskState
from service.quality.review_queries import Shown
from service.quality.schemas import Finding, ReviewAnswer
from service.records import ProductRecord
from service.tasks.prelabels import todays_boxes

_DECIDED = {TaskState.LABELLED.value: "decided"}


def review_answers(session: Session, shown: Sequence[Shown]) -> list[ReviewAnswer]:
    """Return reviews with the boxes, findings and names of products that they are about."""
    boxes = {review.id: todays_boxes(session, annotation) for review, annotation, _, _ in shown}
    names = _names(session, {box["gtin"] for found in (*boxes.values(), *_suggested(shown)) for box in found} - {None})
    return [_answer(one, boxes[one[0].id], names) for one in shown]


def _suggested(shown: Iterable[Shown]) -> list[list[dict[str, str | None]]]:
    return [[finding["suggested"] for finding in review.findings] for review, _, _, _ in shown]


def _answer(shown: Shown, boxes: list[dict[str, object]], names: dict[str, str]) -> ReviewAnswer:
    review, _, task, capture = shown
    findings = [Finding.model_validate(finding) for finding in review.findings]
    gtins = {str(box["gtin"]) for box in (*boxes, *(finding.suggested for finding in findings)) if box["gtin"]}
    return ReviewAnswer(
        id=review.id,
        task_id=review.task_id,
        annotation_id=review.annotation_id,
        capture_id=review.capture_id,
        store_id=review.store_id,
        bay_id=capture.bay_id,
        annotator=review.annotator,
        created_at=review.created_at,
        state=_DECIDED.get(review.state, review.state),
        reason=review.reason,
        findings=findings,
        boxes=boxes,
        products={gtin: names[gtin] for gtin in gtins if gtin in names},
        width=capture.width,
        height=capture.height,
        tile=task.tile,
        photo_url=f"/v1/captures/{capture.id}/photo",
        decision=review.decision,
        decided_by=review.decided_by,
        decided_at=review.decided_at,
        note=review.note,
    )


def _names(session: Session, gtins: Iterable[str | None]) -> dict[str, str]:
    wanted = [gtin for gtin in gtins if gtin]
    found = session.execute(select(ProductRecord.gtin, ProductRecord.name).where(ProductRecord.gtin.in_(wanted)))
    return {gtin: name for gtin, name in found}

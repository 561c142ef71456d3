"""Turning drawn boxes into an annotation, and into labels that follow the catalogue from then on."""

from collections.abc import Mapping, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Any, Protocol

from sqlalchemy import JSON, Insert, Integer, String, bindparam, column, func, insert, literal, select
from sqlalchemy.orm import Session

from labeling.actions import count_actions
from labeling.annotations import FLAGS, AnnotatedBox, InvalidAnnotation, check_annotation
from labeling.leases import Purpose, TaskKind
from labeling.tiles import bounded
from retail.gtin import Gtin, InvalidGtin, parse_gtin
from service.catalogue.loading import Named, products_named
from service.catalogue.resolving import product_of
from service.catalogue.states import State
from service.ids import new_id
from service.prepared import Prepared, add_now
from service.problems import Problem
from service.records import (
    AnnotationRecord,
    BlindAnnotationRecord,
    FacingLabelRecord,
    TaskRecord,
)
from service.tasks.circumstances import Circumstances, circumstances
from service.tasks.prelabels import boxes_beforehand
from service.tasks.queries import supersede
from service.tasks.schemas import AnnotateRequest, BoxIn


def annotate(
    session: Session,
    task: TaskRecord,
    request: AnnotateRequest,
    annotator_id: str,
    now: datetime,
    known: Circumstances,
    products: Named,
) -> tuple[AnnotationRecord | BlindAnnotationRecord, list[dict[str, Any]]]:
    """Keep the boxes of a task that was just labelled: in place of earlier ones, or apart from them if it is blind.

    Returned are the annotation and its boxes with the products of today, as `todays_boxes` would read them again.

    Args:
        session: for writing; it holds the catalogue (`hold_catalogue`) since before the task.
        task: that was just labelled.
        request: what was drawn.
        annotator_id: who drew it.
        now: the time.
        known: what holds for the task.
        products: what the GTINs in the request stand for.

    Raises:
        Problem: annotation-invalid, naming the box and the edge; product-unknown, -split or -delisted; verdicts-wanted.
    """
    if task.kind != TaskKind.BOXES:
        raise _verdicts_wanted(task)
    boxes = checked_boxes(request.boxes, known)
    if task.tile is not None:
        boxes = bounded(boxes, task.tile)
    blind = task.purpose != Purpose.LABEL
    earlier = None if blind or known.earlier is None else session.get_one(AnnotationRecord, known.earlier)
    effort = {
        "seconds": request.seconds,
        "lead_seconds": _lead_seconds(task, known, now),
        "actions": count_actions(boxes_beforehand(session, task, known, earlier), boxes).as_json(),
    }
    shown = _shown(products, boxes, now)
    today = [{**box_json(box), "gtin": shown.get(place)} for place, box in enumerate(boxes)]
    if blind:
        return _keep_blind(session, task, known, today, annotator_id, now, effort), today
    return _keep(session, task, known, boxes, shown, earlier, annotator_id, "person", now, effort), today


def gtins_in(request: AnnotateRequest) -> set[Gtin]:
    """Return the GTINs of what was drawn; those that are none are left out, and refused when the boxes are checked."""
    found: set[Gtin] = set()
    for given in {box.gtin for box in request.boxes if box.gtin is not None}:
        with suppress(InvalidGtin):
            found.add(parse_gtin(given))
    return found


class Sized(Protocol):
    """A photo's size in pixels: a capture has one."""

    @property
    def width(self) -> int: ...  # noqa: D102
    @property
    def height(self) -> int: ...  # noqa: D102


def checked_boxes(boxes: Sequence[BoxIn], photo: Sized) -> tuple[AnnotatedBox, ...]:
    """Return boxes that somebody drew on a photo, clipped to it.

    Raises:
        Problem: annotation-invalid, naming the box and the edge.
    """
    try:
        return check_annotation(boxes, (photo.width, photo.height))
    except InvalidAnnotation as error:
        raise Problem(
            422,
            "annotation-invalid",
            f"{error.field} {error.detail}.",
            field=error.field,
            remedy=f"{error.remedy[0].upper()}{error.remedy[1:]}.",
        ) from error


def keep_boxes(
    session: Session,
    task: TaskRecord,
    boxes: Sequence[AnnotatedBox],
    *,
    annotator: str,
    source: str,
    now: datetime,
    seconds: float | None = None,
    lead_seconds: float | None = None,
    actions: dict[str, int] | None = None,
) -> AnnotationRecord:
    """Let boxes count for a task instead of earlier ones, whoever holds it; its state stays what it is.

    The caller holds the catalogue (`hold_catalogue`).

    Args:
        session: for writing.
        task: to label, no blind copy.
        boxes: all there are, checked.
        annotator: who drew them.
        source: person, review, consensus, label_studio or file.
        now: the time.
        seconds: that it took, as the annotator's program counted them.
        lead_seconds: from lease to submission.
        actions: what was done to the boxes drawn beforehand.

    Raises:
        Problem: product-unknown, -split or -delisted.
    """
    effort = {"seconds": seconds, "lead_seconds": lead_seconds, "actions": actions}
    known = circumstances(task.id, annotator).ask(session)
    products = products_named({box.gtin for box in boxes if box.gtin is not None}).ask(session)
    earlier = None if known.earlier is None else session.get_one(AnnotationRecord, known.earlier)
    return _keep(session, task, known, boxes, _shown(products, boxes, now), earlier, annotator, source, now, effort)


def box_json(box: AnnotatedBox) -> dict[str, Any]:
    """Return a box as it is kept: ``kind``, ``box`` (x1, y1, x2, y2 in pixels), ``gtin``, and the flags it has."""
    flags = {flag: True for flag in FLAGS if getattr(box, flag)}
    return {"kind": box.kind.value, "box": [box.x1, box.y1, box.x2, box.y2], "gtin": box.gtin, **flags}


def _keep(
    session: Session,
    task: TaskRecord,
    known: Circumstances,
    boxes: Sequence[AnnotatedBox],
    shown: Mapping[int, Gtin],
    earlier: AnnotationRecord | None,
    annotator: str,
    source: str,
    now: datetime,
    effort: dict[str, Any],
) -> AnnotationRecord:
    drawn = [box_json(box) for box in boxes]
    stamp = _stamp(task, known, annotator, now)
    values = {**stamp, **effort, "boxes": drawn, "source": source, "superseded_by": None}
    labels = [{"place": place, "gtin": gtin} for place, gtin in shown.items()]
    annotation = add_now(session, AnnotationRecord, values, (_LABELLING, {"annotation": stamp["id"], "labels": labels}))
    if earlier is not None:
        supersede(session, earlier, annotation)
    return annotation


def _labelling(dialect: str) -> Insert:
    """Make the statement that inserts any number of labels: they come as one document."""
    labels = bindparam("labels", type_=JSON)
    if dialect == "postgresql":
        rows = func.json_to_recordset(labels).table_valued(column("place", Integer), column("gtin", String))
        one = rows.render_derived(with_types=True).c
        place, gtin = one.place, one.gtin
    else:
        value = func.json_each(labels).table_valued(column("value", JSON)).c.value
        place, gtin = value["place"].as_integer(), value["gtin"].as_string()
    state = literal(State.CURRENT, String)
    chosen = select(bindparam("annotation", type_=String), place, gtin, state)
    return insert(FacingLabelRecord).from_select(["annotation_id", "place", "gtin", "state"], chosen)


_LABELLING = Prepared(_labelling)


def _keep_blind(
    session: Session,
    task: TaskRecord,
    known: Circumstances,
    boxes: list[dict[str, Any]],
    annotator: str,
    now: datetime,
    effort: dict[str, Any],
) -> BlindAnnotationRecord:
    stamp = _stamp(task, known, annotator, now)
    return add_now(session, BlindAnnotationRecord, {**stamp, **effort, "boxes": boxes})


def _stamp(task: TaskRecord, known: Circumstances, annotator: str, now: datetime) -> dict[str, Any]:
    """Say whose annotation it is, of what, and under which rules."""
    planogram_id, planogram_version = known.planogram
    return {
        "id": new_id(now),
        "task_id": task.id,
        "capture_id": task.capture_id,
        "annotator": annotator,
        "created_at": now,
        "catalogue_version": known.catalogue_version,
        "guideline_version": known.guideline_version,
        "planogram_id": planogram_id,
        "planogram_version": planogram_version,
        "prelabel_model_version": known.prelabel_model_version,
    }


def _shown(products: Named, boxes: Sequence[AnnotatedBox], now: datetime) -> dict[int, Gtin]:
    """Return the product that each named facing shows today, by its place in the boxes."""
    named = {place: box.gtin for place, box in enumerate(boxes) if box.gtin is not None}
    return {place: product_of(products, gtin, f"boxes[{place}].gtin", now.date()) for place, gtin in named.items()}


def _lead_seconds(task: TaskRecord, known: Circumstances, now: datetime) -> float | None:
    """Return the seconds since the annotator could begin: of several tasks of a lease, since the one before."""
    begun = [at for at in (task.leased_at, known.last_submitted) if at is not None]
    return (now - max(begun)).total_seconds() if begun else None


def _verdicts_wanted(task: TaskRecord) -> Problem:
    return Problem(
        422,
        "verdicts-wanted",
        "This task asks for verdicts on positions, not for boxes.",
        field="boxes",
        remedy=f"Send them to POST /v1/tasks/{task.id}/verdicts.",
    )

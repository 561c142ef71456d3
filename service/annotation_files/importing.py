"""Annotations out of a file, one capture after the other; what is there already changes nothing."""

import re
from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from labeling.annotations import AnnotatedBox, AnnotatedCapture
from labeling.formats import AnnotatedSet, Format
from labeling.leases import Lease, TaskState
from retail.catalogue import Catalogue
from service.annotation_files.queries import sizes_of, tasks_of
from service.annotation_files.schemas import ImportAnswer, RefusedCapture
from service.catalogue.loading import read_catalogue
from service.catalogue.queries import hold_catalogue
from service.catalogue.resolving import product_of
from service.context import Context
from service.ids import new_id
from service.problems import Problem
from service.records import CaptureRecord, TaskRecord
from service.tasks.annotating import box_json, keep_boxes
from service.tasks.leasing import finish, put, requeue
from service.tasks.prelabels import todays_boxes
from service.tasks.queries import annotation_of

MOST_REFUSED = 100
FROM_FILE = "file"  # the source of annotations, and the arm of tasks that nobody asked for
_ID = re.compile("[0-9a-f]{32}")


def read_file(context: Context, format: Format, data: bytes) -> AnnotatedSet:
    """Read a file; sizes that it does not say are those of the captures that it names.

    Raises:
        InvalidAnnotation: for a file that is not of this format.
    """

    def size_of(name: str) -> tuple[int, int] | None:
        id = capture_id_in(name)
        with context.database.read() as session:
            return None if id is None else sizes_of(session, [id]).get(id)

    return format.read(data, size_of)


def import_set(context: Context, annotated: AnnotatedSet, annotator: str, *, dry_run: bool) -> ImportAnswer:
    """Let what a file says count, for each capture that it can be said of; a dry run only finds out."""
    answer = ImportAnswer(kept=0, unchanged=0, refused=0, problems=[])
    for capture in annotated.captures:
        try:
            new = _import(context, capture, annotator, dry_run)
        except Problem as problem:
            answer.refused += 1
            if len(answer.problems) < MOST_REFUSED:
                answer.problems.append(RefusedCapture(name=capture.capture_id, detail=problem.detail))
        else:
            answer.kept += new
            answer.unchanged += not new
    return answer


def capture_id_in(name: str) -> str | None:
    """Return the capture's id in a photo's name: `images/018f….jpg` is of capture `018f…`."""
    found = _ID.search(name.replace("\\", "/").rpartition("/")[2])
    return found and found[0]


def _import(context: Context, labelled: AnnotatedCapture, annotator: str, dry_run: bool) -> bool:
    now = context.clock()
    database = context.database
    with database.read() if dry_run else database.write() as session:
        if not dry_run:
            hold_catalogue(session)
        capture = _capture(session, labelled)
        tasks = tasks_of(session, capture.id)
        _check_free(tasks)
        catalogue = read_catalogue(session, {box.gtin for box in labelled.boxes if box.gtin is not None})
        _check_products(catalogue, labelled.boxes, now)
        if tasks and _counts_already(session, tasks[0], labelled.boxes):
            return False
        if not dry_run:
            task = tasks[0] if tasks else _new_task(session, capture, now)
            _label(session, task, labelled.boxes, annotator, now)
        return True


def _capture(session: Session, labelled: AnnotatedCapture) -> CaptureRecord:
    id = capture_id_in(labelled.capture_id)
    capture = None if id is None else session.get(CaptureRecord, id)
    if capture is None:
        raise _refusal("There is no capture of this name; send its photo first, and name it by the capture's id.")
    if (labelled.width, labelled.height) != (capture.width, capture.height):
        said, known = f"{labelled.width} × {labelled.height}", f"{capture.width} × {capture.height}"
        raise _refusal(f"Its photo is {known} pixels, in the file {said}: was it scaled or turned?")
    return capture


def _check_free(tasks: Sequence[TaskRecord]) -> None:
    if any(task.tile is not None for task in tasks):
        raise _refusal("It is labelled in tiles, of which a file knows nothing.")
    if any(task.state == TaskState.LEASED for task in tasks):
        raise _refusal("Somebody is labelling it; import the file again afterwards.")


def _check_products(catalogue: Catalogue, boxes: Sequence[AnnotatedBox], now: datetime) -> None:
    for place, box in enumerate(boxes):
        if box.gtin is not None:
            product_of(catalogue, box.gtin, f"boxes[{place}].gtin", now.date())


def _counts_already(session: Session, task: TaskRecord, boxes: Sequence[AnnotatedBox]) -> bool:
    annotation = annotation_of(session, task.id) if task.state == TaskState.LABELLED else None
    if annotation is None:
        return False
    return [box_json(box) for box in boxes] in (todays_boxes(session, annotation), annotation.boxes)


def _new_task(session: Session, capture: CaptureRecord, now: datetime) -> TaskRecord:
    task = TaskRecord(
        id=new_id(now),
        capture_id=capture.id,
        store_id=capture.store_id,
        created_at=now,
        state=TaskState.QUEUED,
        rank=0,
        arm=FROM_FILE,
        reason="Its labels came in a file",
        predicted_boxes=len(capture.detections),
    )
    session.add(task)
    session.flush()
    return task


def _label(session: Session, task: TaskRecord, boxes: Sequence[AnnotatedBox], annotator: str, now: datetime) -> None:
    if task.state == TaskState.SKIPPED:
        requeue(task)
        task.skip_reason = None
    if task.state == TaskState.QUEUED:
        put(task, Lease(annotator, new_id(now), now), now)
        finish(task, TaskState.LABELLED)
    keep_boxes(session, task, boxes, annotator=annotator, source=FROM_FILE, now=now)


def _refusal(detail: str) -> Problem:
    return Problem(422, "not-imported", detail)

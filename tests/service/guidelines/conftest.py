"""Labelled tasks that a person can read: what each shows stands in its name."""

from collections.abc import Callable, Iterable
from typing import Any

import pytest

from service.context import Context
from service.ids import new_id
from service.records import (
    AnnotationRecord,
    BayRecord,
    CaptureRecord,
    FacingLabelRecord,
    RoundRecord,
    StoreRecord,
    TaskRecord,
)

WIDTH, HEIGHT = 640, 480


def box(kind: str = "facing", place: int = 0, gtin: str | None = None, **flags: bool) -> dict[str, Any]:
    """A box of 60 x 100, the place-th from the left."""
    x = 10 + 80 * place
    return {"kind": kind, "box": [x, 20, x + 60, 120], "gtin": gtin, **flags}


@pytest.fixture
def add_task(context: Context) -> Callable[..., str]:
    """Add a task of a capture of its own, labelled with boxes where some are given: `add_task([box()])` → id."""
    now = context.clock()
    with context.database.write() as session:
        session.add(StoreRecord(id="s1", name="Corner shop", format="convenience"))
        session.add(
            RoundRecord(
                id="r", created_at=now, by="a test", config={}, pool_digest="", pool_size=0, model_version=1,
                near_duplicates={},
            )
        )  # fmt: skip
        session.flush()
        session.add(BayRecord(id="b1", store_id="s1"))
    count = 0

    def add(
        boxes: Iterable[dict[str, Any]] | None = None,
        detections: Iterable[dict[str, Any]] = (),
        guideline_version: int = 1,
        photo: bytes | None = None,
    ) -> str:
        nonlocal count
        count += 1
        id = new_id(context.clock())
        if photo is not None:
            context.images.put(f"{id}.jpg", photo)
        with context.database.write() as session:
            session.add(_capture(id, list(detections), context))
            session.flush()
            state = "queued" if boxes is None else "labelled"
            task = TaskRecord(
                id=id, round_id="r", capture_id=id, created_at=context.clock(), state=state, rank=count, arm="value",
                reason="2 boxes the model doubts", predicted_boxes=2, store_id="s1",
            )  # fmt: skip
            session.add(task)
            session.flush()
            if boxes is not None:
                add_annotation(session, AnnotationRecord, task, list(boxes), "ann", context, guideline_version)
        return id

    return add


def add_annotation(
    session: Any, record: Any, task: Any, boxes: Any, annotator: str, context: Context, version: int = 1
) -> None:
    """Add what somebody drew."""
    annotation = record(
        id=new_id(context.clock()), task_id=task.id, capture_id=task.capture_id, annotator=annotator,
        created_at=context.clock(), boxes=boxes, catalogue_version=0, guideline_version=version,
        prelabel_model_version=1,
    )  # fmt: skip
    session.add(annotation)
    session.flush()
    if record is AnnotationRecord:
        session.add_all(
            FacingLabelRecord(annotation_id=annotation.id, place=place, gtin=one["gtin"], state="current")
            for place, one in enumerate(boxes)
            if one["gtin"]
        )


def _capture(id: str, detections: list[dict[str, Any]], context: Context) -> CaptureRecord:
    now = context.clock()
    return CaptureRecord(
        id=id, sha256=id, store_id="s1", bay_id="b1", taken_at=now, received_at=now, width=WIDTH, height=HEIGHT,
        image_key=f"{id}.jpg", image_sha256="", faces_blurred=0, stratum="neutral/frontal/convenience",
        model_version=1, truncated=False, detections=detections,
    )  # fmt: skip

"""An installation whose captures are labelled already, and one retraining in it as a worker runs it."""

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any

from benchmarks.retraining.photos import FORMATS
from labeling.annotations import AnnotatedBox
from service.context import Context, make_context, utc_now
from service.jobs import Jobs
from service.migrations import upgrade
from service.models.starter import ensure_starter
from service.records import (
    AnnotationRecord,
    BayRecord,
    CaptureRecord,
    RetrainingRecord,
    RoundRecord,
    StoreRecord,
    TaskRecord,
)
from service.retrainings.job import QUEUE, retrain
from service.retrainings.queries import IN_FLIGHT, get_retraining
from service.retrainings.schemas import RetrainingRequest
from service.retrainings.service import start_retraining
from service.settings import Settings, ShadowSettings, VisionSettings
from training.captures import LabelledCapture

_ROUND = "random"


@contextmanager
def installation(home: Path) -> Iterator[Context]:
    """Set up an empty one; no live captures come, so nothing is to shadow."""
    settings = Settings(home=home, vision=VisionSettings(blur_faces=False), shadow=ShadowSettings(captures=0))
    context = make_context(settings)
    upgrade(context.database)
    with context.database.write() as session:
        ensure_starter(session, utc_now())
    try:
        yield context
    finally:
        context.database.close()


def put_labelled(context: Context, captures: Sequence[LabelledCapture]) -> None:
    """Record captures as if a round had picked them at random and annotators had labelled them."""
    with context.database.write() as session:
        for store_id, format in FORMATS.items():
            session.add(StoreRecord(id=store_id, name=store_id, format=format))
            session.flush()
            session.add(BayRecord(id=store_id, store_id=store_id))
        round = {"config": {}, "pool_digest": "", "pool_size": 0, "model_version": 1, "near_duplicates": {}}
        session.add(RoundRecord(id=_ROUND, created_at=context.clock(), by="a benchmark", **round))
        session.flush()
        for rank, capture in enumerate(captures):
            context.images.put(f"{capture.capture_id}.jpg", capture.image.read_bytes())
            session.add(_capture(capture))
            session.flush()
            session.add(_task(capture, rank))
            session.flush()
            session.add(_annotation(capture))


def retrained(context: Context, request: RetrainingRequest) -> RetrainingRecord:
    """Order a retraining, run it as a worker would, and return its record when it is over."""
    jobs = Jobs(context.settings.resolved_jobs_url, "benchmark", {QUEUE: partial(retrain, context)})
    try:
        ordered = start_retraining(context, request, by="a benchmark")
        jobs.hand_over(QUEUE, ordered.id)
        while True:
            with context.database.read() as session:
                record = get_retraining(session, ordered.id)
            if record.state not in IN_FLIGHT:
                return record
            time.sleep(1)
    finally:
        jobs.close()


def _capture(capture: LabelledCapture) -> CaptureRecord:
    return CaptureRecord(
        id=capture.capture_id,
        sha256=capture.sha256,
        store_id=capture.store_id,
        bay_id=capture.bay_id,
        taken_at=capture.taken_at,
        received_at=capture.taken_at,
        width=capture.width,
        height=capture.height,
        image_key=f"{capture.capture_id}.jpg",
        image_sha256=capture.sha256,
        faces_blurred=0,
        stratum=capture.stratum,
        model_version=1,
        truncated=False,
        detections=[],
    )


def _task(capture: LabelledCapture, rank: int) -> TaskRecord:
    return TaskRecord(
        id=capture.capture_id,
        round_id=_ROUND,
        capture_id=capture.capture_id,
        store_id=capture.store_id,
        created_at=capture.taken_at,
        state="labelled",
        rank=rank,
        arm=_ROUND,
        reason="",
        predicted_boxes=0,
    )


def _annotation(capture: LabelledCapture) -> AnnotationRecord:
    return AnnotationRecord(
        id=capture.capture_id,
        task_id=capture.capture_id,
        capture_id=capture.capture_id,
        annotator="a benchmark",
        created_at=capture.taken_at,
        boxes=[_drawn(box) for box in capture.boxes],
        catalogue_version=0,
        guideline_version=1,
        prelabel_model_version=1,
    )


def _drawn(box: AnnotatedBox) -> dict[str, Any]:
    return {"kind": box.kind.value, "box": [box.x1, box.y1, box.x2, box.y2], "gtin": box.gtin}

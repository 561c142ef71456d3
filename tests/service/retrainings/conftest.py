"""Labelled captures and past retrainings, without photos."""

from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from service.catalogue.queries import catalogue_version
from service.context import Context
from service.models.queries import champion_version
from service.records import (
    AnnotationRecord,
    BayRecord,
    CaptureRecord,
    FacingLabelRecord,
    ModelRecord,
    PromotionRecord,
    RetrainingRecord,
    RoundRecord,
    StoreRecord,
    TaskRecord,
)
from service.retrainings.queries import current_labels, list_annotated
from service.snapshots.keeping import keep_snapshot
from service.snapshots.labelled import whole_capture
from training.snapshots import freeze

STRATUM = "neutral/frontal/convenience"


@pytest.fixture
def label(client, context: Context) -> Callable[..., list[str]]:
    """Record labelled captures: `label(count, boxes=10, at=..., gtin=...)`; returns their ids."""
    numbers = iter(range(1, 100_000))

    def add(count: int = 1, boxes: int = 10, *, at: datetime | None = None, store="s1", **kept) -> list[str]:
        at = at or context.clock()
        with context.database.write() as session:
            session.merge(StoreRecord(id=store, name=store, format="convenience"))
            session.merge(BayRecord(id=f"{store}-b", store_id=store))
            session.merge(_round(at))
            session.flush()
            return [_label(session, next(numbers), boxes, at, store, **kept) for _ in range(count)]

    return add


def _round(at):
    return RoundRecord(
        id="r", created_at=at, by="Ada", config={}, pool_digest="", pool_size=0, model_version=1, near_duplicates={}
    )


def _label(session, number, boxes, at, store, *, stratum=STRATUM, gtin=None, arm="value", duplicate=None, seconds=None):
    id = f"{number:032x}"
    session.add(
        CaptureRecord(
            id=id,
            sha256=id,
            store_id=store,
            bay_id=f"{store}-b",
            taken_at=at,
            received_at=at,
            width=640,
            height=480,
            image_key=id,
            image_sha256=id,
            faces_blurred=0,
            stratum=stratum,
            near_duplicate_of=duplicate,
            model_version=1,
            truncated=False,
            detections=[],
        )
    )
    session.flush()
    queue = {"state": "labelled", "rank": 0, "arm": arm, "reason": "", "predicted_boxes": 0, "created_at": at}
    session.add(TaskRecord(id=id, round_id="r", capture_id=id, store_id=store, **queue))
    session.flush()
    drawn = [{"kind": "facing", "box": [10 * n, 20, 10 * n + 8, 90], "gtin": gtin} for n in range(boxes)]
    rules = {"catalogue_version": 0, "guideline_version": 1, "prelabel_model_version": 1, "seconds": seconds}
    session.add(
        AnnotationRecord(id=id, task_id=id, capture_id=id, annotator="Ada", created_at=at, boxes=drawn, **rules)
    )
    session.flush()
    if gtin is not None:
        session.add_all(FacingLabelRecord(annotation_id=id, place=n, gtin=gtin, state="current") for n in range(boxes))
    return id


@pytest.fixture
def past(client, context: Context) -> Callable[..., str]:
    """Record a retraining that is over: `past("promoted", days=3)` was ordered three days ago."""
    numbers = iter(range(1, 1000))

    def add(state: str = "promoted", *, days: float = 1, **kept) -> str:
        id, at = f"{next(numbers):032x}", context.clock() - timedelta(days=days)
        usual = {"by": "Ada", "reason": "a test", "request": {"reason": "a test"}, "base_version": 1, "progress": {}}
        with context.database.write() as session:
            session.add(RetrainingRecord(id=id, created_at=at, finished_at=at, state=state, **{**usual, **kept}))
        return id

    return add


@pytest.fixture
def serve_what_is_labelled(client, context: Context, past: Callable[..., str]) -> Callable[..., int]:
    """Make a model serve that was trained on what is labelled now, all of it or `of` some strata; returns it."""

    def serve(of=None, champion_ap=0.5, ap=0.6) -> int:
        with context.database.write() as session:
            before = champion_version(session)
        id = past("promoted", base_version=before)
        with context.database.write() as session:
            labels, annotated = current_labels(session), list_annotated(session, None)
            shown = [whole_capture(one, labels, Path()) for one in annotated if of is None or one[1].stratum in of]
            snapshot = freeze(shown, "kinds", {"catalogue": str(catalogue_version(session))})
            keep_snapshot(session, snapshot, context.clock())
            session.get_one(RetrainingRecord, id).snapshot_hash = snapshot.content_hash
            kept = {"artefact_sha256": "0" * 64, "metadata_json": session.get_one(ModelRecord, 1).metadata_json}
            report = {"champion": {"overall": {"ap": champion_ap}}, "candidate": {"overall": {"ap": ap}}}
            model = ModelRecord(version=before + 1, source="retraining", retraining_id=id, report=report, **kept)
            model.created_at = context.clock()
            session.add(model)
            session.flush()
            move = {"previous_version": before, "action": "promote", "reason": "", "by": "Ada"}
            session.add(PromotionRecord(model_version=before + 1, **move, at=context.clock()))
        return before + 1

    return serve

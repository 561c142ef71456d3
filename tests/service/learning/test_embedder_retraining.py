"""A retraining of what names products: labels and pack-shots in, a judged embedder out, and who names afterwards."""

import json
import shutil
import time
from collections.abc import Callable, Iterator
from functools import partial
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from sqlalchemy.orm import Session

from retail.gtin import Gtin
from service.context import Context
from service.jobs import Jobs
from service.models.registry import open_tracking
from service.naming.installed import ensure_naming
from service.records import (
    AnnotationRecord,
    EmbedderRecord,
    FacingLabelRecord,
    ProductRecord,
    ReferenceRecord,
    RetrainingRecord,
    VariantRecord,
)
from service.retrainings.embedder_fitting import conclude_embedder
from service.retrainings.job import QUEUE, retrain
from service.retrainings.progress import begin
from service.retrainings.queries import get_retraining
from service.retrainings.schemas import RetrainingRequest
from service.retrainings.service import start_retraining
from service.retrainings.synthesis import synthetic_captures
from service.retrainings.training_set import freeze_snapshot
from service.retrainings.work import Work
from training.embedder.export import write_metadata
from vision.embedder import DEFAULT_EMBEDDER, read_embedder

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),  # MLflow's
]
SEEN, NEW = Gtin("04006381333931"), Gtin("00012345678905")
KNOBS = {"steps": 5, "views": 1, "replay_photos": 0}
ORDER = {"reason": "a test", "model": "embedder", "overrides": KNOBS}


def pack_shot(session: Session, context: Context, gtin: Gtin, colour: tuple[int, int, int], number: int = 0) -> None:
    picture = np.full((140, 80, 3), colour[::-1], np.uint8)
    picture[20:60, 20:60] = 255 - 10 * number
    id = f"{int(gtin) % 1000:03d}{number:029d}"
    context.images.put(f"{id}.jpg", cv2.imencode(".jpg", picture)[1].tobytes())
    reference = ReferenceRecord(id=id, variant_id=gtin, source="pack_shot", view="front", sha256=id * 2, state="live")
    reference.image_key, reference.created_at = f"{id}.jpg", context.clock()
    session.add(reference)


@pytest.fixture
def named(context: Context, labelled: object) -> None:
    """Six captures whose one facing is named, and pack-shots of that product and of one that nobody saw yet."""
    labelled.add(6)  # type: ignore[attr-defined]
    with context.database.write() as session:
        for gtin, colour in ((SEEN, (60, 60, 200)), (NEW, (40, 180, 40))):
            session.add(ProductRecord(gtin=gtin, name=gtin, category=["drinks"]))
            session.flush()
            session.add(VariantRecord(id=gtin, gtin=gtin, kind="regular"))
            session.flush()
            for number in range(2):
                pack_shot(session, context, gtin, colour, number)
        for annotation in session.query(AnnotationRecord):
            session.add(FacingLabelRecord(annotation_id=annotation.id, place=0, gtin=SEEN, state="current"))
    ensure_naming(context.database, context.naming.embedders, context.clock())


def ordered(context: Context, **changes: object) -> Work:
    order = start_retraining(context, RetrainingRequest.model_validate({**ORDER, **changes}), by="Ada")
    work = Work(context, order.id)
    begin(work)
    return work


def record_of(work: Work) -> RetrainingRecord:
    with work.context.database.read() as session:
        return get_retraining(session, work.id)


@pytest.fixture
def jobs(context: Context) -> Iterator[Jobs]:
    jobs = Jobs(context.settings.resolved_jobs_url, "w1", {QUEUE: partial(retrain, context)})
    yield jobs
    jobs.close()


def test_a_fit_without_enough_unseen_facings_leaves_what_names(context: Context, named: None, jobs: Jobs) -> None:
    work = Work(context, start_retraining(context, RetrainingRequest.model_validate(ORDER), by="Ada").id)
    jobs.hand_over(QUEUE, work.id)
    while (done := record_of(work)).state in ("queued", "running"):
        time.sleep(0.1)
    assert (done.state, done.error) == ("gate_failed", None), done.progress
    assert {capture.arm for capture in work.snapshot.synthetic} == {"synthetic"}
    assert done.progress["note"].startswith(
        "the serving embedder stays: top-1 on unseen captures: insufficient evidence"
    )
    assert done.progress["embedder"]["checks"][0]["passed"] is False
    with context.database.read() as session:
        assert session.query(EmbedderRecord).count() == 1
    # What it made is kept, to look at or to be added by hand.
    assert read_embedder(work.folder / "embedder.onnx").trained_on.endswith("facings of this installation")


@pytest.fixture
def better(context: Context, named: None) -> Callable[..., Work]:
    """A retraining whose embedder was fitted and judged better."""

    def make(**changes: object) -> Work:
        work = ordered(context, **changes)
        freeze_snapshot(work)
        onnx.save(onnx.load(DEFAULT_EMBEDDER), work.folder / "embedder.onnx")
        metadata = read_embedder(DEFAULT_EMBEDDER).model_copy(update={"trained_on": "more"})
        write_metadata(work.folder / "embedder.onnx", metadata)
        figures = {"installed/top-1": 0.5, "candidate/top-1": 0.9}
        report = {"passed": True, "installed": "embedder", "checks": [], "figures": figures}
        (work.folder / "embedder.json").write_text(json.dumps(report))
        return work

    return make


def test_a_better_one_is_ordered_to_read_every_reference(context: Context, better: Callable[..., Work]) -> None:
    work = better()
    assert conclude_embedder(work) == "promoted"
    done = record_of(work)
    with context.database.read() as session:
        embedder = session.get_one(EmbedderRecord, done.progress["embedder_id"])
        assert (embedder.state, embedder.source) == ("embedding", "file")
        assert embedder.progress["reason"].endswith("better on unseen captures: a test")
    tracking = open_tracking(context.settings)
    run = tracking._client.get_run(done.progress["mlflow_run_id"])
    assert run.data.metrics == {"installed/top-1": 0.5, "candidate/top-1": 0.9}
    assert run.data.params["retraining"] == work.id
    assert {file.path for file in tracking._client.list_artifacts(run.info.run_id)} == {
        "embedder.onnx",
        "embedder.json",
        "snapshot.json",
    }


def test_one_that_is_not_to_name_is_only_kept(context: Context, better: Callable[..., Work]) -> None:
    assert conclude_embedder(better(promote="never")) == "completed"
    with context.database.read() as session:
        assert session.query(EmbedderRecord).count() == 1


def test_products_with_a_pack_shot_and_no_label_are_set_into_photos_that_train(context: Context, named: None) -> None:
    work = ordered(context)
    freeze_snapshot(work)
    snapshot = work.snapshot
    shown = {box.gtin for capture in snapshot.synthetic for box in capture.boxes if box.gtin}
    assert shown == {NEW}
    assert NEW not in {box.gtin for capture in snapshot.captures for box in capture.boxes}
    shutil.rmtree(work.scratch)
    freeze_snapshot(Work(context, work.id))  # a worker on another machine
    assert all(Path(capture.image).exists() for capture in snapshot.synthetic)


def test_a_detector_of_kinds_needs_no_made_up_photos(
    context: Context, named: None, tiny: Callable[..., RetrainingRequest]
) -> None:
    kinds = Work(context, start_retraining(context, tiny(classes="kinds"), by="Ada").id)
    begin(kinds)
    freeze_snapshot(kinds)
    assert kinds.snapshot.synthetic == ()
    assert synthetic_captures(kinds, kinds.snapshot) == ()

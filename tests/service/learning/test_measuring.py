"""A candidate is measured with what the installation knows: its gallery, its planograms, its categories."""

import csv
import shutil
from collections.abc import Callable

import pytest

from retail.catalogue_events import Added
from retail.gtin import Gtin
from retail.products import Product
from service.catalogue.service import change
from service.context import Context
from service.naming.queries import append_gallery_changes
from service.records import (
    AnnotationRecord,
    BayRecord,
    FacingLabelRecord,
    PlanogramRecord,
    PlanogramVersionRecord,
    PositionRecord,
    ReferenceRecord,
    VariantRecord,
)
from service.retrainings.knowledge import knowledge_of
from service.retrainings.logged import CURVE, HTML, TABLE, retraining_record
from service.retrainings.measuring import measure, read_results
from service.retrainings.queries import get_retraining
from service.retrainings.schemas import RetrainingRequest
from service.retrainings.service import start_retraining
from service.retrainings.training_set import freeze_snapshot
from service.retrainings.work import Work
from vision import starter

MILK = Gtin("00000000000017")


@pytest.fixture
def work(context: Context, labelled: object, tiny: Callable[..., RetrainingRequest]) -> Work:
    """A retraining of twelve photos of milk, as far as its export; its candidate is the starter once more."""
    labelled.add(12)  # type: ignore[attr-defined]
    now = context.clock()
    with context.database.write() as session:
        change(session, Added(Product(MILK, "Milk", ("dairy", "milk"), family="milks")), "a test", now)
        for seed in range(12):
            annotation = session.get_one(AnnotationRecord, f"value-{seed}")
            annotation.boxes = [{**annotation.boxes[0], "gtin": MILK}, annotation.boxes[1]]
            session.add(FacingLabelRecord(annotation_id=annotation.id, place=0, gtin=MILK, state="current"))
        session.add(PlanogramRecord(id="p"))
        session.flush()
        session.add(PlanogramVersionRecord(planogram_id="p", version=1, shelves=[], by="a test"))
        session.flush()
        position = {"shelf": 1, "slot": 1, "gtin": MILK, "wide": 1, "high": 1, "state": "current"}
        session.add(PositionRecord(planogram_id="p", version=1, **position))
        bay = session.get_one(BayRecord, "b1")
        bay.planogram_id, bay.planogram_version = "p", 1
    work = Work(context, start_retraining(context, tiny(), by="Ada").id)
    with context.database.write() as session:
        get_retraining(session, work.id).state = "running"
    freeze_snapshot(work)
    shutil.copy(starter.ARTEFACT, work.candidate_artefact)
    shutil.copy(starter.CHECKPOINT, work.candidate_checkpoint)
    return work


def show_milk(context: Context, capture_id: str | None = None) -> None:
    """Give the gallery a picture of milk, cut from a capture or not."""
    with context.database.write() as session:
        variant = session.query(VariantRecord).filter_by(gtin=MILK).one()
        picture = {"image_key": "value-0.jpg", "sha256": capture_id or "pack", "capture_id": capture_id}
        kept = {"variant_id": variant.id, "source": "shelf", "view": "front", "state": "live", **picture}
        session.add(ReferenceRecord(id=f"r-{capture_id}", created_at=context.clock(), **kept))
        session.flush()
        append_gallery_changes(session, [f"r-{capture_id}"], context.clock())


def test_names_verdicts_latency_and_size_are_measured_and_logged(context: Context, work: Work) -> None:
    show_milk(context)
    measure(work)
    reports, gate = read_results(work)
    report, validation = reports["candidate"], work.snapshot.split.validation
    assert report["measures"]["sku_top1"]["overall"]["count"] == len(validation)
    assert set(report["measures"]["sku_top1"]["cells"]["category"]) == {"dairy"}
    assert report["measures"]["verdict_f1"]["overall"]["count"] == len(validation)
    assert set(report["bands"]) == {"middle"}, "milk has ten training boxes"
    assert report["latency_ms"] > 0
    assert report["megabytes"] == pytest.approx(starter.ARTEFACT.stat().st_size / 1e6)
    assert report["overall"] == reports["champion"]["overall"]
    thin = gate["checks"][-1]
    assert (thin["name"], thin["passed"]) == ("insufficient evidence", True)
    kept = retraining_record(work)
    assert {path.name for path in kept.attachments} >= {HTML, TABLE, CURVE}
    names = {point.name for point in kept.metrics}
    assert {"candidate/whole/ap", "candidate/stratum/neutral-frontal-convenience/sku_top1"} <= names
    with (work.folder / TABLE).open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["evidence"] for row in rows if row["group"] == "stratum"} == {"insufficient evidence"}
    page = (work.folder / HTML).read_text()
    assert "data:image" not in page, "no photo leaves the image store, where it can be deleted"


def test_photos_that_taught_the_gallery_do_not_measure_it(context: Context, work: Work) -> None:
    for capture in work.snapshot.split.validation:
        show_milk(context, capture.capture_id)
    knowledge = knowledge_of(context, work.snapshot)
    assert knowledge.taught == {capture.capture_id for capture in work.snapshot.split.validation}
    assert (knowledge.categories, knowledge.families) == ({MILK: "dairy"}, {MILK: "milks"})
    measure(work)
    assert set(read_results(work)[0]["candidate"]["measures"]) <= {"calibration_error"}


def test_without_any_picture_boxes_alone_are_measured(context: Context, work: Work) -> None:
    measure(work)
    report = read_results(work)[0]["candidate"]
    assert (report["products"], set(report["measures"]) <= {"calibration_error"}) == ({}, True)

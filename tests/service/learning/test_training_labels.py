"""A retraining trains on what the labels mean today."""

from collections.abc import Callable

from retail.catalogue_events import Added, Delisted, Merged
from retail.gtin import Gtin
from retail.products import Product
from service.catalogue.service import change
from service.context import Context
from service.records import AnnotationRecord, FacingLabelRecord, TaskRecord
from service.retrainings.queries import get_retraining
from service.retrainings.schemas import RetrainingRequest
from service.retrainings.service import start_retraining
from service.retrainings.training_set import freeze_snapshot
from service.retrainings.work import Work
from training.regions import PAINT
from vision.decoding import decode

A, B, C = (Gtin(f"000000000000{end}") for end in ("17", "24", "31"))


def test_labels_of_today_train(context: Context, labelled: object, tiny: Callable[..., RetrainingRequest]) -> None:
    labelled.add(4)  # type: ignore[attr-defined]
    drawn = {"value-0": A, "value-1": B, "value-2": C}
    with context.database.write() as session:
        now = context.clock()
        for gtin in (A, B, C):
            change(session, Added(Product(gtin, "Milk", ("dairy",))), "a test", now)
        for id, gtin in drawn.items():
            first = session.get_one(AnnotationRecord, id)
            first.boxes = [{**first.boxes[0], "gtin": gtin}, first.boxes[1]]
            session.add(FacingLabelRecord(annotation_id=id, place=0, gtin=gtin, state="current"))
        change(session, Merged(A, B), "a test", now)
        change(session, Delisted(C, now.date()), "a test", now)
        earlier = session.get_one(AnnotationRecord, "value-3")
        later = {name: getattr(earlier, name) for name in AnnotationRecord.__table__.columns.keys()}  # noqa: SIM118
        session.add(AnnotationRecord(**{**later, "id": "value-3b", "boxes": earlier.boxes[1:]}))
        earlier.superseded_by = "value-3b"
    work = Work(context, start_retraining(context, tiny(), by="Ada").id)
    with context.database.write() as session:
        get_retraining(session, work.id).state = "running"
    freeze_snapshot(work)
    split = work.snapshot.split
    trained = {
        one.capture_id: [(box.kind.value, box.gtin) for box in one.boxes] for one in split.train + split.validation
    }
    assert trained == {
        "value-0": [("facing", B), ("shelf", None)],
        "value-1": [("facing", B), ("shelf", None)],
        "value-2": [("facing", None), ("shelf", None)],
        "value-3": [("shelf", None)],
    }


def test_of_a_tile_trains_the_tile_and_of_ignored_boxes_nothing(
    context: Context, labelled: object, tiny: Callable[..., RetrainingRequest]
) -> None:
    labelled.add(3)  # type: ignore[attr-defined]
    with context.database.write() as session:
        session.get_one(TaskRecord, "value-0").tile = [0, 0, 64, 128]
        annotation = session.get_one(AnnotationRecord, "value-1")
        annotation.boxes = [{**annotation.boxes[0], "ignore": True}, annotation.boxes[1]]
    work = Work(context, start_retraining(context, tiny(), by="Ada").id)
    with context.database.write() as session:
        get_retraining(session, work.id).state = "running"
    freeze_snapshot(work)
    trained = {one.capture_id: one for one in work.snapshot.captures}
    assert {id: (one.width, len(one.boxes)) for id, one in trained.items()} == {
        "value-0:0": (64, 2),
        "value-1": (160, 1),
        "value-2": (160, 2),
    }
    assert decode(trained["value-0:0"].image.read_bytes()).image.shape == (128, 64, 3)
    painted = decode(trained["value-1"].image.read_bytes()).image[30:80, 30:50]
    assert abs(painted.astype(int) - PAINT).max() <= 4  # as far as a JPEG is exact

"""Two rounds by hand, small enough to count.

The first one picked `labelled` and `queued`, the second one `same`, `new` and `drawn`; `left` stays in the pool,
`copy` is a near-duplicate, `late` came after the second round.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count

import numpy as np

from labeling.leases import TaskState
from sampling.looks import Looks
from service.records import (
    AnnotationRecord,
    BayRecord,
    CaptureRecord,
    FacingLabelRecord,
    LooksRecord,
    PickRecord,
    ProductRecord,
    RoundRecord,
    SignatureRecord,
    StoreRecord,
    TaskRecord,
)
from service.signature_numbers import packed

JUICE, SODA, BREAD = "04006381333931", "00012345678905", "00000000000017"
DIM, WARM, GLARE, COLD = (
    f"{rest}/convenience" for rest in ("dim/frontal", "warm/steep", "glare/frontal", "cold/steep")
)


@dataclass
class LaidOut:
    """Ids of the captures by name, and of the two rounds."""

    captures: dict[str, str] = field(default_factory=dict)
    rounds: list[str] = field(default_factory=list)


def lay_out_rounds(session, images, photo: bytes, now: datetime) -> LaidOut:
    laid, numbers = LaidOut(), count(1)
    for gtin, category in ((JUICE, ["drinks", "juice"]), (SODA, ["drinks", "soda"]), (BREAD, ["food", "bread"])):
        session.add(ProductRecord(gtin=gtin, name=gtin, category=category))
    session.add(StoreRecord(id="s1", name="Kiosk", format="convenience"))
    session.flush()
    session.add(BayRecord(id="b1", store_id="s1"))
    session.flush()
    for name, stratum, classes, days in (
        ("labelled", DIM, (BREAD,), -4),  # what the recogniser took it for; its label says juice
        ("queued", WARM, (BREAD,), -4),
        ("same", DIM, (JUICE,), -4),
        ("new", WARM, (SODA, BREAD, "food/bread", ""), -4),
        ("drawn", DIM, ("",), -4),
        ("left", GLARE, (BREAD,), -4),
        ("copy", GLARE, (BREAD,), -4),
        ("late", COLD, (BREAD,), 0),
    ):
        number = next(numbers)
        laid.captures[name] = id = f"{number:032x}"
        images.put(f"captures/{id}.jpg", photo)
        keep(session, id, number, stratum, classes, now + timedelta(days=days), name == "copy")
    laid.rounds = [
        hold_round(session, 101, now - timedelta(days=3), [laid.captures[one] for one in ("labelled", "queued")]),
        hold_round(session, 102, now - timedelta(days=1), [laid.captures[one] for one in ("same", "new", "drawn")]),
    ]
    label(session, laid.captures["labelled"], JUICE, now - timedelta(days=2))
    return laid


def keep(session, id: str, number: int, stratum: str, classes: tuple[str, ...], at: datetime, copy: bool) -> None:
    place = {"store_id": "s1", "bay_id": "b1", "received_at": at, "stratum": stratum, "model_version": 1}
    box = {"kind": "facing", "box": [20.0, 20.0, 200.0, 300.0], "gtin": None, "shelf": 1, "place": 1, "naming": None}
    seen = {**box, "confidence": 0.9, "uncertainty": {"margin": 0.5, "localisation": 0.1, "value": 0.5}}
    kept = {"sha256": id, "taken_at": at, "image_key": f"captures/{id}.jpg", "image_sha256": id, "truncated": False}
    size = {"width": 640, "height": 480, "faces_blurred": 0}
    session.add(
        CaptureRecord(id=id, **place, **kept, **size, detections=[seen], near_duplicate_of=id if copy else None)
    )
    session.flush()
    vector = np.array([1, number, number % 3], np.float32)
    vector /= np.linalg.norm(vector)
    counted = {"numbers": packed(value=0.5, boxes=1, doubted=1), "predicted_boxes": 1, "facings": 1}
    bytes_of = vector.astype("<f2").tobytes()
    session.add(SignatureRecord(capture_id=id, **place, near_duplicate=copy, image_vector=bytes_of, **counted))
    looks = Looks(classes, np.full(len(classes), 0.5, np.float32), np.ones((len(classes), 1), np.float32))
    session.add(LooksRecord(capture_id=id, model_version=1, looks=looks.to_bytes()))
    session.flush()


def hold_round(session, number: int, began: datetime, captures: list[str]) -> str:
    id = f"{number:032x}"
    what = {"config": {"boxes": 3}, "pool_digest": "0" * 64, "pool_size": 6, "model_version": 1, "near_duplicates": {}}
    session.add(RoundRecord(id=id, created_at=began, by="ann", notes=["drift is off: nothing came lately"], **what))
    session.flush()
    for rank, capture_id in enumerate(captures, 1):
        arm = "random" if rank == 3 else "value"
        terms = {"uncertainty": rank / 2, "drift": 1.0, "value": rank / 2, "boxes": 1.0, "seconds": 14.0}
        why = {"arm": arm, "reason": f"reason {rank}", "rank": rank}
        drawn = {"propensity": 0.25 if arm == "random" else None, "terms": terms}
        session.add(PickRecord(round_id=id, capture_id=capture_id, **why, **drawn))
        task = {
            "store_id": "s1",
            "state": TaskState.QUEUED,
            "predicted_boxes": 1,
            "created_at": began + timedelta(seconds=1),
        }
        session.add(TaskRecord(id=capture_id, round_id=id, capture_id=capture_id, **why, **task))
    session.flush()
    return id


def label(session, capture_id: str, gtin: str, at: datetime) -> None:
    versions = {"catalogue_version": 0, "guideline_version": 1, "prelabel_model_version": 1}
    made = {"annotator": "0" * 32, "created_at": at, "boxes": [{"kind": "facing", "box": [1, 1, 9, 9], "gtin": gtin}]}
    session.add(AnnotationRecord(id=capture_id, task_id=capture_id, capture_id=capture_id, **made, **versions))
    session.flush()
    session.add(FacingLabelRecord(annotation_id=capture_id, place=0, gtin=gtin, state="current"))
    session.get_one(TaskRecord, capture_id).state = TaskState.LABELLED

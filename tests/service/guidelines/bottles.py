"""A shelf of bottles whose caps and labels tell them apart, or do not, and people who label it."""

from collections.abc import Callable, Sequence
from typing import Any

import cv2
import numpy as np
from fastapi.testclient import TestClient

from service.context import Context
from service.records import AnnotationRecord, BlindAnnotationRecord, TaskRecord
from tests.service.guidelines.conftest import add_annotation

NAMES = {
    "04006381333931": "Still water 1 l",
    "00012345678905": "Sparkling water 1 l",
    "00000096385074": "Apple juice 1 l",
    "00000073513537": "Orange juice 1 l",
}
STILL, SPARKLING, APPLE, ORANGE = NAMES
_COLOURS = {STILL: (120, 170, 220), SPARKLING: (110, 165, 225), APPLE: (150, 190, 60), ORANGE: (235, 140, 30)}
WIDTH, HEIGHT, FACINGS = 640, 300, 8


def bottle(place: int, gtin: str | None = None) -> dict[str, Any]:
    """The box of the place-th bottle from the left."""
    x = 12 + 78 * place
    return {"kind": "facing", "box": [x, 40, x + 58, 240], "gtin": gtin}


def shelf(gtins: Sequence[str]) -> bytes:
    """A photo of bottles of these products."""
    image = np.full((480, WIDTH, 3), (226, 221, 212), np.uint8)
    cv2.rectangle(image, (0, 242), (WIDTH, 270), (140, 120, 100), -1)
    for place, gtin in enumerate(gtins):
        x1, y1, x2, y2 = bottle(place)["box"]
        cv2.rectangle(image, (x1, y1 + 45), (x2, y2), _COLOURS[gtin], -1)
        cv2.rectangle(image, (x1 + 20, y1), (x2 - 20, y1 + 45), _COLOURS[gtin], -1)
        cv2.rectangle(image, (x1 + 20, y1), (x2 - 20, y1 + 12), (250, 250, 250), -1)
        cv2.rectangle(image, (x1 + 4, y1 + 90), (x2 - 4, y1 + 150), (245, 245, 240), -1)
        cv2.putText(image, NAMES[gtin].split()[0][:5], (x1 + 5, y1 + 125), 0, 0.45, (40, 40, 40), 1, cv2.LINE_AA)
    return bytes(cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR))[1])


def add_products(client: TestClient) -> None:
    for gtin, name in NAMES.items():
        category = ["drinks", "water" if "water" in name else "juice"]
        client.put(f"/v1/products/{gtin}", json={"name": name, "category": category}).raise_for_status()


def add_labelled_by_three(
    context: Context,
    add_task: Callable[..., str],
    number: int,
    says: Callable[[str, int, int], str | None],
    model: Callable[[str, int], str | None],
) -> list[str]:
    """Add shelves that three people labelled: `says(gtin, person, count)`, beforehand `model(gtin, count)`."""
    ids, count = [], 0
    for task in range(number):
        shown = [list(NAMES)[(place + task) % len(NAMES)] for place in range(FACINGS)]
        counts = range(count, count + FACINGS)
        count += FACINGS
        seen = [bottle(place, model(gtin, n)) for place, (gtin, n) in enumerate(zip(shown, counts, strict=True))]
        answers = [
            [bottle(place, says(gtin, person, n)) for place, (gtin, n) in enumerate(zip(shown, counts, strict=True))]
            for person in range(3)
        ]
        ids.append(add_task(answers[0], detections=seen, photo=shelf(shown)))
        with context.database.write() as session:
            first = session.get_one(TaskRecord, ids[-1])
            for copy in (1, 2):
                blind = _copy(first, copy)
                session.add(blind)
                session.flush()
                add_annotation(session, BlindAnnotationRecord, blind, answers[copy], f"person {copy}", context)
            own = session.query(AnnotationRecord).where(AnnotationRecord.task_id == first.id).one()
            own.annotator = "person 0"
    return ids


def _copy(task: TaskRecord, copy: int) -> TaskRecord:
    return TaskRecord(
        id=f"{task.id[1:]}{copy}",
        round_id=task.round_id, capture_id=task.capture_id, created_at=task.created_at, state="labelled",
        rank=task.rank, arm=task.arm, reason=task.reason, predicted_boxes=task.predicted_boxes,
        store_id=task.store_id, purpose="overlap", copy=copy, copy_of=task.id,
    )  # fmt: skip

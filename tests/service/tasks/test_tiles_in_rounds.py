"""A photo of many boxes becomes tasks of its tiles, and what the tile beside has is ignored."""

from collections.abc import Callable
from typing import Any

from fastapi.testclient import TestClient

from service.context import Context
from service.records import CaptureRecord

FACINGS = ([10, 20, 110, 200], [200, 20, 300, 200], [10, 260, 110, 440], [200, 260, 300, 440])


def crowded(context: Context, capture_of: Callable[..., str], gtin: str) -> str:
    """Send a photo of 640 x 480, and let its model have found four facings in two rows and a shelf between them."""
    id = capture_of("s1", 3)
    boxes = [{"kind": "facing", "box": box, "gtin": None} for box in FACINGS]
    boxes[2]["gtin"] = gtin
    with context.database.write() as session:
        capture = session.get_one(CaptureRecord, id)
        capture.detections = [*boxes, {"kind": "shelf", "box": [0, 205, 640, 215], "gtin": None}]
    return id


def start_round(client: TestClient, **config: Any) -> None:
    found = client.post("/v1/rounds", json={"boxes": 9, "random_share": 0, **config})
    assert found.status_code == 201, found.text


def test_tiles_are_leased_shown_and_labelled_each_by_itself(
    context: Context, client: TestClient, capture_of: Callable[..., str], juice: str, person: Callable[..., Any]
) -> None:
    context.settings.tasks.tile_boxes = 3
    capture = crowded(context, capture_of, juice)
    start_round(client)
    ada, bob = person(), person()
    leased = client.post("/v1/tasks/lease", json={"count": 9}, headers=ada.key).json()
    upper, lower = leased["tasks"]
    assert (upper["capture_id"], upper["tile"], lower["tile"]) == (capture, [0, 0, 640, 215], [0, 215, 640, 480])
    assert [len(task["prelabels"]) for task in (upper, lower)] == [3, 2]
    assert [task["predicted_boxes"] for task in (upper, lower)] == [3, 2]

    drawn = [{"kind": "facing", "box": box} for box in (FACINGS[0], [200, 100, 300, 340], [400, 100, 500, 400])]
    shelf = {"kind": "shelf", "box": [0, 205, 640, 225]}
    kept = ada.does("annotations", upper["id"], leased["lease_token"], boxes=[*drawn, shelf]).json()["boxes"]
    assert [box.get("ignore", False) for box in kept] == [False, True, True, False]
    assert kept[3]["box"] == [0, 205, 640, 215]
    ada.does("release", lower["id"], leased["lease_token"])
    assert bob.lease(count=9, category="drinks/juice")[1] == [lower["id"]], "the tile whose facing is a juice"


def test_photos_of_few_boxes_are_not_cut(
    context: Context, client: TestClient, capture_of: Callable[..., str], juice: str
) -> None:
    context.settings.tasks.tile_boxes = 10
    crowded(context, capture_of, juice)
    start_round(client)
    (task,) = client.post("/v1/tasks/lease", json={"count": 9}).json()["tasks"]
    assert task["tile"] is None

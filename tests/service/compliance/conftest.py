"""A store whose products are plain colours, a bay with a planogram, and photos of shelves that anybody can paint."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import cv2
import numpy as np
import pytest

from tests.service.compliance.painted import COLOURS, PLANNED, PaintedServing, gtin


@pytest.fixture
def context(context):
    return replace(context, serving=PaintedServing())


@pytest.fixture
def products(client, context) -> None:
    """Put all colours into the catalogue, each with a picture."""
    for colour, rgb in COLOURS.items():
        name = {"name": f"Product {colour}", "category": ["colours"]}
        client.put(f"/v1/products/{gtin(colour)}", json=name).raise_for_status()
        picture = np.full((90, 60, 3), rgb, np.uint8)
        files = {"photo": ("pack.png", cv2.imencode(".png", picture[..., ::-1])[1].tobytes())}
        client.post(f"/v1/products/{gtin(colour)}/references", files=files).raise_for_status()
    context.naming.refresh()


@pytest.fixture
def plan(client, bay) -> Callable[..., None]:
    """Give bays a planogram: `plan("b1", "rgb", "ymc")`, each letter a position of one facing."""

    def put(bay_id: str, *shelves: str) -> None:
        client.put(f"/v1/stores/s1/bays/{bay_id}").raise_for_status()
        positions = [
            {"shelf": shelf, "slot": slot, "gtin": gtin(colour)}
            for shelf, colours in enumerate(shelves, 1)
            for slot, colour in enumerate(colours, 1)
        ]
        client.put(f"/v1/planograms/plan-{bay_id}", json={"positions": positions}).raise_for_status()
        client.put(f"/v1/bays/{bay_id}/planogram", json={"planogram_id": f"plan-{bay_id}"}).raise_for_status()

    return put


@pytest.fixture
def planned(products, plan) -> None:
    """Let bay b1 be planned as PLANNED says."""
    plan("b1", *PLANNED)


@pytest.fixture
def sent(client, clock, bay) -> Callable[..., dict]:
    """Send a photo of a bay and return its answer: `sent(photo, minute=3)`."""

    def send(photo: bytes, bay_id: str = "b1", minute: float = 0, **fields: str) -> dict:
        taken_at = clock.now + timedelta(minutes=minute)
        form = {**bay, "bay_id": bay_id, "taken_at": taken_at.isoformat(), **fields}
        answer = client.post("/v1/captures", data=form, files={"photo": ("shelf.png", photo)})
        assert answer.status_code in (200, 201), answer.text
        return answer.json()

    return send

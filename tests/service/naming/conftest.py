"""A product, and pictures in one colour: a literal embedder tells colours apart and nothing else."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest

COLA = "04006381333931"
COLOURS = {"red": (200, 30, 30), "blue": (30, 30, 200), "green": (30, 200, 30)}


@pytest.fixture(scope="session")
def picture() -> Callable[..., bytes]:
    """Make a picture in one colour; two colours are the left and the right half."""

    def make(*colours: str, size: tuple[int, int] = (60, 90)) -> bytes:
        image = np.empty((size[1], size[0], 3), np.uint8)
        for place, colour in enumerate(colours):
            image[:, place * size[0] // len(colours) :] = COLOURS[colour][::-1]
        return bytes(cv2.imencode(".png", image)[1])

    return make


@pytest.fixture
def cola(client) -> str:
    """A product's GTIN."""
    client.put(f"/v1/products/{COLA}", json={"name": "Cola 0.5 l", "category": ["drinks", "cola"]}).raise_for_status()
    return COLA


@pytest.fixture
def add_reference(client) -> Callable[..., dict]:
    """Send a picture of a product."""

    def add(gtin: str, photo: bytes, **fields: str) -> dict:
        sent = client.post(f"/v1/products/{gtin}/references", files={"photo": ("pack", photo)}, data=fields)
        sent.raise_for_status()
        return sent.json()

    return add

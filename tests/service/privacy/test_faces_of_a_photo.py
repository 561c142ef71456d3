"""A photo with people in it: nobody is recognisable in what is stored."""

import importlib.util
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest

from service.app import create_app
from tests.service.conftest import TestClient
from vision.faces import FaceFinder, find_face_model


@pytest.fixture
def two_people(missing) -> bytes:
    """Two people, whose photo comes with Ultralytics."""
    package = importlib.util.find_spec("ultralytics")
    path = Path(package.submodule_search_locations[0], "assets", "zidane.jpg") if package else Path()
    if not path.is_file():
        missing("the photo of two people that comes with ultralytics")
    return path.read_bytes()


def test_two_faces_are_stored_blurred_only(context, key_for, two_people, bay):
    finder = FaceFinder(find_face_model(), precision="f32")
    with TestClient(create_app(replace(context, faces=finder)), headers=key_for("admin")) as client:
        sent = client.post("/v1/captures", files={"photo": two_people}, data=bay)
        sent.raise_for_status()
        stored = client.get(f"/v1/captures/{sent.json()['id']}/photo").content
    before = cv2.imdecode(np.frombuffer(two_people, np.uint8), cv2.IMREAD_COLOR_RGB)
    after = cv2.imdecode(np.frombuffer(stored, np.uint8), cv2.IMREAD_COLOR_RGB)
    faces = finder.find(before)
    assert len(faces) == 2
    for left, top, right, bottom in faces.round().astype(int):
        inside = (slice(max(top, 0), bottom), slice(max(left, 0), right))
        assert sharpness(after[inside]) < 0.3 * sharpness(before[inside])
        assert np.abs(after[inside].astype(int) - before[inside]).mean() > 5
    files = [path for path in context.settings.home.parent.rglob("*") if path.is_file()]
    middle = len(two_people) // 2
    assert not any(two_people[middle : middle + 64] in path.read_bytes() for path in files)
    assert [path.read_bytes() == stored for path in files if path.suffix == ".jpg"] == [True]


def sharpness(image: np.ndarray) -> float:
    """How much detail smaller than a mosaic's block there is."""
    grey = cv2.cvtColor(image, cv2.COLOR_RGB2GRAY).astype(np.float32)
    return float(np.median(np.abs(cv2.Laplacian(grey, cv2.CV_32F))) + 1e-3)

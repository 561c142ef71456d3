"""Shelves and places in answers, dense photos looked at in tiles, and captures from before there were any."""

import cv2
import numpy as np
import pytest

from retail.stores import StoreFormat
from service.captures.looking import look_at
from service.captures.photos import open_photo
from service.captures.schemas import CaptureAnswer
from service.models.serving import ServingModel
from service.records import CaptureRecord
from service.settings import PhotoSettings
from vision.artefact import ArtefactMetadata
from vision.detector import Detector
from vision.runtime import RawOutputs


def sent(client, bay, make_photo, **of) -> dict:
    return client.post("/v1/captures", files={"photo": ("shelf.jpg", make_photo(**of))}, data=bay).json()


def test_facings_say_their_shelf_and_place_and_the_capture_its_shelves(client, bay, make_photo):
    capture = sent(client, bay, make_photo)
    assert [(one["kind"], one["shelf"], one["place"]) for one in capture["detections"]] == [
        ("facing", 1, 1),
        ("facing", 1, 2),
        ("shelf", None, None),
        ("tag", None, None),
    ]
    assert capture["shelves"] == [{"number": 1, "line": [0.0, 240.0, 640.0, 240.0]}]
    assert client.get(f"/v1/captures/{capture['id']}").json() == capture


def test_the_overlay_shows_the_shelf_and_is_no_larger_than_needed(client, bay, make_photo):
    id = sent(client, bay, make_photo, size=(4000, 3000))["id"]
    overlay = client.get(f"/v1/captures/{id}/overlay").content
    drawn = cv2.imdecode(np.frombuffer(overlay, np.uint8), cv2.IMREAD_COLOR)
    assert drawn.shape == (1500, 2000, 3)
    assert drawn[750, 1000].min() > 200, "the shelf's line, in the middle of its edge"


def test_a_capture_from_before_there_were_shelves_can_be_read_and_drawn(client, context, bay, make_photo):
    id = sent(client, bay, make_photo)["id"]
    with context.database.write() as session:
        capture = session.get(CaptureRecord, id)
        capture.detections = [
            {key: value for key, value in one.items() if key not in ("shelf", "place")} for one in capture.detections
        ]
        capture.shelves = []
    read = CaptureAnswer.model_validate(client.get(f"/v1/captures/{id}").json())
    assert [one.shelf for one in read.detections] == [None] * 4
    assert client.get(f"/v1/captures/{id}/overlay").status_code == 200


class Crowd:
    """Finds twenty facings of 10 x 20 pixels in whatever it is shown, and counts how often it is asked."""

    looks = 0

    def infer(self, tensor: np.ndarray) -> RawOutputs:
        self.looks += 1
        lefts = np.arange(20, dtype=np.float32) * 14 + 100
        boxes = np.column_stack([lefts, np.full(20, 100), lefts + 10, np.full(20, 120)]).astype(np.float32)
        return RawOutputs(
            boxes=boxes,
            probabilities=np.tile(np.float32([0.9, 0, 0, 0]), (20, 1)),
            edge_variances=np.ones((20, 4), np.float32),
            vectors=np.ones((20, 4), np.float32),
            image_vector=np.ones(4, np.float32),
        )


@pytest.mark.parametrize(("most_tiles", "width", "looks"), [(9, 2560, 10), (4, 2560, 5), (1, 2560, 1), (9, 640, 1)])
def test_a_dense_photo_is_looked_at_in_tiles_as_far_as_settings_and_pixels_allow(make_photo, most_tiles, width, looks):
    metadata = ArtefactMetadata(classes=("product", "shelf", "tag", "gap"), architecture="literal")
    crowd = Crowd()
    model = ServingModel(1, Detector(crowd, metadata), metadata, most_tiles)
    photo = open_photo(make_photo(size=(width, width * 3 // 4)), model, None, PhotoSettings())
    seen = look_at(photo, StoreFormat.SUPERMARKET, model)
    assert crowd.looks == looks
    assert seen.detections.size == (width, width * 3 // 4)


def test_a_closer_look_hides_faces_too(make_photo):
    metadata = ArtefactMetadata(classes=("product", "shelf", "tag", "gap"), architecture="literal")
    model = ServingModel(1, Detector(Crowd(), metadata), metadata)

    class Everyone:
        def find(self, image: np.ndarray) -> np.ndarray:
            assert image.shape == (480, 640, 3)
            return np.array([[100, 100, 200, 220]], np.float32)

    photo = make_photo(size=(2560, 1920))
    faces, plain = (open_photo(photo, model, finder, PhotoSettings()) for finder in (Everyone(), None))
    hidden, seen = faces.at(1280), plain.at(1280)
    assert hidden.shape == seen.shape == (960, 1280, 3)
    changed = np.abs(hidden.astype(int) - seen).max(-1) > 0
    assert changed[210:430, 210:390].any()
    assert not changed[:150].any()
    assert not changed[:, 600:].any()
    assert plain.at(99_999).shape == (1920, 2560, 3)

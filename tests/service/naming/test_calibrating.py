"""Probabilities and sets fitted on half of the random arm's labels, measured on the other half."""

from collections.abc import Callable

import numpy as np
import pytest

from retail.gtin import check_digit
from service.naming.calibrating import measure
from service.records import AnnotationRecord, CaptureRecord, FacingLabelRecord, RoundRecord, TaskRecord
from vision.naming_calibration import NamingCalibration, Shortlists

PLACES = [(100 * column, 10, 100 * column + 80, 90) for column in range(3)]


@pytest.fixture
def products(client, picture, add_reference) -> dict[str, str]:
    """GTINs by the colour that each product is recognised by."""
    found = {}
    for number, colour in enumerate(("red", "green", "blue")):
        gtin = f"{number:013d}"
        gtin += str(check_digit(gtin))
        client.put(f"/v1/products/{gtin}", json={"name": colour, "category": ["paint"]}).raise_for_status()
        add_reference(gtin, picture(colour))
        found[colour] = gtin
    return found


@pytest.fixture
def label(context, bay, products, picture) -> Callable[..., None]:
    """Label photos of the random arm that show each product once, each on a day of its own."""

    def add(photos: int, arm: str = "random") -> None:
        image = picture("red", "green", "blue", size=(300, 100))
        with context.database.write() as session:
            now = context.clock()
            session.add(
                RoundRecord(
                    id=arm,
                    created_at=now,
                    by="a test",
                    config={},
                    pool_digest="",
                    pool_size=0,
                    model_version=1,
                    near_duplicates={},
                )
            )
            session.flush()
            for number in range(photos):
                _label_one(context, session, f"{arm}-{number}", number, arm, image, list(products.values()))

    return add


def _label_one(context, session, id, number, arm, image, gtins) -> None:
    context.images.put(f"{id}.png", image)
    taken = context.clock().replace(month=1 + number // 28, day=1 + number % 28)
    session.add(
        CaptureRecord(
            id=id,
            sha256=id,
            store_id="s1",
            bay_id="b1",
            taken_at=taken,
            received_at=taken,
            width=300,
            height=100,
            image_key=f"{id}.png",
            image_sha256=id,
            faces_blurred=0,
            stratum="neutral/frontal/convenience",
            model_version=1,
            truncated=False,
            detections=[],
        )
    )
    session.flush()
    session.add(
        TaskRecord(
            id=id,
            round_id=arm,
            capture_id=id,
            store_id="s1",
            created_at=taken,
            state="labelled",
            rank=number,
            arm=arm,
            reason="",
            predicted_boxes=3,
        )
    )
    session.flush()
    boxes = [{"kind": "facing", "box": box, "gtin": gtin} for box, gtin in zip(PLACES, gtins, strict=True)]
    session.add(
        AnnotationRecord(
            id=id,
            task_id=id,
            capture_id=id,
            annotator="a test",
            created_at=taken,
            boxes=boxes,
            catalogue_version=1,
            guideline_version=1,
            prelabel_model_version=1,
        )
    )
    session.flush()
    session.add_all(
        FacingLabelRecord(annotation_id=id, place=place, gtin=gtin, state="current") for place, gtin in enumerate(gtins)
    )


def calibrate(client):
    return client.post("/v1/naming/calibrations", json={"reason": "enough labels"})


def test_half_of_the_random_arm_fits_and_the_other_half_measures(client, context, label):
    label(24)
    before = context.naming.current()
    made = calibrate(client)
    assert made.status_code == 201, made.text
    body = made.json()
    assert body["measured"] == {
        "facings": 36,
        "unknown_facings": 0,
        "coverage": 1.0,
        "mean_set_size": 1.0,
        "top1": 1.0,
        "mean_probability": pytest.approx(0.75, abs=0.26),
    }
    assert body["calibration"]["measured_on"] == "36 labelled facings of the random arm"
    assert body["calibration"]["coverage"] == 0.9
    after = context.naming.current()
    assert (after.id, after.calibration.facings) == (body["id"], 36)
    assert after.gallery is before.gallery  # nothing was loaded anew
    state = client.get("/v1/naming").json()
    assert state["naming"] == body
    assert state["gallery"] == {"references": 3, "products": 3, "behind": 0}


def test_too_few_labels_are_refused_with_what_to_do(client, label):
    label(4)
    label(24, arm="value")
    refused = calibrate(client)
    assert (refused.status_code, refused.json()["code"]) == (409, "too-few-labels")
    assert "6 would fit and 6 would measure, both need 30" in refused.json()["detail"]
    assert "random arm" in refused.json()["remedy"]


def test_an_empty_gallery_is_not_calibrated(client):
    assert calibrate(client).json()["code"] == "nothing-to-name-with"


def test_measured_is_what_the_sets_hold():
    calibration = NamingCalibration.assumed().model_copy(update={"temperature": 0.1, "least": 0.3})
    scores = np.array([[0.9, 0.2], [0.8, 0.8], [0.9, 0.1], [0.5, 0.4]], np.float32)
    lists = Shortlists(scores, scores[:, 0], np.array([0, 1, 1, -1]), np.array([True, True, True, False]), list("abca"))
    said = measure(calibration, lists)
    assert (said["facings"], said["unknown_facings"]) == (3, 1)
    assert said["coverage"] == pytest.approx(2 / 3, abs=1e-4)
    assert said["mean_set_size"] == pytest.approx(4 / 3, abs=1e-3)
    assert said["top1"] == pytest.approx(1 / 3, abs=1e-4)

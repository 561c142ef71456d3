"""What a facing may show, in a gallery of two dimensions, in which one sees who is like whom."""

import numpy as np
import pytest

from retail.boxes import DetectionKind
from retail.gtin import Gtin
from vision.artefact import ArtefactMetadata
from vision.bays.chances import bay_photo, class_chances, facing_chances
from vision.detections import Detections
from vision.gallery import Gallery, Reference
from vision.naming_calibration import NamingCalibration
from vision.recognition import SHORTLIST, Recogniser

COLA, LIME, SALT = Gtin("00000000000017"), Gtin("00000000000024"), Gtin("00000000000031")
CALIBRATION = NamingCalibration.assumed().model_copy(update={"temperature": 0.1, "level": 0.5})


class TwoNumbers:
    id, crop_size, width = "two-numbers", 8, 2

    def embed(self, crops: np.ndarray) -> np.ndarray:
        raise AssertionError("vectors are given")


def at(*degrees: float) -> np.ndarray:
    radians = np.radians(degrees)
    return np.stack([np.cos(radians), np.sin(radians)], 1).astype(np.float32)


def recogniser(*references: tuple[Gtin, str, float]) -> Recogniser:
    gallery = Gallery("two-numbers", 2)
    gallery.change(Reference(str(n), variant, gtin, at(d)[0]) for n, (gtin, variant, d) in enumerate(references))
    return Recogniser(TwoNumbers(), gallery, CALIBRATION, lambda gtin: None)


def softmax(*scores: float) -> list[float]:
    powers = np.exp(np.array([*scores, 0.5]) / 0.1)
    return (powers / powers.sum()).tolist()


def test_products_share_what_none_of_them_leaves():
    known = recogniser((COLA, "old", 90), (COLA, "new", 0), (LIME, "lime", 60))
    [chances] = facing_chances(known, at(0), frozenset({COLA}))
    cola, lime, none = softmax(1.0, 0.5)
    assert chances == {COLA: pytest.approx(cola, abs=1e-5), LIME: pytest.approx(lime, abs=1e-5)}
    assert sum(chances.values()) == pytest.approx(1 - none, abs=1e-5)


def test_a_planned_product_has_a_chance_although_many_others_are_more_alike():
    others = [(Gtin(f"{n:014d}"), str(n), 0.5 * n) for n in range(100, 100 + 2 * SHORTLIST)]
    known = recogniser(*((gtin, name, degrees - 50) for gtin, name, degrees in others), (SALT, "salt", -21))
    facing = at(0)
    assert SALT not in facing_chances(known, facing, frozenset())[0]
    [chances] = facing_chances(known, facing, frozenset({SALT}))
    assert 0 < chances[SALT] < min(chance for gtin, chance in chances.items() if gtin != SALT)


def test_a_planned_product_counts_even_if_the_store_does_not_carry_it():
    known = recogniser((COLA, "cola", 0), (LIME, "lime", 2), (SALT, "salt", 1))
    carried = known.gallery.assortment(frozenset({LIME}))
    assert facing_chances(known, at(0), frozenset({COLA}), carried)[0].keys() == {COLA, LIME}
    assert facing_chances(known, at(0)[:0], frozenset({COLA}), carried) == []


def test_products_that_have_no_picture_have_no_chance():
    known = recogniser((COLA, "cola", 0))
    assert facing_chances(known, at(0, 180), frozenset({SALT})) == [
        {COLA: pytest.approx(softmax(1.0)[0], abs=1e-5)},
        {},
    ]


def test_a_detectors_own_products_share_the_facing():
    probabilities = np.array([[0.6, 0.2, 0.9], [0.0, 0.0, 0.9], [0.3, 0.0, 0.0]], np.float32)
    chances = class_chances(probabilities, [COLA, LIME, None])
    assert chances == [{COLA: pytest.approx(0.75), LIME: pytest.approx(0.25)}, {}, {COLA: pytest.approx(1.0)}]


def test_a_photo_has_chances_from_the_detector_or_from_the_recogniser():
    metadata = ArtefactMetadata(classes=("product", "shelf", SALT), architecture="literal")
    n = 4
    detections = Detections(
        boxes=np.array([[0, 0, 10, 10], [0, 12, 90, 14], [20, 0, 30, 10], [40, 0, 50, 10]], np.float32),
        class_ids=np.array([0, 1, 2, 0]),
        probabilities=np.array([[0.9, 0, 0], [0, 0.8, 0], [0.1, 0, 0.7], [0.6, 0, 0]], np.float32),
        edge_deviations=np.ones((n, 4), np.float32),
        vectors=np.ones((n, 2), np.float32),
        image_vector=np.ones(2, np.float32),
        size=(100, 50),
    )
    photo = bay_photo(detections, metadata, {0: at(0)[0]}, recogniser((COLA, "cola", 0)), frozenset({COLA}))
    assert (photo.size, photo.kinds) == ((100, 50), (DetectionKind.FACING, DetectionKind.SHELF, *photo.kinds[2:]))
    assert photo.chances[0][COLA] > 0.9
    assert photo.chances[1:] == ({}, {SALT: pytest.approx(1.0)}, {})
    assert photo.confidences.tolist() == pytest.approx([0.9, 0.8, 0.7, 0.6])
    plain = bay_photo(detections, metadata, {}, None, frozenset())
    assert plain.chances == ({}, {}, {SALT: pytest.approx(1.0)}, {})

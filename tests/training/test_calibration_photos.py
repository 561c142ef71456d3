from pathlib import Path

import pytest

from training.starter import calibration_photos
from training.starter.photos import WORLD_SEEDS
from training.starter.shop_photos import read_shop_photos


@pytest.mark.slow
def test_the_starter_is_calibrated_on_photos_it_was_not_trained_on(
    shop_data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(calibration_photos, "SHELVES", 1)
    monkeypatch.setattr(calibration_photos, "INTERIORS", 1)
    klasson = shop_data / "grocery-store-klasson"
    captures = calibration_photos.calibration_photos(klasson, tmp_path / "photos")
    held_out = [f"shop-{photo.name}" for photo in read_shop_photos(klasson) if photo.held_out]
    assert [capture.capture_id for capture in captures] == [*held_out, "shelf-0", "interior-0"]
    assert all(capture.image.is_file() for capture in captures)
    assert sum(len(capture.boxes) for capture in captures) > 100
    assert calibration_photos.WORLD_SEED not in WORLD_SEEDS

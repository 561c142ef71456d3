"""Retake advice on pictures one can check by hand, and on real photos as they are and spoilt."""

from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import pytest
from numpy.typing import NDArray

from vision.conditions import light_statistics
from vision.decoding import decode
from vision.quality import edge_width, retake_advice

Image = NDArray[np.uint8]
NOTHING = np.zeros((0, 4), np.float32)
SIZE = (1000, 800)
SHELF = np.array([[0, 500, 1000, 530]], np.float32)


def stripes(width: int = 8) -> Image:
    """Grey and white stripes, upright on the left and level on the right."""
    bars = np.where(np.arange(640) // width % 2, 200, 60).astype(np.uint8)
    picture = np.empty((480, 640), np.uint8)
    picture[:] = bars
    picture[:, 320:] = bars[:480, None]
    return np.repeat(picture[..., None], 3, axis=2)


def facings(count: int, side: float = 100.0, left: float = 200.0, top: float = 200.0) -> NDArray[np.float32]:
    return np.array([[left + side * i, top, left + side * (i + 1), top + side] for i in range(count)], np.float32)


def codes(image: Image, boxes=NOTHING, others=SHELF, size=SIZE, yaw: float | None = None) -> list[str]:
    return [advice.code for advice in retake_advice(image, light_statistics(image), boxes, others, size, yaw)]


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 2000, 3), (1279, 2, 3), (14, 500, 3)])
def test_edges_on_the_thinnest_photo_do_not_tell(shape: tuple[int, int, int]):
    assert edge_width(np.random.default_rng(1).integers(0, 255, shape, np.uint8)) is None


def test_nothing_is_said_about_a_good_photo():
    assert codes(stripes(), facings(4), yaw=20.0) == []


@pytest.mark.parametrize("sigma", [1.0, 2.0, 3.0])
def test_width_of_an_edge_is_the_blur_that_made_it(sigma: float):
    wide = stripes(32)
    assert edge_width(wide) == pytest.approx(0.8, abs=0.01)  # steepest over two pixels: 140 / (70 √(2π))
    assert edge_width(cv2.GaussianBlur(wide, (0, 0), sigma)) == pytest.approx(sigma, rel=0.25)


def test_width_does_not_depend_on_the_scale_of_the_photo():
    large = cv2.resize(stripes(32), (2560, 1920), interpolation=cv2.INTER_NEAREST)
    assert edge_width(cv2.GaussianBlur(large, (0, 0), 8)) == pytest.approx(2.0, rel=0.1)


def test_shaking_along_one_axis_is_blur():
    shaken = cv2.blur(stripes(16), (11, 1))
    assert codes(shaken, facings(4)) == ["blurred"]
    assert codes(cv2.blur(stripes(16), (1, 11)), facings(4)) == ["blurred"]


def test_no_edges_no_verdict_on_blur():
    assert edge_width(np.full((480, 640, 3), 120, np.uint8)) is None


def test_dark_and_glare_are_told_with_the_figure_and_its_limit():
    black = np.full((80, 100, 3), 20, np.uint8)
    (dark,) = retake_advice(black, light_statistics(black), facings(4), SHELF, SIZE, None)
    assert (dark.code, dark.limit) == ("dark", 0.03)
    assert dark.measured == pytest.approx(0.007, abs=0.001)
    washed = np.full((80, 100, 3), 120, np.uint8)
    washed[:20] = 255
    assert codes(washed, facings(4)) == ["glare"]


def test_a_shelf_has_to_be_in_view():
    assert codes(stripes(), NOTHING, NOTHING) == ["no-shelf"]
    assert codes(stripes(), NOTHING, SHELF) == []  # a shelf may be empty


def test_facings_have_to_be_large_enough():
    assert codes(stripes(), facings(1)) == ["too-far"]  # 1 % of the photo
    assert codes(stripes(), facings(2)) == []
    many = np.concatenate([facings(60, 15, left=50, top=50 + 15 * row) for row in range(30)])
    assert codes(stripes(), many) == ["too-far"]  # 15 px each


def test_facings_should_not_all_be_cut_off():
    left = np.array([[0, y, 300, y + 150] for y in (0, 150, 300, 450)], np.float32)
    assert codes(stripes(), left) == ["cut-off"]
    assert codes(stripes(), np.concatenate([left, facings(2, left=400)])) == []
    assert codes(stripes(), left[:2]) == []  # a close-up


@pytest.mark.parametrize(("yaw", "said"), [(None, []), (-44.0, []), (46.0, ["too-oblique"]), (-46.0, ["too-oblique"])])
def test_steep_views_are_advised_against(yaw: float | None, said: list[str]):
    assert codes(stripes(), facings(4), yaw=yaw) == said


# --- real photos ---


@pytest.fixture(scope="module")
def shop_photos(shop_data: Path) -> list[Image]:
    """30 phone photos of products in shops, and those of shelves and the fridge, at 640 pixels at most."""
    lines = (shop_data / "grocery-store-klasson" / "train.txt").read_text().splitlines()[::88]
    paths = [shop_data / "grocery-store-klasson" / line.split(",")[0] for line in lines]
    paths += [*(shop_data / "fridge-azure" / "images").glob("*.jpg"), *(shop_data / "shelf-k4r").glob("*.jpg")]
    return [_at_most_640(decode(path.read_bytes(), long_side=640).image) for path in paths]


def _at_most_640(image: Image) -> Image:
    scale = 640 / max(image.shape[:2])
    small = cv2.resize(image, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA) if scale < 1 else image
    return np.asarray(small, np.uint8)


def share_told(photos: list[Image], code: str, spoil: Callable[[Image], Image] = lambda image: image) -> float:
    return float(np.mean([code in codes(spoil(photo), facings(4)) for photo in photos]))


def shaken(image: Image) -> Image:
    kernel = np.eye(11, dtype=np.float32) / 11
    return np.asarray(cv2.filter2D(image, -1, kernel), np.uint8)


def darkened(image: Image) -> Image:
    return (image * 0.25).astype(np.uint8)


def glaring(image: Image) -> Image:
    """A lamp mirrored across a third of the photo."""
    height, width = image.shape[:2]
    y, x = np.mgrid[-1 : 1 : height * 1j, -1 : 1 : width * 1j]
    glow = 600 * np.exp(-((x - 0.2) ** 2) / 0.3 - (y + 0.1) ** 2 / 0.3)
    return np.clip(image + glow[..., None], 0, 255).astype(np.uint8)


@pytest.mark.parametrize(("code", "most"), [("blurred", 0.05), ("dark", 0.0), ("glare", 0.0)])
def test_photos_taken_on_purpose_hardly_ever_draw_advice(shop_photos: list[Image], code: str, most: float):
    assert share_told(shop_photos, code) <= most


@pytest.mark.parametrize(
    ("code", "spoil", "least"),
    [
        ("blurred", lambda image: cv2.GaussianBlur(image, (0, 0), 2), 0.97),
        ("blurred", shaken, 0.8),
        ("dark", darkened, 0.97),
        ("glare", glaring, 0.97),
    ],
)
def test_spoilt_photos_are_noticed(shop_photos: list[Image], code: str, spoil: Callable[[Image], Image], least: float):
    assert share_told(shop_photos, code, spoil) >= least

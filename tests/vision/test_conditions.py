import numpy as np
import pytest

from retail.conditions import Lighting, ViewingAngle
from vision.conditions import estimate_lighting, estimate_yaw, light_statistics, viewing_angle


def plain(colour: tuple[int, int, int]) -> np.ndarray:
    return np.full((90, 160, 3), colour, np.uint8)


@pytest.mark.parametrize(
    ("colour", "lighting"),
    [
        ((150, 150, 150), Lighting.NEUTRAL),
        ((190, 150, 95), Lighting.WARM),
        ((130, 150, 185), Lighting.COLD),
        ((40, 40, 40), Lighting.DIM),
        ((0, 0, 0), Lighting.DIM),
    ],
)
def test_even_light_is_named(colour: tuple[int, int, int], lighting: Lighting):
    assert estimate_lighting(light_statistics(plain(colour))) is lighting


def test_clipped_patch_is_glare():
    image = plain((150, 150, 150))
    image[:30, :40] = 255
    assert light_statistics(image).clipped == pytest.approx(0.083, abs=0.01)
    assert estimate_lighting(light_statistics(image)) is Lighting.GLARE


def test_warm_and_cold_halves_are_mixed():
    image = plain((190, 160, 120))
    image[:, 80:] = (120, 150, 190)
    assert estimate_lighting(light_statistics(image)) is Lighting.MIXED


def test_white_of_srgb_is_daylight():
    assert light_statistics(plain((128, 128, 128))).temperature == pytest.approx(6504, abs=30)


@pytest.mark.parametrize("shape", [(1, 1, 3), (1, 900, 3), (3000, 2, 3)])
def test_light_on_the_thinnest_photo_can_be_told(shape: tuple[int, int, int]):
    assert light_statistics(np.full(shape, 128, np.uint8)).luminance == pytest.approx(0.2159, abs=1e-3)


def test_luminance_is_linear():
    assert light_statistics(plain((188, 188, 188))).luminance == pytest.approx(0.5, abs=0.01)


def test_the_light_is_read_from_bright_things_not_from_plain_ones():
    image = plain((120, 60, 15))  # a crate of oranges
    image[:30] = (180, 180, 180)  # and a label
    assert light_statistics(image).temperature == pytest.approx(6000, abs=500)


def test_blown_out_lamps_have_no_colour():
    image = plain((190, 150, 95))
    image[:20, :20] = 255
    assert light_statistics(image).temperature == light_statistics(plain((190, 150, 95))).temperature


def test_large_photos_are_measured_as_small_ones():
    large = np.kron(plain((190, 150, 95)), np.ones((10, 10, 1), np.uint8))
    assert light_statistics(large).temperature == pytest.approx(light_statistics(plain((190, 150, 95))).temperature)


def facings_seen_at(degrees: float, noise: float = 0.0) -> np.ndarray:
    """Three rows of equal facings on a plane, seen from 2 m by a camera with a 65 degree field of view; 1000 x 700."""
    focal = 500 / np.tan(np.radians(32.5))
    sine, cosine = np.sin(np.radians(degrees)), np.cos(np.radians(degrees))
    random = np.random.default_rng(0)

    def seen(x: float, y: float) -> tuple[float, float]:
        away = 2 - x * sine
        return 500 + focal * x * cosine / away, 350 + focal * y / away + noise * random.standard_normal()

    boxes = []
    for foot in (-0.3, 0.1, 0.5):
        for left in np.arange(-0.6, 0.6, 0.1):
            boxes.append([*seen(left, foot - 0.25), *seen(left + 0.09, foot)])
    return np.array(boxes, np.float32)


@pytest.mark.parametrize("degrees", [-45, -20, 0, 6, 20, 45])
@pytest.mark.parametrize("noise", [0.0, 1.5])
def test_yaw_follows_the_rows(degrees: float, noise: float):
    assert estimate_yaw(facings_seen_at(degrees, noise), (1000, 700)) == pytest.approx(degrees, abs=4)


def test_too_few_facings_do_not_tell():
    steep = facings_seen_at(45)
    assert estimate_yaw(steep[:11], (1000, 700)) is None
    assert estimate_yaw(steep[:0], (1000, 700)) is None


def test_a_yaw_that_cannot_be_told_counts_as_frontal():
    assert viewing_angle(None) is ViewingAngle.FRONTAL
    assert viewing_angle(-31.0) is ViewingAngle.STEEP

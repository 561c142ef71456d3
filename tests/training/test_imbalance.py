"""Photos of rare classes come more often."""

import pytest

from training.imbalance import MOST_REPEATS, repeat_factors

COMMON, RARE = "00012345678905", "00012345678912"


@pytest.fixture
def captures(make_capture, make_box):
    common = [make_capture(f"c{i}", boxes=(make_box(gtin=COMMON),)) for i in range(96)]
    rare = [make_capture(f"r{i}", boxes=(make_box(gtin=COMMON), make_box(gtin=RARE))) for i in range(3)]
    return [*common, *rare, make_capture("empty", boxes=())]


def test_the_rarest_class_of_a_photo_decides(captures):
    rates, told = repeat_factors(captures, "products", threshold=0.12)
    assert rates["r0"] == pytest.approx(2.0)  # √(0.12 / 0.03)
    assert rates["c0"] == rates["empty"] == 1.0
    assert told == "1 of 2 classes are on fewer than 12% of the photos and shown more often"


def test_no_photo_is_learned_by_heart(captures):
    assert repeat_factors(captures, "products", threshold=1.0)[0]["r0"] == MOST_REPEATS


def test_in_kinds_mode_every_product_is_one_class(captures):
    rates, told = repeat_factors(captures, "kinds", threshold=0.5)
    assert set(rates.values()) == {1.0}
    assert told == "no class is rare"


def test_can_be_off(captures):
    rates, told = repeat_factors(captures, "products", threshold=0)
    assert set(rates.values()) == {1.0}
    assert told == "rare classes are shown as they come"

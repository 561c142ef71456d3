import pytest

from service.retrainings.estimating import Fit, Past, estimate

TEN_EPOCHS = Fit(epochs=10, photos=60, image_size=640, frozen=False)


def _past(seconds, rest=None, **changes):
    fit = {"epochs": 10, "photos": 60, "image_size": 640, "frozen": False, **changes}
    return Past(Fit(**fit), seconds, 80, rest)


def test_without_a_past_it_says_that_it_is_measured_elsewhere():
    found = estimate(TEN_EPOCHS, 80, [])
    assert found.minutes == pytest.approx((600 * 0.3 + 80) / 60)
    assert found.low < found.minutes < found.high
    assert found.source == "measured on two cores, as no retraining of this kind is over here"


def test_the_pace_of_past_fits_counts_by_work():
    past = [_past(300), _past(150, epochs=5), _past(1200, image_size=1280)]
    found = estimate(Fit(20, 60, 640, False), 0, past)
    assert (found.minutes, found.low, found.high) == pytest.approx((10, 10, 10))
    assert found.source == "from the last 3 retrainings here"


def test_the_interval_is_the_spread_of_paces():
    found = estimate(TEN_EPOCHS, 0, [_past(60), _past(120), _past(240)])
    assert (found.low, found.minutes, found.high) == pytest.approx((1, 2, 4))


def test_a_single_past_one_has_a_margin():
    found = estimate(TEN_EPOCHS, 0, [_past(60)])
    assert (found.low, found.minutes, found.high) == pytest.approx((1 / 1.5, 1, 1.5))
    assert found.source == "from the retraining here before"


def test_what_comes_beside_the_fit_goes_with_the_captures():
    found = estimate(TEN_EPOCHS, 160, [_past(60, rest=40)])
    assert found.minutes == pytest.approx((60 + 80) / 60)


def test_a_frozen_backbone_has_a_pace_of_its_own():
    frozen = Fit(10, 60, 640, True)
    assert "measured on two cores" in estimate(frozen, 80, [_past(60)]).source
    assert estimate(frozen, 0, [_past(60), _past(30, frozen=True)]).minutes == pytest.approx(0.5)

import pytest

from labeling.point_costs import Gain, point_cost


def test_three_retrainings_are_needed():
    found = point_cost([Gain(600, 1.0), Gain(600, 1.0), Gain(0, 3.0)])
    assert (found.seconds, found.retrainings) == (None, 2)
    assert found.words == "Not enough retrainings to say what a point costs: 2 with new labels, 3 are needed."


def test_equal_retrainings_have_no_spread():
    found = point_cost([Gain(600, 2.0)] * 4)
    assert (found.seconds, found.low, found.high) == pytest.approx((300, 300, 300))
    assert found.words == "A point cost 5 min of labelling in the last 4 retrainings (5 min to 5 min)."


def test_the_cost_is_the_ratio_of_sums_within_its_interval():
    found = point_cost([Gain(600, 3.0), Gain(1200, 1.0), Gain(1800, 2.0), Gain(600, 1.0)])
    assert found.seconds == pytest.approx(4200 / 7)
    assert 200 < found.low < found.seconds < found.high < 1200


def test_a_gain_that_chance_may_explain_has_no_upper_end():
    found = point_cost([Gain(600, 4.0), Gain(600, -2.0), Gain(600, 1.0)])
    assert found.seconds == pytest.approx(600)
    assert found.high is None
    assert "chance may explain the gain" in found.words


def test_no_gain_is_said():
    found = point_cost([Gain(3600, -1.0), Gain(3600, 0.5), Gain(3600, 0.0)])
    assert found.seconds is None
    assert found.words == "The last 3 retrainings gained no point from 3.0 h of labelling."

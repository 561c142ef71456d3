"""Numbers that can be checked by hand."""

import numpy as np
import pytest

from sampling.simulation.statistics import (
    area,
    band,
    holm,
    mean_interval,
    monotone,
    paired_p,
    reached_at,
    saving,
)


def test_a_dip_is_averaged_away():
    assert monotone([0.2, 0.6, 0.4, 0.9]).tolist() == [0.2, 0.5, 0.5, 0.9]
    assert monotone([3.0, 2.0, 1.0]).tolist() == [2.0, 2.0, 2.0]


def test_a_target_between_two_points_is_interpolated():
    assert reached_at([100, 200, 300], [0.2, 0.6, 0.8], target=0.7) == pytest.approx(250)
    assert reached_at([100, 200, 300], [0.2, 0.6, 0.8], target=0.6) == 200


def test_a_lucky_point_does_not_reach_a_target_alone():
    assert reached_at([100, 200, 300, 400], [0.2, 0.9, 0.5, 0.9], target=0.8) == pytest.approx(350)  # 0.9, 0.5 → 0.7


def test_nothing_is_extrapolated():
    assert reached_at([100, 200], [0.2, 0.6], target=0.61) is None
    assert reached_at([100, 200], [0.7, 0.8], target=0.6) == 100


def test_area_is_the_mean_height_up_to_a_point():
    assert area([0, 100, 200], [0.0, 1.0, 1.0], until=200) == pytest.approx(0.75)
    assert area([0, 100, 200], [0.0, 1.0, 1.0], until=150) == pytest.approx((50 + 50) / 150)


def test_saving_is_of_the_means_and_its_interval_of_pairs():
    found = saving([50.0, 100.0], [100.0, 200.0])
    assert found is not None
    assert (found.mean, found.low, found.high) == pytest.approx((0.5, 0.5, 0.5))  # every pair saves one half
    varied = saving([50.0, 150.0, 90.0, 110.0], [100.0, 200.0, 100.0, 100.0])
    assert varied is not None
    assert varied.mean == pytest.approx(0.2)
    assert varied.low < 0.2 < varied.high


def test_a_saving_needs_every_seed():
    assert saving([50.0, None], [100.0, 200.0]) is None
    assert saving([50.0, 60.0], [100.0, None]) is None
    assert paired_p([50.0, None], [100.0, 200.0]) is None


def test_wilcoxon_over_seeds():
    ours, theirs = [float(i) for i in range(6)], [10.0 + 2 * i for i in range(6)]
    assert paired_p(ours, theirs) == pytest.approx(2 / 2**6)  # all six differences point one way
    assert paired_p(ours, ours) == 1.0


def test_holm_by_hand():
    # 0.01 × 3; 0.03 × 2; 0.04 × 1, but never below the one before. None is not counted.
    assert holm([0.04, 0.01, None, 0.03]) == pytest.approx([0.06, 0.03, None, 0.06])
    assert holm([0.9, 0.8]) == [1.0, 1.0]
    assert holm([]) == []


def test_band_surrounds_the_mean_curve():
    mean, low, high = band([[0.0, 1.0], [1.0, 1.0], [0.5, 1.0]])
    assert mean.tolist() == [0.5, 1.0]
    assert low[0] < 0.5 < high[0]
    assert low[1] == high[1] == 1.0


def test_interval_holds_the_mean_of_most_samples():
    rng = np.random.default_rng(0)
    intervals = [mean_interval(rng.normal(size=20), seed=i) for i in range(100)]
    assert 85 <= sum(interval.low <= 0 <= interval.high for interval in intervals) <= 99

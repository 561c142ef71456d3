"""Figures on boxes one can count by hand."""

import numpy as np
import pytest

from benchmarks.calibration.figures import auroc, calibration_error, counted, reliability


def test_reliability_counts_what_was_said_and_what_was_right():
    said, right = np.array([0.12, 0.18, 0.95, 1.0]), np.array([False, True, True, True])
    low, high = reliability(said, right)
    assert (low["from"], low["to"], low["boxes"], low["are right"]) == (0.1, 0.2, 2, 0.5)
    assert low["said"] == pytest.approx(0.15)
    assert (high["boxes"], high["are right"]) == (2, 1.0)
    assert high["said"] == pytest.approx(0.975)


def test_calibration_error_weighs_bins_by_boxes():
    said, right = np.array([0.15, 0.15, 0.95, 0.95]), np.array([False, True, True, False])
    everything = np.ones(4, bool)
    assert calibration_error(said, right, everything) == pytest.approx((2 * 0.35 + 2 * 0.45) / 4)
    assert calibration_error(said, right, np.array([True, True, False, False])) == pytest.approx(0.35)
    assert calibration_error(said, right, ~everything) is None


def test_boxes_count_that_either_calibration_takes_seriously():
    assert counted(np.array([0.05, 0.2, 0.05]), np.array([0.05, 0.05, 0.1])).tolist() == [False, True, True]


def test_area_is_the_share_of_pairs_in_order_with_ties_half():
    signal = [np.repeat([0.1, 0.2], 50), np.repeat([0.2, 0.3], 50)]
    bad = [np.zeros(100, bool), np.ones(100, bool)]
    told = auroc(signal, bad, np.random.default_rng(0))
    assert told["AUROC"] == pytest.approx((4 - 1 / 2) / 4)
    told = auroc(signal, [~one for one in bad], np.random.default_rng(0))
    assert told["AUROC"] == pytest.approx(0.5 / 4)


def test_interval_is_wide_where_photos_differ():
    rng = np.random.default_rng(0)
    bad = [rng.random(40) < 0.5 for _ in range(20)]
    alike = auroc([one + rng.normal(0, 1, 40) for one in bad], bad, rng)
    against = [one if i % 2 else -one.astype(float) for i, one in enumerate(bad)]
    differing = auroc([one + rng.normal(0, 1, 40) for one in against], bad, rng)
    assert alike["low"] > 0.65
    assert differing["low"] < 0.5 < differing["high"]
    assert alike["low"] < alike["AUROC"] < alike["high"]


def test_few_boxes_say_nothing():
    assert auroc([np.arange(60.0)], [np.arange(60) < 19], np.random.default_rng(0))["AUROC"] is None

"""Scores of shortlists that one can count by hand, and drawn ones whose sets must cover what they promise."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from vision.naming_calibration import NamingCalibration, Shortlists, TooFewToCalibrate, fit_calibration, lead

NONE = -np.inf


def calibration(**changes: object) -> NamingCalibration:
    known = {"temperature": 0.1, "level": 0.5, "coverage": 0.9, "least": 0.2, "matches": (0.2, 0.4, 0.6)}
    return NamingCalibration.model_validate(
        {**known, "refused": 0.9, "measured_on": "a test", "facings": 30, **changes}
    )


def scores(*rows: list[float]) -> np.ndarray:
    return np.array(rows, np.float32)


def labelled(table: np.ndarray, truth: list[int], known: list[bool] | None = None) -> Shortlists:
    names = [f"product {n % 3}" for n in range(len(truth))]
    return Shortlists(table, table[:, 0], np.array(truth), np.array(known or [True] * len(truth)), names)


def test_none_of_them_is_as_likely_as_a_product_at_the_level():
    [chances] = calibration().probabilities(scores([0.5, 0.5 - 0.1 * np.log(2), NONE]))
    assert chances == pytest.approx([0.4, 0.2, 0, 0.4])


def test_a_set_holds_what_is_likely_enough_and_may_be_empty():
    table = scores([0.9, 0.1, NONE], [0.5, 0.5, 0.4], [0.5, 0.5, 0.5])
    assert calibration(least=0.4).sets(table).tolist() == [[True, False, False], [True, True, False], [False] * 3]
    assert calibration().sets(scores([NONE, NONE])).tolist() == [[False, False]]


def test_the_lead_is_over_half_the_mean_of_the_next_three():
    table = scores([0.9, 0.6, 0.3, 0.3, 0.3], [0.9, 0.6, NONE, NONE, NONE])
    assert lead(table, table[:, 0]) == pytest.approx([0.9 - 0.5 * 0.4, 0.9 - 0.5 * 0.2])
    assert lead(scores([0.9]), np.array([0.9])) == pytest.approx([0.9])


def test_the_nearest_reference_weighs_as_much_as_the_best_score():
    table = scores([0.9, 0.6, 0.3, 0.3], [0.9, 0.6, 0.3, 0.3])
    assert lead(table, np.array([0.9, 0.5])) == pytest.approx([0.7, 0.5])


def test_nothing_stands_out_of_an_empty_gallery():
    nothing = calibration().unknown_scores(scores([]), np.array([NONE]), [""])
    assert nothing.tolist() == [1]


def test_unknown_is_what_stands_out_less_than_right_matches_do():
    table = scores([0.7], [0.5], [0.2], [0.1], [0.0])
    told = calibration().unknown_scores(table, table[:, 0], [""] * 5)
    assert told == pytest.approx([0, 0.25 * 2 / 3, 2 / 3, 1 - 1 / 6 / 1.1, 1 - 1 / 6 / 1.2])


def test_a_product_is_compared_with_its_own_matches():
    table = scores([0.5], [0.5])
    plain, demanding = calibration(offsets={"cola": 0.1}).unknown_scores(table, table[:, 0], ["milk", "cola"])
    assert (plain, demanding) == pytest.approx((0.25 * 2 / 3, 0.5 * 2 / 3))


def test_views_that_agree_are_surer_together():
    one, four = calibration(), calibration().of_views(4)
    table = scores([0.7, 0.5])
    assert one.of_views(1) == one
    assert one.refused == 0.9 > four.refused > 0.8
    assert four.probabilities(table)[0, 0] > one.probabilities(table)[0, 0]
    assert four.sets(scores([0.5, 0.4]))[0].sum() < one.sets(scores([0.5, 0.4]))[0].sum()


def test_temperature_and_level_of_drawn_facings_are_found():
    rng = np.random.default_rng(0)
    table = -np.sort(-rng.normal(0.4, 0.1, (4000, 5)), axis=1).astype(np.float32)
    made = calibration(temperature=0.05, level=0.45)
    options = (made.probabilities(table).cumsum(1) < rng.random((4000, 1))).sum(1)
    known = options < 5
    fitted = fit_calibration(labelled(table, np.where(known, options, -1).tolist(), known.tolist()), on="drawn")
    assert fitted.temperature == pytest.approx(0.05, rel=0.1)
    assert fitted.level == pytest.approx(0.45, abs=0.01)


def test_nothing_unknown_puts_the_level_below_nearly_all_right_matches():
    table = np.column_stack([np.linspace(0.5, 0.9, 101), np.zeros(101)]).astype(np.float32)
    assert fit_calibration(labelled(table, [0] * 101), on="known").level == pytest.approx(0.508)


def test_few_known_facings_are_refused():
    table = np.tile(scores([0.9, 0.1]), (30, 1))
    recognised = [0] * 29 + [1]
    assert fit_calibration(labelled(table, recognised), on="x").facings == 30
    with pytest.raises(TooFewToCalibrate, match="29 known facings"):
        fit_calibration(labelled(table[:29], recognised[:29]), on="x")
    with pytest.raises(TooFewToCalibrate, match="0 of them recognised"):
        fit_calibration(labelled(table, [1] * 30), on="x")


def test_shortlists_of_different_lengths_are_refused():
    with pytest.raises(ValueError, match=r"\(2, 1\) with 2 nearest, 3 truths"):
        Shortlists(scores([0.9], [0.8]), np.ones(2, np.float32), np.zeros(3, np.int64), np.ones(2, bool), ["a", "b"])


def test_the_refused_share_of_known_facings_is_the_wanted_one():
    rng = np.random.default_rng(1)
    table = drawn(rng, 2000)
    fitted = fit_calibration(labelled(table[0], table[1]), refuse=0.1, on="drawn")
    names = [f"product {n % 3}" if truth == 0 else "" for n, truth in enumerate(table[1])]
    told = fitted.unknown_scores(table[0], table[0][:, 0], names)
    assert (told >= fitted.refused).mean() == pytest.approx(0.1, abs=0.005)


def test_a_product_with_higher_matches_gets_an_offset_drawn_towards_none():
    table = np.column_stack([np.tile([0.6, 0.6, 0.9], 16), np.zeros(48)]).astype(np.float32)
    offsets = fit_calibration(labelled(table, [0] * 48), on="three products").offsets
    assert offsets == pytest.approx({"product 0": 0, "product 1": 0, "product 2": 0.3 * 16 / 116}, abs=1e-6)


def drawn(rng: np.random.Generator, count: int) -> tuple[np.ndarray, list[int]]:
    """Draw shortlists in which the true product scores higher, but not always highest."""
    table = rng.normal(0.3, 0.1, (count, 6))
    table[:, 0] += 0.15
    order = np.argsort(-table, axis=1)
    return np.take_along_axis(table, order, 1).astype(np.float32), (order == 0).argmax(1).tolist()


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), coverage=st.sampled_from([0.7, 0.9, 0.97]))
def test_sets_cover_exchangeable_facings_as_promised(seed: int, coverage: float):
    rng = np.random.default_rng(seed)
    table, truth = drawn(rng, 4000)
    fitted = fit_calibration(labelled(table[:2000], truth[:2000]), coverage=coverage, on="drawn")
    covered = fitted.sets(table[2000:])[np.arange(2000), truth[2000:]].mean()
    # The threshold and the measurement vary like a share of 2000 each.
    assert abs(covered - coverage) < 5 * (2 * coverage * (1 - coverage) / 2000) ** 0.5


@settings(max_examples=50, deadline=None)
@given(seed=st.integers(0, 2**32 - 1), count=st.integers(30, 60))
def test_few_facings_are_covered_at_least_by_those_of_the_fit(seed: int, count: int):
    table, truth = drawn(np.random.default_rng(seed), count)
    sets = fit_calibration(labelled(table, [*truth[:-1], 0]), coverage=0.9, on="drawn").sets(table)
    assert sets[np.arange(count), [*truth[:-1], 0]].sum() >= np.ceil(0.9 * (count + 1)) - 1e-9

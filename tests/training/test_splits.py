"""Groups stay whole, the split is repeatable, and small sets still get a validation part."""

import random

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from training.splits import split

GTINS = ("00012345678905", "04006381333931")


def ids(captures):
    return [capture.capture_id for capture in captures]


def test_holds_out_whole_groups_of_store_and_day(make_capture):
    captures = [make_capture(f"{s}-{d}-{i}", store=f"s{s}", day=d) for s in range(5) for d in (1, 2) for i in range(3)]
    parts = split(captures)
    trained = {(c.store_id, c.day) for c in parts.train}
    assert parts.validation
    assert not trained & {(c.store_id, c.day) for c in parts.validation}
    assert len(parts.train) + len(parts.validation) == 30
    assert parts.rule == "by store and day: 0 of the held-out captures are random picks"


def test_near_duplicates_join_groups(make_capture):
    captures = [make_capture(f"{s}-{i}", store=f"s{s}") for s in range(6) for i in range(2)]
    linked = [make_capture(f"link-{s}", store=f"s{s}", duplicates="same") for s in range(3)]
    parts = split(captures + linked)
    in_validation = {c.store_id for c in parts.validation}
    assert in_validation
    assert in_validation >= {"s0", "s1", "s2"} or not in_validation & {"s0", "s1", "s2"}


def test_order_of_captures_does_not_matter(make_capture):
    captures = [make_capture(f"c{i}", store=f"s{i % 4}") for i in range(12)]
    shuffled = random.Random(1).sample(captures, len(captures))
    assert split(shuffled) == split(captures)


def test_a_held_out_group_stays_held_out_when_the_set_grows(make_capture):
    first = [make_capture(f"{s}-{i}", store=f"s{s}") for s in range(20) for i in range(2)]
    more = [make_capture(f"{s}-{i}", store=f"s{s}") for s in range(20, 30) for i in range(2)]
    before, after = split(first), split(first + more)
    assert set(ids(before.validation)) <= set(ids(after.validation))


def test_enough_random_picks_validate_alone(make_capture):
    captures = [
        make_capture(f"{s}-{i}", store=f"s{s}", arm="random" if i else "value") for s in range(10) for i in range(30)
    ]
    parts = split(captures)
    assert {c.arm for c in parts.validation} == {"random"}
    assert len(parts.validation) >= 20
    assert {c.arm for c in parts.set_aside} == {"value"}
    assert {c.store_id for c in parts.set_aside} == {c.store_id for c in parts.validation}
    assert parts.rule == "by store and day, validated on the random arm alone"


def test_ten_photos_of_one_day_are_split_by_capture(make_capture):
    parts = split([make_capture(f"c{i}") for i in range(10)])
    assert (len(parts.train), len(parts.validation)) == (8, 2)
    assert parts.rule == "by capture: one store and day"


@pytest.mark.parametrize(("count", "validated"), [(1, 0), (2, 0), (3, 1), (4, 1)])
def test_three_captures_are_the_fewest_to_split(make_capture, count, validated):
    parts = split([make_capture(f"c{i}") for i in range(count)])
    assert len(parts.validation) == validated
    assert parts.rule.startswith("by capture" if validated else "no validation: only")


def test_the_only_capture_of_a_product_is_trained(make_capture, make_box):
    common = [make_capture(f"c{i}", boxes=(make_box(gtin=GTINS[0]),)) for i in range(9)]
    rare = [make_capture("rare", boxes=(make_box(gtin=GTINS[1]),))]
    assert "rare" in ids(split(common + rare).train)


def test_says_when_a_class_is_only_in_validation(make_capture, make_box):
    captures = [
        make_capture(f"c{i}", boxes=(make_box(gtin=gtin),)) for i, gtin in enumerate([*GTINS, "00036000291452"])
    ]
    parts = split(captures)
    assert len(parts.validation) == 1
    assert parts.rule.endswith("some classes are only in validation")


def test_nothing_but_near_duplicates_cannot_be_validated(make_capture):
    parts = split([make_capture(f"c{i}", duplicates="same") for i in range(5)])
    assert parts.validation == ()
    assert "near-duplicates" in parts.rule


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 2), st.sampled_from([None, "a", "b"])), min_size=3))
def test_no_capture_is_lost_and_no_near_duplicate_is_divided(make_capture, rows):
    captures = [
        make_capture(f"c{i}", store=f"s{store}", day=day, duplicates=group)
        for i, (store, day, group) in enumerate(rows)
    ]
    parts = split(captures)
    assert sorted(ids(parts.train + parts.validation + parts.set_aside)) == sorted(ids(captures))
    assert len(parts.train) >= len(captures) / 2
    trained = {c.duplicate_group for c in parts.train} - {None}
    assert not trained & {c.duplicate_group for c in parts.validation}

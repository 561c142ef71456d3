"""Whatever the captures: what belongs together stays together, and the random arm validates."""

from datetime import UTC, datetime
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from labeling.annotations import AnnotatedBox
from retail.boxes import DetectionKind
from retail.gtin import Gtin
from training.captures import LabelledCapture
from training.splits import ENOUGH_RANDOM, split, store_days

GTINS = (None, Gtin("00012345678905"), Gtin("04006381333931"))
KIND, X = DetectionKind.FACING, (8.0, 8.0, 40.0, 40.0)


@st.composite
def capture_lists(draw, most=80):
    """Captures of a few stores and days; some are near-duplicates of others, in any store."""
    rows = draw(
        st.lists(
            st.tuples(
                st.integers(0, 7),
                st.integers(1, 4),
                st.sampled_from(["random", "value"]),
                st.none() | st.integers(0, 20),
                st.sampled_from(GTINS),
            ),
            min_size=1,
            max_size=most,
        )
    )
    return [
        LabelledCapture(
            capture_id=f"c{number:03}",
            image=Path(),
            sha256=f"{number:064x}",
            width=96,
            height=96,
            store_id=f"s{store}",
            bay_id="b",
            taken_at=datetime(2026, 3, day, 9, tzinfo=UTC),
            stratum="neutral/frontal/convenience",
            arm=arm,
            boxes=(AnnotatedBox(KIND, *X, gtin=gtin),),
            duplicate_group=None if twin is None else f"twin-{twin}",
        )
        for number, (store, day, arm, twin, gtin) in enumerate(rows)
    ]


@settings(max_examples=150, deadline=None)
@given(capture_lists(), st.randoms(use_true_random=False))
def test_every_capture_is_in_one_part_whatever_the_order(captures, chance):
    parts = split(captures)
    listed = [one.capture_id for one in parts.train + parts.validation + parts.set_aside]
    assert sorted(listed) == [one.capture_id for one in captures]
    assert split(chance.sample(captures, len(captures))) == parts
    assert len(parts.validation) + len(parts.set_aside) <= len(captures) / 2


@settings(max_examples=150, deadline=None)
@given(capture_lists())
def test_what_trains_shares_no_near_duplicate_with_what_validates_or_is_set_aside(captures):
    parts = split(captures)
    trained = {one.duplicate_group for one in parts.train} - {None}
    assert not trained & {one.duplicate_group for one in parts.validation + parts.set_aside}


@settings(max_examples=150, deadline=None)
@given(capture_lists())
def test_a_split_by_store_and_day_divides_no_linked_group(captures):
    parts = split(captures)
    if parts.rule.startswith("by store and day"):
        trained = {one.capture_id for one in parts.train}
        for group in store_days(captures).values():
            assert len({one.capture_id in trained for one in group}) == 1


@settings(max_examples=100, deadline=None)
@given(capture_lists())
def test_of_a_store_and_day_no_two_captures_are_in_different_groups(captures):
    where = {one.capture_id: name for name, group in store_days(captures).items() for one in group}
    for key in ("duplicate_group", "store_id"):
        by_key: dict[object, set[str]] = {}
        for one in captures:
            shared = one.duplicate_group if key == "duplicate_group" else (one.store_id, one.day)
            if shared is not None:
                by_key.setdefault(shared, set()).add(where[one.capture_id])
        assert all(len(groups) == 1 for groups in by_key.values())


@settings(max_examples=150, deadline=None)
@given(capture_lists())
def test_validation_is_the_random_arm_alone_where_enough_of_it_is_held_out(captures):
    parts = split(captures)
    held = parts.validation + parts.set_aside
    random_arm = [one for one in held if one.arm == "random"]
    if parts.rule.startswith("by store and day"):
        assert (len(random_arm) >= ENOUGH_RANDOM) == parts.rule.endswith("on the random arm alone")
    if parts.rule.endswith("on the random arm alone"):
        assert sorted(random_arm, key=lambda one: one.capture_id) == list(parts.validation)
    else:
        assert parts.set_aside == ()


@settings(max_examples=150, deadline=None)
@given(capture_lists())
def test_no_product_only_validates_unless_the_rule_says_so(captures):
    parts = split(captures)
    if not parts.rule.endswith("some classes are only in validation"):
        shown = {box.gtin for one in captures for box in one.boxes}
        assert {box.gtin for one in parts.train for box in one.boxes} == shown

"""How often an epoch shows what is new and what the champion knows."""

from collections import Counter

import pytest

from training.replay import LEAST_PHOTOS, replay_rates

COMMON, RARE = "neutral/frontal/convenience", "dim/steep/supermarket"


@pytest.fixture
def captures(make_capture):
    new = [make_capture(f"new-{i}", stratum=COMMON) for i in range(100)]
    old = [make_capture(f"old-{i}", stratum=COMMON) for i in range(290)]
    rare = [make_capture(f"rare-{i}", stratum=RARE) for i in range(10)]
    return new + old + rare


OLDER = {f"old-{i}" for i in range(290)} | {f"rare-{i}" for i in range(10)}


def shown(rates):
    """Photos an epoch shows, by what they are."""
    total = Counter()
    for name, rate in rates.items():
        total[name.split("-")[0]] += rate
    return {name: round(value, 3) for name, value in total.items()}


def test_a_share_of_the_epoch_is_replayed_and_a_small_stratum_counts_as_much_as_a_large_one(captures):
    rates, told = replay_rates(captures, OLDER, share=0.5)
    assert shown(rates) == {"new": 100, "old": 90, "rare": 10}
    assert told == "an epoch shows 100 new photos and 100 of 300 that the champion was trained on"
    assert shown(replay_rates(captures, OLDER, share=0.1)[0]) == {"new": 100, "old": 5.556, "rare": 5.556}


def test_nothing_is_replayed_at_share_0_and_all_of_it_at_1(captures):
    assert shown(replay_rates(captures, OLDER, share=0)[0]) == {"new": 100, "old": 0, "rare": 0}
    assert set(replay_rates(captures, OLDER, share=1)[0].values()) == {1.0}


def test_a_handful_of_new_photos_does_not_make_an_epoch(captures):
    rates, _ = replay_rates(captures[99:], OLDER, share=0.5)
    assert sum(rates.values()) == pytest.approx(LEAST_PHOTOS)
    few = captures[99:110]
    assert set(replay_rates(few, OLDER, share=0.5)[0].values()) == {1.0}


@pytest.mark.parametrize("older", [set(), {"gone"}, OLDER | {f"new-{i}" for i in range(100)}])
def test_all_new_or_all_old_is_shown_as_it_is(captures, older):
    rates, told = replay_rates(captures, older, share=0.5)
    assert set(rates.values()) == {1.0}
    assert told.startswith("each of 400 photos once an epoch")

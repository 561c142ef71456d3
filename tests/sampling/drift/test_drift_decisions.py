"""Deciding whether a camera drifted."""

import numpy as np
import pytest

from sampling.drift.change import change_of, changed_since
from sampling.drift.deciding import LEVEL, Moved, comparable, decide
from sampling.drift.distances import Compared, centred, gaussian_kernel
from sampling.drift.history import History
from sampling.drift.shuffling import Shuffled, day_numbers, orders, shuffle
from sampling.drift.signals import SCALARS, Signal, evened
from sampling.drift.typical import Pair, typical_pairs

NONE = np.nan


def history(days, start, places=None, vectors=None, **scalars):
    """A history with some signals; those that are not named were not measured."""
    n = len(days)
    known = {Signal(name): np.array(values, np.float64) for name, values in scalars.items()}
    return History(
        ids=tuple(f"c{row}" for row in range(n)),
        days=np.array(days),
        places=np.zeros(n, np.int64) if places is None else np.array(places),
        scalars={signal: known.get(signal, np.full(n, NONE)) for signal in SCALARS},
        vectors=np.full((n, 2), NONE, np.float32) if vectors is None else np.array(vectors, np.float32),
        start=start,
    )


def camera(seed, before_days=30, now_days=8, a_day=5, bays=5, darker=0.0, shared=0.3):
    """A camera whose photos of one day share a part of their brightness, and whose bays differ a lot."""
    rng = np.random.default_rng(seed)
    days = np.repeat(np.arange(before_days + now_days), a_day)
    places = np.tile(np.arange(a_day) % bays, before_days + now_days)
    start = before_days * a_day
    stops = rng.normal(0, 2, bays)[places] + rng.normal(0, shared, days.max() + 1)[days] + rng.normal(0, 0.2, len(days))
    stops[start:] -= darker
    vectors = rng.normal(size=(bays, 6))[places] + rng.normal(size=(len(days), 6))
    return history(
        days,
        start,
        places,
        vectors / np.linalg.norm(vectors, axis=1, keepdims=True),
        luminance=np.exp2(stops - 3),
        confidence=rng.uniform(0.6, 0.8, len(days)),
    )


def test_a_darker_camera_is_found_and_brightness_is_what_moved():
    decision = decide(camera(1, darker=1.0))
    assert decision.drifted
    assert decision.undecided == ""
    assert [moved.signal for moved in decision.moved] == [Signal.LUMINANCE]
    assert decision.p == decision.signals[0].p <= LEVEL


def test_a_camera_that_stays_as_it_is_is_calm_and_every_measured_signal_is_told():
    decision = decide(camera(2))
    assert (decision.drifted, decision.moved) == (False, ())
    assert sorted(moved.signal for moved in decision.signals) == [Signal.CONFIDENCE, Signal.LOOK, Signal.LUMINANCE]


def test_the_same_history_gives_the_same_decision():
    assert decide(camera(3, darker=0.3)) == decide(camera(3, darker=0.3))


def test_days_with_shared_light_raise_no_more_false_alarms_than_the_level_says():
    ps = np.array([decide(camera(seed, shared=1.0)).p for seed in range(100, 160)])
    assert (ps <= 0.05).mean() <= 0.12  # captures shuffled one by one come to 0.6
    assert (ps <= 0.5).mean() == pytest.approx(0.5, abs=0.15)


def test_other_bays_in_the_window_are_no_drift():
    calm = camera(4, bays=5)
    rows = np.array([row for row in range(len(calm)) if (calm.places[row] < 3) == (row < calm.start) or row % 7 == 0])
    other = calm.keep(rows)
    assert np.log2(other.scalars[Signal.LUMINANCE][: other.start].mean()) != pytest.approx(
        np.log2(other.scalars[Signal.LUMINANCE][other.start :].mean()), abs=0.5
    )
    assert not decide(other).drifted


@pytest.mark.parametrize(
    ("before", "now", "why"),
    [
        (7, 8, "only 35 captures before show the same bays as the newest; 40 are needed"),
        (30, 3, "only 15 new captures of bays seen before; 20 are needed"),
        (9, 4, ""),
    ],
)
def test_too_few_captures_decide_nothing(before, now, why):
    assert decide(camera(5, before, now)).undecided == why


def test_a_few_days_decide_nothing_however_many_captures_they_have():
    decision = decide(camera(6, before_days=8, now_days=2, a_day=30, darker=3))
    assert not decision.drifted
    assert decision.undecided.startswith("too few days")


def test_what_was_measured_on_one_side_only_is_not_compared():
    seen = camera(7)
    seen.scalars[Signal.CONFIDENCE][: seen.start] = NONE
    seen.vectors[seen.start :] = NONE
    assert [moved.signal for moved in decide(seen).signals] == [Signal.LUMINANCE]
    seen.scalars[Signal.LUMINANCE][:] = NONE
    assert decide(seen).undecided == "nothing was measured both before and now that can be compared"


def test_what_only_one_side_shows_is_left_out_and_half_days_are():
    mixed = history([0, 0, 1, 1, 1, 2], 4, places=[1, 2, 1, 1, 1, 3], luminance=[1, 2, 3, 4, 5, 6])
    kept = comparable(mixed)
    assert kept.ids == ()
    mixed = history([0, 0, 1, 1, 1, 2], 4, places=[1, 2, 1, 1, 1, 1], luminance=[1, 2, 3, 4, 5, 6])
    kept = comparable(mixed)
    assert kept.ids == ("c0", "c2", "c3", "c5")
    assert kept.start == 3


def test_days_are_shuffled_whole():
    seen = history([7, 7, 7, 8, 10, 10, 11, 12], 4)
    shuffled = shuffle(seen, 200, np.random.default_rng(0))
    (now,) = shuffled.now
    assert shuffled.before[0].tolist() == [1, 1, 0, 0, 0]
    assert now[0].tolist() == [0, 0, 1, 1, 1]
    assert (shuffled.before + now == 1).all()
    assert len({tuple(row) for row in now.tolist()}) == orders(seen) == 10
    assert day_numbers(seen).tolist() == [0, 0, 0, 1, 2, 2, 3, 4]


def test_the_end_of_the_window_is_also_looked_at_alone():
    days = np.repeat(np.arange(30), 6)
    shuffled = shuffle(history(days, 90), 1, np.random.default_rng(0))
    assert [int(now[0].sum()) for now in shuffled.now] == [15, 7, 4]  # days, of six captures each


def test_places_are_centred_on_their_own_mean():
    values = np.array([[1.0], [3.0], [10.0], [NONE], [14.0]])
    middle = centred(values, np.array([5, 5, 7, 7, 7]))
    assert middle[:, 0].tolist() == pytest.approx([-1, 1, -2, NONE, 2], nan_ok=True)


def test_distances_of_two_groups_by_hand():
    scalars = np.array([[0.0], [1.0], [2.0], [3.0], [NONE]])
    vectors = np.array([[1.0, 0], [1.0, 0], [0, 1.0], [0, 1.0], [0, 1.0]])
    before = np.array([[1, 1, 0, 0, 0], [1, 0, 1, 0, 0]], np.float32)
    compared = Compared.of(scalars, vectors, np.arange(5))
    distances = compared.distances(Shuffled(before, (1 - before,)))
    assert distances[:, 0, 0].tolist() == [1.0, 0.5]
    apart = np.sqrt(2 - 2 * np.exp(-1))  # the median of all squared distances is 2
    assert distances[:, 0, 1].tolist() == pytest.approx([apart, apart * (2 / 3 - 1 / 2)], abs=1e-6)
    by_day = Compared.of(scalars, vectors, np.array([0, 0, 1, 1, 1]))
    again = by_day.distances(Shuffled(np.array([[1, 0]], np.float32), (np.array([[0, 1]], np.float32),)))
    assert again[0, 0].tolist() == pytest.approx(distances[0, 0].tolist())


def test_equal_vectors_have_no_distance():
    assert gaussian_kernel(np.ones((3, 2), np.float32)).tolist() == np.ones((3, 3)).tolist()


def test_equal_steps_look_alike():
    assert evened(Signal.LUMINANCE, np.array([0.1, 0.2, 0.4])).tolist() == pytest.approx(
        [-3.321928, -2.321928, -1.321928]
    )
    assert evened(Signal.TEMPERATURE, np.array([5000.0, 4000.0])).tolist() == [200.0, 250.0]


def test_a_change_is_told_bay_by_bay():
    # The window shows the dark bay more often; bay by bay photos are half as bright.
    shown = history([0, 0, 1, 2, 2, 2], 3, [1, 2, 1, 1, 2, 2], luminance=[0.4, 0.1, 0.4, 0.2, 0.05, 0.05])
    change = change_of(shown, Moved(Signal.LUMINANCE, 0.001, 1.0))
    assert change.before == pytest.approx((0.4 + 0.1 + 0.1) / 3)
    assert change.now == pytest.approx(0.1)
    assert change.words == "photos are 50% darker"


@pytest.mark.parametrize(
    ("signal", "before", "now", "words"),
    [
        (Signal.TEMPERATURE, 6000, 4000, "the light is warmer: 4,000 K, before 6,000 K"),
        (Signal.CLIPPED, 0.001, 0.034, "3.4% of the pixels are white, before 0.1%"),
        (Signal.GRADIENT, 0.1, 0.9, "the light's colour differs more from side to side: 0.90, before 0.10"),
        (Signal.CONFIDENCE, 0.8, 0.6, "the model is less sure: 0.60 on average, before 0.80"),
        (Signal.UNKNOWN, 0.02, 0.09, "9.0% of the facings show unknown products, before 2.0%"),
        (Signal.GAPS, 0.02, 0.04, "4.0% of the places are gaps, before 2.0%"),
    ],
)
def test_changes_in_plain_words(signal, before, now, words):
    assert change_of(history([0, 1], 1, **{signal: [before, now]}), Moved(signal, 0.001, 1.0)).words == words


def test_since_when_a_signal_differs():
    light = [0.2] * 6 + [0.21, 0.19] * 3 + [0.1, 0.11] * 3
    days = np.repeat(np.arange(9), 2)
    assert changed_since(history(days, 6, luminance=light), Signal.LUMINANCE) == 12
    vectors = [[1, 0]] * 10 + [[0, 1]] * 8
    assert changed_since(history(days, 6, vectors=vectors), Signal.LOOK) == 10


def test_the_most_typical_of_a_bay_stand_for_before_and_now():
    light = [0.2, 0.21, 0.3, 0.5, 0.05, 0.1, 0.11, 0.9, 0.3]
    shown = history([0, 0, 0, 0, 1, 1, 1, 1, 1], 4, [1, 1, 1, 2, 1, 1, 1, 3, 2], luminance=light)
    assert typical_pairs(shown, (Signal.LUMINANCE,)) == [Pair(1, "c1", "c5"), Pair(2, "c3", "c8")]
    assert typical_pairs(shown, (Signal.LUMINANCE,), most=1) == [Pair(1, "c1", "c5")]


def test_a_history_whose_arrays_do_not_fit_is_refused():
    with pytest.raises(ValueError, match="gaps has 1 rows, expected 2: one for each capture"):
        history([0, 1], 1, gaps=[0.0])
    with pytest.raises(ValueError, match=r"start is 3, expected 0\.\.2"):
        history([0, 1], 3)

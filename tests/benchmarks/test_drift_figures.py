"""What the drift benchmark makes of its trials."""

from benchmarks.drift.figures import change_rows, summary, unchanged_rows
from benchmarks.drift.trials import CalmTrial, ChangeTrial, Unchanged
from retail.conditions import Lighting


def calm(kind=Unchanged.ONE_LIGHT, alarm=False, store=1, window="fills up"):
    return CalmTrial(kind, "phone", store, Lighting.WARM, window, alarm, undecided=False)


def change(captures, now=Lighting.DIM, signal="luminance"):
    return ChangeTrial("phone", 1, Lighting.WARM, now, captures, signal)


def test_false_alarms_are_those_of_all_windows_but_spells():
    trials = [calm(), calm(alarm=True), calm(store=2), calm(store=2), calm(Unchanged.SPELLS, alarm=True)]
    found = summary(trials, [change(20), change(60)])
    assert found["false_alarm_rate"] == 0.25
    assert (found["false_alarm_rate_low"], found["false_alarm_rate_high"]) == (0.0, 0.5)
    assert (found["captures_to_detect_worst"], found["detected_within_50"]) == (60, 0.5)
    rates = {row["windows of"]: (row["windows"], row["false_alarms"]) for row in unchanged_rows(trials)}
    assert rates["nothing changes: spells"] == (1, 1.0)
    assert rates["light: warm"] == (4, 0.25)


def test_a_change_that_one_camera_never_saw_has_no_worst():
    assert summary([calm()], [change(20), change(None, signal="")])["captures_to_detect_worst"] is None


def test_each_change_tells_how_long_it_took_and_what_showed_it():
    trials = [change(12), change(18, signal="look"), change(30), change(9, now=Lighting.COLD)]
    dim, cold = change_rows(trials)
    assert dim == {
        "before": "warm",
        "now": "dim",
        "changes": 3,
        "captures_p50": 18.0,
        "captures_worst": 30.0,
        "within_50": 1.0,
        "seen_by": "luminance",
    }
    assert (cold["now"], cold["captures_worst"]) == ("cold", 9.0)

from dataclasses import replace
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.conditions import Lighting, ViewingAngle
from sampling.audit import Standing, Stratum, audit

NAMES = ["/".join((light, angle, "convenience")) for light, angle in product(Lighting, ViewingAngle)]


def _world(live=100, trained=40):
    return [Stratum(name, live=live + place, trained=trained) for place, name in enumerate(NAMES)]


def test_a_training_set_that_has_what_cameras_send_needs_nothing():
    found = audit(_world(), 28)
    assert found.advice() == ()
    assert found.sentence() == "Everything that cameras sent in the last 28 days is well in the training set."


@pytest.mark.parametrize("removed", NAMES)
def test_a_stratum_that_was_removed_from_training_is_named_first(removed):
    strata = [replace(one, trained=0 if one.name == removed else one.trained) for one in _world()]
    first, *others = audit(strata, 28).advice()
    assert (first.stratum, first.standing) == (removed, Standing.NEVER_TRAINED)
    assert "the serving model was trained on none" in first.words
    assert others == []


counts = st.tuples(st.integers(0, 400), st.integers(1, 400), st.integers(0, 50))


@given(st.lists(counts, min_size=len(NAMES), max_size=len(NAMES)), st.integers(0, len(NAMES) - 1))
def test_whatever_else_is_thin_or_old_the_removed_one_comes_first(rows, place):
    strata = [Stratum(n, live=a, trained=b, outdated=min(b, c)) for n, (a, b, c) in zip(NAMES, rows, strict=True)]
    strata[place] = replace(strata[place], live=max(strata[place].live, 25), trained=0, outdated=0)
    assert audit(strata, 28).advice()[0].stratum == NAMES[place]


def test_urgency_is_by_standing_and_then_by_what_cameras_send():
    strata = [
        Stratum("warm/frontal/convenience", live=500, trained=3),
        Stratum("cold/frontal/convenience", live=200, trained=0),
        Stratum("dim/frontal/convenience", live=300, trained=0),
        Stratum("neutral/frontal/convenience", live=2000, trained=300),
        Stratum("neutral/oblique/convenience", live=400, trained=20),
        Stratum("warm/oblique/convenience", live=40, trained=60, outdated=40),
        Stratum("cold/oblique/convenience", live=4, trained=0),
        Stratum("dim/oblique/convenience", live=0, trained=50),
    ]
    assert [(one.stratum, one.standing.words) for one in audit(strata, 28).advice()] == [
        ("dim/frontal/convenience", "never trained"),
        ("cold/frontal/convenience", "never trained"),
        ("warm/frontal/convenience", "thin"),
        ("neutral/oblique/convenience", "less than its share"),
        ("warm/oblique/convenience", "outdated"),
        ("cold/oblique/convenience", "stray"),
    ]


@pytest.mark.parametrize(
    ("there", "action", "captures", "words"),
    [
        ({"labelled": 30, "pool": 99}, "retrain", 0, "30 more are labelled already: retrain."),
        (
            {"labelled": 5, "queued": 40},
            "label",
            20,
            "40 are in tasks: have 20 labelled, then retrain.",
        ),
        ({"queued": 5, "pool": 90}, "round", 20, "90 are in the pool: start a round; 20 labelled would do."),
        ({"pool": 24}, "collect", 1, "24 are in the pool: collect 1 more photo, for example in s2 and s1."),
        ({"pool": 1}, "collect", 24, "1 is in the pool: collect 24 more photos, for example in s2 and s1."),
        ({"pool": 15}, "collect", 10, "15 are in the pool: collect 10 more photos, for example in s2 and s1."),
        ({}, "collect", 25, "None is in the pool: collect 25 more photos, for example in s2 and s1."),
    ],
)
def test_the_cheapest_step_is_advised(there, action, captures, words):
    dark = Stratum("dim/frontal/convenience", live=12, trained=0, stores=("s2", "s1"), **there)
    rest = Stratum("neutral/frontal/convenience", live=88, trained=50)
    (advice,) = audit([dark, rest], 28).advice()
    assert (advice.action, advice.captures) == (action, captures)
    assert advice.words == (
        f"Dim light, frontal, convenience: 12% of what cameras send (12 captures in 28 days); "
        f"the serving model was trained on none. {words}"
    )


def test_outdated_captures_are_to_be_replaced():
    old = Stratum("dim/frontal/convenience", live=50, trained=60, outdated=40, pool=100)
    rest = Stratum("neutral/frontal/convenience", live=50, trained=60)
    (advice,) = audit([old, rest], 28).advice()
    assert "40 of the 60 it was trained on show bays whose layout has changed since" in advice.words
    assert (advice.action, advice.captures) == ("round", 40)


def test_without_live_captures_there_is_nothing_to_say():
    found = audit([Stratum(NAMES[0], live=0, trained=10)], 28)
    assert found.sentence().startswith("No capture came in the last 28 days")
    assert found.advice() == ()


def test_few_captures_are_no_strays_where_they_are_most_of_all():
    few = [Stratum("dim/frontal/convenience", live=2, trained=0), Stratum(NAMES[0], live=1, trained=9)]
    (advice,) = audit(few, 28).advice()
    assert advice.standing == Standing.NEVER_TRAINED
    assert "67% of what cameras send (2 captures in 28 days)" in advice.words

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.settings import TriggerSettings
from service.triggers.deciding import Evidence, due, holds, standings, too_few_boxes

NOW = datetime(2026, 3, 11, 9, tzinfo=UTC)
QUIET = Evidence(
    now=NOW,
    since=NOW - timedelta(days=10),
    ordered_at=NOW - timedelta(days=10),
    in_flight="",
    failures=0,
    labelled=True,
    boxes=160,
    products=("Cola", "Kefir"),
    bays=("b1",),
    drift="",
)
ALL_ON = TriggerSettings(
    label_boxes=500, schedule_days=14, catalogue_products=5, planogram_bays=3, drift=True, fewest_boxes=100
)


def _words(evidence, settings):
    return {one.trigger: one.words for one in standings(evidence, settings)}


def test_each_trigger_says_how_far_it_is():
    assert _words(QUIET, ALL_ON) == {
        "drift": "when drift has lasted (GET /v1/drift)",
        "planogram": "after 2 more bays with another layout",
        "catalogue": "after 3 more new products that a label or a reference picture shows",
        "labels": "after 340 more labelled boxes",
        "schedule": "in 4.0 days",
    }
    assert due(standings(QUIET, ALL_ON), QUIET, ALL_ON) == []


def test_all_are_off_by_default_and_say_what_they_count_all_the_same():
    off = TriggerSettings()
    assert not off.any_on
    assert _words(replace(QUIET, drift="camera c1 has drifted"), off) == {
        "drift": "off; camera c1 has drifted",
        "planogram": "off; 1 bay got another layout since the retraining of 2026-03-01: b1",
        "catalogue": "off; 2 products are new or look new since the retraining of 2026-03-01: Cola, Kefir",
        "labels": "off; 160 boxes labelled since the retraining of 2026-03-01",
        "schedule": "off; 10.0 days since the last retraining",
    }
    assert not any(one.on or one.due for one in standings(QUIET, off))


@pytest.mark.parametrize(
    ("changes", "trigger", "words"),
    [
        ({"boxes": 500}, "labels", "500 boxes labelled since the retraining of 2026-03-01"),
        ({"since": NOW - timedelta(days=14)}, "schedule", "14.0 days since the last retraining"),
        ({"since": None}, "schedule", "no retraining yet"),
        (
            {"products": tuple("ABCDE")},
            "catalogue",
            "5 products are new or look new since the retraining of 2026-03-01: A, B, C and 2 more",
        ),
        (
            {"bays": ("b1", "b2", "b3")},
            "planogram",
            "3 bays got another layout since the retraining of 2026-03-01: b1, b2, b3",
        ),
        ({"drift": "camera c1 has drifted"}, "drift", "camera c1 has drifted"),
    ],
)
def test_a_trigger_is_due_with_its_reason(changes, trigger, words):
    evidence = replace(QUIET, **changes)
    (only,) = due(standings(evidence, ALL_ON), evidence, ALL_ON)
    assert (only.trigger, only.words) == (trigger, words)


def test_the_most_specific_trigger_comes_first():
    evidence = replace(QUIET, boxes=900, drift="camera c1 has drifted")
    assert [one.trigger for one in due(standings(evidence, ALL_ON), evidence, ALL_ON)] == ["drift", "labels"]


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"in_flight": "retraining 7 is running"}, "retraining 7 is running"),
        ({"labelled": False}, "there is no label to train on yet"),
        ({"failures": 3}, "the last 3 retrainings failed: see why, and order the next one by hand"),
        (
            {"ordered_at": NOW - timedelta(hours=9.25)},
            "the last one was ordered less than 12 hours ago: 2 h 45 min to wait",
        ),
    ],
)
def test_what_holds_every_trigger(changes, why):
    evidence = replace(QUIET, boxes=900, **changes)
    assert holds(evidence, ALL_ON) == why
    assert due(standings(evidence, ALL_ON), evidence, ALL_ON) == []


def test_the_same_labels_again_are_worth_a_fit_only_for_new_products():
    evidence = replace(QUIET, boxes=20, drift="camera c1 has drifted", products=tuple("ABCDE"))
    assert too_few_boxes(evidence, ALL_ON) == "without 80 more labelled boxes the fit would see what the last one saw"
    assert [one.trigger for one in due(standings(evidence, ALL_ON), evidence, ALL_ON)] == ["catalogue"]

"""What changed is announced, and nothing else."""

import json
import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from retail.compliance import Verdict
from service.records import DecidedVerdictRecord, DeliveryRecord
from service.webhooks.queries import queue_delivery

CORRECT, MISSING, UNDECIDED, MOVED = (
    Verdict.CORRECT,
    Verdict.OUT_OF_STOCK,
    Verdict.UNDECIDED,
    Verdict.WRONG_POSITION,
)


@pytest.fixture
def told(context, webhook):
    """Ask for what a webhook is told from the last time on."""
    id, known = webhook(), []

    def new():
        found = [json.loads(one.body) for one in deliveries(context, id)]
        fresh = found[len(known) :]
        known.extend(fresh)
        return fresh

    return new


def deliveries(context, webhook_id):
    with context.database.read() as session:
        wanted = select(DeliveryRecord).where(DeliveryRecord.webhook_id == webhook_id)
        return session.scalars(wanted.order_by(DeliveryRecord.number)).all()


def changes(events):
    return [
        [(one["shelf"], one["slot"], one["before"], one["verdict"]) for one in e["data"]["changes"]] for e in events
    ]


def test_the_whole_event(bays, told):
    capture_id = bays.found({(1, 1): CORRECT, (2, 4): MISSING})
    assert told() == [
        {
            "type": "verdict.changed",
            "timestamp": "2026-03-01T09:30:00Z",
            "data": {
                "store_id": "s1",
                "bay_id": "b1",
                "capture_id": capture_id,
                "taken_at": "2026-03-01T09:30:00Z",
                "planogram_id": "dairy-2",
                "planogram_version": 3,
                "changes": [
                    {
                        "shelf": 2,
                        "slot": 4,
                        "gtin": "00000000000017",
                        "name": "Milk",
                        "verdict": "out_of_stock",
                        "before": None,
                        "probability": 0.97,
                        "facings_planned": 3,
                        "facings_seen": 0,
                    }
                ],
            },
        }
    ]


def test_the_last_decided_verdict_is_what_counts(bays, told):
    bays.found({(1, 1): CORRECT, (1, 2): CORRECT, (1, 3): UNDECIDED})
    assert told() == []
    bays.found({(1, 1): UNDECIDED, (1, 2): MISSING, (1, 3): MOVED}, minutes=1)
    assert changes(told()) == [[(1, 2, "correct", "out_of_stock"), (1, 3, None, "wrong_position")]]
    bays.found({(1, 1): CORRECT, (1, 2): UNDECIDED, (1, 3): MOVED}, minutes=2)
    assert told() == []
    bays.found({(1, 1): MISSING, (1, 2): CORRECT, (1, 3): MOVED}, minutes=3)
    assert changes(told()) == [[(1, 1, "correct", "out_of_stock"), (1, 2, "out_of_stock", "correct")]]


def test_bays_do_not_know_of_each_other(bays, told):
    bays.found({(1, 1): MISSING}, "b1")
    bays.found({(1, 1): MISSING}, "b2")
    bays.found({(1, 1): MISSING}, "b1", minutes=1)
    assert [event["data"]["bay_id"] for event in told()] == ["b1", "b2"]


def test_a_photo_that_comes_late_changes_nothing(bays, told):
    bays.found({(1, 1): CORRECT}, minutes=10)
    bays.found({(1, 1): MISSING}, minutes=5)
    bays.found({}, minutes=30, fits=False)  # somebody took another bay for this one
    assert told() == []
    bays.found({(1, 1): MISSING}, minutes=15)
    assert changes(told()) == [[(1, 1, "correct", "out_of_stock")]]


def test_another_product_in_a_place_begins_anew(bays, told, context):
    bays.found({(1, 1): MISSING, (1, 2): MISSING})
    told()
    bays.found({(1, 1): MISSING}, minutes=1, gtin="00000000000024")
    assert changes(told()) == [[(1, 1, None, "out_of_stock")]]
    with context.database.read() as session:
        decided = [(one.shelf, one.slot, one.gtin) for one in session.scalars(select(DecidedVerdictRecord))]
    assert decided == [(1, 1, "00000000000024")], "place 1/2 is no longer planned"


def test_a_verdict_holds_since_the_photo_that_first_showed_it(bays, context):
    bays.found({(1, 1): MISSING})
    bays.found({(1, 1): MISSING}, minutes=60)
    with context.database.read() as session:
        decided = session.get_one(DecidedVerdictRecord, ("b1", 1, 1))
    assert decided.since == context.clock()


def test_a_webhook_hears_of_its_stores_alone(bays, webhook, context):
    everywhere, own, other = webhook(), webhook(store_ids=["s0", "s1"]), webhook(store_ids=["s2"])
    bays.found({(1, 1): MISSING})
    assert [len(deliveries(context, id)) for id in (everywhere, own, other)] == [1, 1, 0]


def test_what_is_committed_later_is_told_later(context, webhook):
    id, began = webhook(), threading.Event()

    def second():
        with context.database.write() as session:
            began.set()
            queue_delivery(session, id, "verdict.changed", b"second", context.clock())

    with context.database.write() as session:
        queue_delivery(session, id, "verdict.changed", b"first", context.clock())
        thread = threading.Thread(target=second)
        thread.start()
        if not context.database.is_sqlite:  # there the second waits to begin
            began.wait()
        time.sleep(0.2)
        assert thread.is_alive(), "it waits for the first to commit"
    thread.join()
    assert [(one.number, bytes(one.body)) for one in deliveries(context, id)] == [(1, b"first"), (2, b"second")]


def test_deliveries_are_tried_for_three_days(bays, webhook, context):
    id = webhook()
    bays.found({(1, 1): MISSING})
    assert [one.expires_at - one.created_at for one in deliveries(context, id)] == [timedelta(days=3)]

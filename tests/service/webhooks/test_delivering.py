"""Receivers that are down, slow, gone or busy; real sockets, only the clock is set."""

import threading
import time
from datetime import timedelta

import pytest
from sqlalchemy import select

from retail.compliance import Verdict
from service.records import DeliveryRecord, WebhookRecord
from service.webhooks import sending
from service.webhooks.queries import let_go, queue_delivery
from service.webhooks.settling import pause_after, settle, take_parcel

MISSING, CORRECT = Verdict.OUT_OF_STOCK, Verdict.CORRECT


@pytest.fixture
def events(context):
    """Queue numbered events for a webhook: `events(id, 1, 2, 3)`."""

    def queue(webhook_id, *numbers):
        with context.database.write() as session:
            for number in numbers:
                queue_delivery(session, webhook_id, "verdict.changed", b"%d" % number, context.clock())

    return queue


def until(reached, seconds=20.0):
    end = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < end
        time.sleep(0.01)


def rows(context, kind):
    with context.database.read() as session:
        order = kind.number if kind is DeliveryRecord else kind.id
        return session.scalars(select(kind).order_by(order)).all()


def states(context):
    return [(one.state, one.attempts) for one in rows(context, DeliveryRecord)]


def numbers(heard):
    return [int(one.body) for one in heard]


def test_a_receiver_that_is_down_for_an_hour_hears_everything_once_and_in_order(
    context, clock, bays, webhook, receiver, courier
):
    webhook(receiver.url)
    bays.found({(1, 1): MISSING})
    until(lambda: len(receiver.heard) == 1)
    receiver.down()
    for minute in range(60):
        if minute % 10 == 0:
            bays.found({(1, 1): MISSING if minute % 20 else CORRECT})
        until(lambda: rows(context, WebhookRecord)[0].next_attempt_at > clock())  # the attempt that is due failed
        clock.advance(minutes=1)
    assert rows(context, WebhookRecord)[0].failures >= 10
    receiver.up()
    clock.advance(minutes=13)  # the longest pause there is
    until(lambda: len(receiver.heard) == 7)
    until(lambda: {state for state, _ in states(context)} == {"delivered"})

    told = [one.event["data"]["changes"][0]["verdict"] for one in receiver.heard]
    assert told == ["out_of_stock"] + 3 * ["correct", "out_of_stock"]
    assert all(one.is_signed() for one in receiver.heard)
    assert not any(one.is_signed("whsec_c29tZWJvZHkgZWxzZSdzIGtleQ==") for one in receiver.heard)
    ids = [one.headers["webhook-id"] for one in receiver.heard]
    assert ids == [one.id for one in rows(context, DeliveryRecord)]
    last = receiver.heard[-1]
    assert (last.path, last.headers["Content-Type"]) == ("/hook?shop=1", "application/json")
    assert last.headers["Host"] == f"127.0.0.1:{receiver.port}"
    assert int(last.headers["webhook-timestamp"]) == clock().timestamp(), "the attempt's time, not the event's"

    clock.advance(days=1)
    time.sleep(0.2)
    assert len(receiver.heard) == 7, "what was heard is not sent again"


def test_what_comes_later_waits_for_what_failed(context, clock, webhook, receiver, courier, events):
    receiver.answers = [(500, {}), (503, {}), (404, {})]
    events(webhook(receiver.url), 1, 2)
    for failures, pause in enumerate((5, 10, 20), 1):
        until(lambda failures=failures: len(receiver.refused) == failures)
        until(lambda failures=failures: rows(context, WebhookRecord)[0].failures == failures)
        waits = rows(context, WebhookRecord)[0].next_attempt_at - clock()
        assert 0.75 * pause <= waits.total_seconds() <= 1.25 * pause
        clock.advance(seconds=0.7 * pause)
        time.sleep(0.05)
        assert len(receiver.refused) == failures, "not before its time"
        clock.advance(seconds=0.6 * pause)
    until(lambda: states(context) == [("delivered", 4), ("delivered", 1)])
    assert (numbers(receiver.refused), numbers(receiver.heard)) == ([1, 1, 1], [1, 2])
    assert len({one.headers["webhook-id"] for one in [*receiver.refused, receiver.heard[0]]}) == 1
    webhook_now = rows(context, WebhookRecord)[0]
    assert (webhook_now.failures, rows(context, DeliveryRecord)[0].error) == (0, None)


def test_pauses_grow_to_ten_minutes():
    for failures, seconds in ((1, 5), (2, 10), (7, 320), (8, 600), (5000, 600)):
        pauses = [pause_after(failures) / timedelta(seconds=seconds) for _ in range(200)]
        assert min(pauses) >= 0.75
        assert max(pauses) <= 1.25
        assert max(pauses) - min(pauses) > 0.3


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("600", 600), ("Sun, 01 Mar 2026 10:00:00 GMT", 1800), ("9" * 30, 86400), ("-5", 5), ("soon", 5), ("²", 5)],
)
def test_a_receiver_may_ask_for_a_pause(said, seconds, context, clock, webhook, receiver, courier, events):
    receiver.answers = [(429, {"Retry-After": said.encode().decode("latin-1")})]
    events(webhook(receiver.url), 1)
    until(lambda: rows(context, WebhookRecord)[0].failures == 1)
    waits = (rows(context, WebhookRecord)[0].next_attempt_at - clock()).total_seconds()
    assert waits == seconds if seconds > 5 else waits <= 6.25


def test_a_receiver_that_is_gone_is_left_alone(context, clock, webhook, receiver, courier, events, bays):
    receiver.answers = [(410, {})]
    id = webhook(receiver.url)
    events(id, 1, 2)
    until(lambda: rows(context, WebhookRecord)[0].disabled_at == clock())
    assert states(context) == [("failed", 1), ("failed", 0)]
    assert [one.error for one in rows(context, DeliveryRecord)] == [
        "It answered 410 Gone.",
        "It answered 410 Gone to an earlier delivery.",
    ]
    events(id, 3)
    bays.found({(1, 1): MISSING})
    clock.advance(days=2)
    time.sleep(0.1)
    assert len(rows(context, DeliveryRecord)) == 2
    assert receiver.heard == []


def test_redirects_are_not_followed(context, webhook, new_receiver, courier, events):
    receiver, elsewhere = new_receiver(), new_receiver()
    receiver.answers = [(307, {"Location": elsewhere.url})]
    events(webhook(receiver.url), 1)
    until(lambda: rows(context, WebhookRecord)[0].failures == 1)
    delivery = rows(context, DeliveryRecord)[0]
    assert (delivery.state, delivery.status) == ("waiting", 307)
    assert "Redirects are not followed" in delivery.error
    assert elsewhere.heard == []


def test_a_silent_receiver_holds_up_nobody_else(context, webhook, new_receiver, courier, events, monkeypatch):
    monkeypatch.setattr(sending, "SECONDS_TO_ANSWER", 0.5)
    silent, other = new_receiver(), new_receiver()
    silent.silent = threading.Event()
    first, second = webhook(silent.url), webhook(other.url)
    began = time.monotonic()
    events(first, 1)
    events(second, 2)
    until(lambda: numbers(other.heard) == [2])
    assert time.monotonic() - began < 0.5
    until(lambda: rows(context, WebhookRecord)[0].failures == 1)
    with context.database.read() as session:
        errors = session.scalars(select(DeliveryRecord.error).order_by(DeliveryRecord.webhook_id)).all()
    assert errors == ["It did not answer within 0.5 s.", None]


def test_after_three_days_each_gets_one_last_attempt(context, clock, webhook, receiver, courier, events):
    receiver.answers = [(500, {}), (500, {}), (500, {})]
    id = webhook(receiver.url)
    events(id, 1)
    until(lambda: rows(context, WebhookRecord)[0].failures == 1)
    events(id, 2)
    clock.advance(days=2, hours=23)
    until(lambda: rows(context, WebhookRecord)[0].failures == 2)
    events(id, 3)
    clock.advance(hours=2)
    until(lambda: states(context) == [("failed", 3), ("delivered", 1), ("delivered", 1)])
    assert (numbers(receiver.refused), numbers(receiver.heard)) == ([1, 1, 1], [2, 3])


def test_what_nobody_waits_for_is_forgotten_after_a_month(context, clock, webhook, receiver, courier, events):
    id = webhook(receiver.url)
    events(id, 1)
    until(lambda: states(context) == [("delivered", 1)])
    clock.advance(days=29)
    time.sleep(0.1)
    assert len(rows(context, DeliveryRecord)) == 1
    clock.advance(days=1, hours=1)
    until(lambda: rows(context, DeliveryRecord) == [])


def test_one_worker_at_a_time_tells_a_webhook(context, clock, webhook, events):
    id = webhook()
    events(id, 1)

    def take(holder):
        with context.database.write() as session:
            return take_parcel(session, id, holder, clock())

    def end(parcel, outcome, holder):
        with context.database.write() as session:
            settle(session, parcel, outcome, holder, clock())

    parcel = take("w1")
    assert parcel.body == b"1"
    assert take("w2") is None
    clock.advance(seconds=59)
    assert take("w2") is None
    clock.advance(seconds=2)  # w1 was cut off
    assert take("w2") == parcel
    end(parcel, sending.Outcome(error="It could not be told."), "w1")
    clock.advance(seconds=10)  # the pause after that
    assert take("w1") is None, "w2 still holds it"
    end(parcel, sending.Outcome(204), "w2")
    end(parcel, sending.Outcome(500, "It answered 500."), "w1")
    assert states(context) == [("delivered", 2)]


def test_a_worker_that_comes_back_takes_up_its_webhooks_at_once(context, clock, webhook, events):
    id = webhook()
    events(id, 1)
    with context.database.write() as session:
        take_parcel(session, id, "w1", clock())
        let_go(session, "w2")
        assert take_parcel(session, id, "w1", clock()) is None
        let_go(session, "w1")
        assert take_parcel(session, id, "w1", clock()) is not None


def test_a_courier_takes_up_what_a_killed_one_of_its_name_held(context, clock, webhook, receiver, events, request):
    id = webhook(receiver.url)
    events(id, 1)
    with context.database.write() as session:
        take_parcel(session, id, "w1", clock())
    request.getfixturevalue("courier")
    until(lambda: numbers(receiver.heard) == [1])


def test_what_was_removed_while_it_was_sent_stays_away(context, client, clock, webhook, events):
    id = webhook()
    events(id, 1)
    with context.database.write() as session:
        parcel = take_parcel(session, id, "w1", clock())
    assert client.delete(f"/v1/webhooks/{id}").status_code == 204
    with context.database.write() as session:
        settle(session, parcel, sending.Outcome(204), "w1", clock())
    assert rows(context, DeliveryRecord) == []


def test_an_address_that_became_private_is_not_told(context, webhook, receiver, courier, events):
    context.settings.webhooks.private_networks.clear()
    events(webhook(receiver.url), 1)
    until(lambda: rows(context, WebhookRecord)[0].failures == 1)
    assert receiver.heard == []
    assert rows(context, DeliveryRecord)[0].error == (
        "Nothing was sent: 127.0.0.1 is at 127.0.0.1, which without https lies in no network that the settings open."
    )

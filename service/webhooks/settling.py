"""Whose turn it is, and what an attempt changes: everything in order, tried for three days, then given up."""

import logging
import random
from datetime import datetime, timedelta

from sqlalchemy.orm import Session

from service.records import DeliveryRecord, WebhookRecord
from service.webhooks.queries import DeliveryState, fail_waiting, find_webhook, first_waiting, hold_webhook
from service.webhooks.sending import Outcome, Parcel

log = logging.getLogger(__name__)
FIRST_PAUSE, LONGEST_PAUSE = timedelta(seconds=5), timedelta(minutes=10)
# Longer than an attempt; a worker that was cut off holds up its webhooks for no longer than this.
HOLD = timedelta(minutes=1)
MOST_LETTERS = 300  # of an error that is kept


def take_parcel(session: Session, webhook_id: str, holder: str, now: datetime) -> Parcel | None:
    """Return what a webhook is to be told next, which `holder` then does alone; None if it is not its turn."""
    webhook = hold_webhook(session, webhook_id, holder, now, now + HOLD)
    if webhook is None:
        return None
    delivery = first_waiting(session, webhook_id)
    if delivery is None:
        webhook.held_until = None
        return None
    return Parcel(webhook.id, delivery.id, webhook.url, webhook.secret, delivery.body)


def settle(session: Session, parcel: Parcel, outcome: Outcome, holder: str, now: datetime) -> None:
    """Keep what came of an attempt, and say when the webhook is told again.

    The pause is the webhook's, not the delivery's: what comes later waits for what failed, so that all arrive in order.
    """
    webhook = find_webhook(session, parcel.webhook_id, lock=True)
    delivery = session.get(DeliveryRecord, parcel.delivery_id)
    if webhook is None or delivery is None:  # removed meanwhile
        return
    if webhook.held_by == holder:
        webhook.held_until = None
    if delivery.state != DeliveryState.WAITING:  # this worker was cut off, and another one told the receiver
        return
    delivery.attempts += 1
    delivery.attempted_at, delivery.status = now, outcome.status
    delivery.error = outcome.error and outcome.error[:MOST_LETTERS]
    if outcome.error is None:
        delivery.state, webhook.failures, webhook.next_attempt_at = DeliveryState.DELIVERED, 0, now
    elif outcome.gone:
        _disable(session, webhook, delivery, now)
    else:
        _postpone(webhook, delivery, outcome, now)


def _disable(session: Session, webhook: WebhookRecord, delivery: DeliveryRecord, now: datetime) -> None:
    log.warning("Webhook %s is disabled: its receiver answered 410 Gone", webhook.id)
    delivery.state, webhook.disabled_at = DeliveryState.FAILED, now
    fail_waiting(session, webhook.id, "It answered 410 Gone to an earlier delivery.")


def _postpone(webhook: WebhookRecord, delivery: DeliveryRecord, outcome: Outcome, now: datetime) -> None:
    webhook.failures += 1
    if now < delivery.expires_at:
        webhook.next_attempt_at = now + max(pause_after(webhook.failures), outcome.pause or timedelta(0))
        return
    log.warning("Delivery %s to webhook %s is given up: %s", delivery.id, webhook.id, delivery.error)
    delivery.state, webhook.next_attempt_at = DeliveryState.FAILED, now  # the next one has had no attempt of its own


def pause_after(failures: int) -> timedelta:
    """Return how long to wait after so many failures: 5 s, 10 s, 20 s, … 10 min, each a quarter less to a quarter more.

    By chance, so that receivers which went down together are not all told together.
    """
    doubled: timedelta = FIRST_PAUSE * 2 ** min(failures - 1, 10)
    return min(doubled, LONGEST_PAUSE) * random.uniform(0.75, 1.25)

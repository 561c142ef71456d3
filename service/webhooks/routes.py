"""Webhooks over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from sqlalchemy.orm import Session

from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.context import Context
from service.dependencies import ContextOf
from service.ids import RecordId, new_id
from service.problems import Problem, not_found
from service.records import DeliveryRecord, WebhookRecord
from service.webhooks.queries import (
    TRIED_FOR,
    DeliveryState,
    count_waiting,
    find_delivery,
    find_webhook,
    list_deliveries,
    list_webhooks,
    remove_webhook,
)
from service.webhooks.receivers import BadReceiver, UnknownHost, addresses_of, parse_receiver
from service.webhooks.schemas import (
    AddedWebhook,
    DeliveriesAnswer,
    DeliveryAnswer,
    ListedWebhook,
    NewWebhook,
    WebhookAnswer,
)
from service.webhooks.signing import new_secret

router = APIRouter(prefix="/v1/webhooks", tags=["webhooks"])
Manager = Annotated[Caller, Depends(require(Action.MANAGE_WEBHOOKS))]


@router.post("", status_code=201)
def add_webhook(context: ContextOf, caller: Manager, webhook: NewWebhook) -> AddedWebhook:
    """Add a webhook for stores within the scope of the caller's key; the answer shows its secret once."""
    if not caller.covers(webhook.store_ids):
        raise Problem(
            403,
            "store-out-of-scope",
            "A webhook cannot be told of stores that the key which adds it does not reach.",
            field="store_ids",
            remedy=f"Name some of these: {', '.join(sorted(caller.store_ids or ())) or 'none'}.",
        )
    _check_receiver(context, webhook.url)
    now = context.clock()
    record = WebhookRecord(
        id=new_id(now),
        url=webhook.url,
        store_ids=webhook.store_ids,
        secret=new_secret(),
        created_at=now,
        by=caller.name,
        next_attempt_at=now,
    )
    with context.database.write() as session:
        session.add(record)
        session.flush()
        return AddedWebhook.model_validate(record)


@router.get("")
def read_webhooks(context: ContextOf, caller: Manager) -> list[ListedWebhook]:
    """List the webhooks within the scope of the caller's key."""
    with context.database.read() as session:
        waiting = count_waiting(session)
        return [
            ListedWebhook(**WebhookAnswer.model_validate(one).model_dump(), waiting=waiting.get(one.id, 0))
            for one in list_webhooks(session)
            if caller.covers(one.store_ids)
        ]


@router.delete("/{id}", status_code=204)
def end_webhook(context: ContextOf, caller: Manager, id: RecordId) -> None:
    """Remove a webhook and all its deliveries; those that wait are not sent."""
    with context.database.write() as session:
        remove_webhook(session, _reachable(session, caller, id, lock=True))


@router.get("/{id}/deliveries")
def read_deliveries(
    context: ContextOf,
    caller: Manager,
    id: RecordId,
    state: DeliveryState | None = None,
    before: Annotated[int | None, Query(ge=1, le=2**31 - 1, description="`next` of the page before")] = None,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> DeliveriesAnswer:
    """List what a webhook was or is to be told, newest first. Those that wait no more are kept for 30 days."""
    with context.database.read() as session:
        _reachable(session, caller, id)
        found = [DeliveryAnswer.model_validate(one) for one in list_deliveries(session, id, state, before, limit)]
    return DeliveriesAnswer(deliveries=found, next=found[-1].number if len(found) == limit else None)


@router.post("/{id}/deliveries/{delivery_id}/retry", status_code=202)
def retry_delivery(context: ContextOf, caller: Manager, id: RecordId, delivery_id: RecordId) -> DeliveryAnswer:
    """Send again what was given up, and at once what waits; what a receiver heard is not sent again."""
    with context.database.write() as session:
        webhook = _reachable(session, caller, id, lock=True)
        delivery = find_delivery(session, id, delivery_id)
        if delivery is None:
            remedy = f"GET /v1/webhooks/{id}/deliveries lists those there are."
            raise not_found("delivery", delivery_id, field="delivery_id", remedy=remedy)
        _check_can_be_sent(webhook, delivery)
        webhook.next_attempt_at = context.clock()
        if delivery.state == DeliveryState.FAILED:
            delivery.state, delivery.expires_at = DeliveryState.WAITING, context.clock() + TRIED_FOR
        return DeliveryAnswer.model_validate(delivery)


def _check_can_be_sent(webhook: WebhookRecord, delivery: DeliveryRecord) -> None:
    if delivery.state == DeliveryState.DELIVERED:
        raise Problem(
            409,
            "delivery-heard",
            "The receiver said that it heard this delivery.",
            field="delivery_id",
            remedy="Ask the receiver's operators; GET /v1/captures/{id} shows what it was told of.",
        )
    if webhook.disabled_at is not None:
        raise Problem(
            409,
            "webhook-disabled",
            "The receiver of this webhook answered 410 Gone: it wants to hear nothing any more.",
            field="id",
            remedy="Add the webhook anew with POST /v1/webhooks.",
        )


def _check_receiver(context: Context, url: str) -> None:
    try:
        addresses_of(parse_receiver(url), context.settings.webhooks.private_networks)
    except UnknownHost:
        return  # it may come up later
    except BadReceiver as error:
        raise Problem(
            422,
            "invalid-receiver",
            f"Nothing can be sent there: {error}.",
            field="url",
            remedy="Name a public https address; the setting webhooks.private_networks opens others.",
        ) from error


def _reachable(session: Session, caller: Caller, id: str, *, lock: bool = False) -> WebhookRecord:
    """Return a webhook within the key's scope; one of other stores is answered as if there were none."""
    webhook = find_webhook(session, id, lock)
    if webhook is None or not caller.covers(webhook.store_ids):
        raise not_found("webhook", id, field="id", remedy="GET /v1/webhooks lists the webhooks there are.")
    return webhook

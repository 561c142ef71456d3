"""SQL about webhooks, their deliveries and the verdicts that they tell of."""

from collections.abc import Collection, Sequence
from datetime import datetime, timedelta
from enum import StrEnum

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from service.ids import new_id
from service.records import (
    ComplianceRecord,
    DecidedVerdictRecord,
    DeliveryRecord,
    PositionVerdictRecord,
    ProductRecord,
    WebhookRecord,
)

TRIED_FOR = timedelta(days=3)


class DeliveryState(StrEnum):
    """What became of a delivery."""

    WAITING = "waiting"
    DELIVERED = "delivered"
    FAILED = "failed"


# --- what is told ---


def is_newest_compliance(session: Session, compliance: ComplianceRecord) -> bool:
    """Say whether no newer photo that shows its bay was judged."""
    order = tuple_(ComplianceRecord.at, ComplianceRecord.capture_id)
    newer = select(ComplianceRecord.capture_id).where(
        ComplianceRecord.bay_id == compliance.bay_id,
        ComplianceRecord.fits,
        order > (compliance.at, compliance.capture_id),
    )
    return session.scalar(newer.limit(1)) is None


def named_verdicts(session: Session, capture_id: str) -> list[tuple[PositionVerdictRecord, str]]:
    """Return the verdicts of a capture by shelf and slot, each with its product's name."""
    wanted = (
        select(PositionVerdictRecord, ProductRecord.name)
        .join(ProductRecord, ProductRecord.gtin == PositionVerdictRecord.gtin)
        .where(PositionVerdictRecord.capture_id == capture_id)
        .order_by(PositionVerdictRecord.shelf, PositionVerdictRecord.slot)
    )
    return [(verdict, name) for verdict, name in session.execute(wanted)]


def decided_verdicts(session: Session, bay_id: str) -> Sequence[DecidedVerdictRecord]:
    """Return what was last decided about a bay's positions."""
    return session.scalars(select(DecidedVerdictRecord).where(DecidedVerdictRecord.bay_id == bay_id)).all()


# --- webhooks ---


def find_webhook(session: Session, id: str, lock: bool = False) -> WebhookRecord | None:
    """Return a webhook, if wanted locked until the transaction ends; None if there is none of this id."""
    return session.get(WebhookRecord, id, with_for_update=lock)


def list_webhooks(session: Session) -> Sequence[WebhookRecord]:
    """Return all webhooks, oldest first."""
    return session.scalars(select(WebhookRecord).order_by(WebhookRecord.id)).all()


def webhooks_of_store(session: Session, store_id: str) -> list[str]:
    """Return ids of those that want to be told of a store, always in one order: two that lock them must not cross."""
    wanted = select(WebhookRecord.id, WebhookRecord.store_ids).where(WebhookRecord.disabled_at.is_(None))
    found = session.execute(wanted.order_by(WebhookRecord.id))
    return [id for id, store_ids in found if store_ids is None or store_id in store_ids]


def remove_webhook(session: Session, webhook: WebhookRecord) -> None:
    """Delete a webhook that is locked, and all its deliveries."""
    session.execute(delete(DeliveryRecord).where(DeliveryRecord.webhook_id == webhook.id))
    session.delete(webhook)


# --- deliveries ---


def queue_delivery(session: Session, webhook_id: str, event: str, body: bytes, now: datetime) -> None:
    """Put an event behind those that a webhook waits for already; nothing if it was disabled or removed meanwhile."""
    next_number = (
        update(WebhookRecord)
        .where(WebhookRecord.id == webhook_id, WebhookRecord.disabled_at.is_(None))
        .values(last_number=WebhookRecord.last_number + 1)
        .returning(WebhookRecord.last_number)
    )
    number = session.scalar(next_number)
    if number is not None:
        session.add(
            DeliveryRecord(
                id=new_id(now),
                webhook_id=webhook_id,
                number=number,
                event=event,
                body=body,
                created_at=now,
                expires_at=now + TRIED_FOR,
                state=DeliveryState.WAITING,
            )
        )


def find_delivery(session: Session, webhook_id: str, id: str) -> DeliveryRecord | None:
    """Return a delivery of a webhook, None if it has none of this id."""
    delivery = session.get(DeliveryRecord, id)
    return delivery if delivery is not None and delivery.webhook_id == webhook_id else None


def list_deliveries(
    session: Session, webhook_id: str, state: DeliveryState | None, before: int | None, limit: int
) -> Sequence[DeliveryRecord]:
    """Return a webhook's deliveries, newest first, of one state or all, from the one before a number."""
    wanted = select(DeliveryRecord).where(DeliveryRecord.webhook_id == webhook_id)
    if state is not None:
        wanted = wanted.where(DeliveryRecord.state == state)
    if before is not None:
        wanted = wanted.where(DeliveryRecord.number < before)
    return session.scalars(wanted.order_by(DeliveryRecord.number.desc()).limit(limit)).all()


def count_waiting(session: Session) -> dict[str, int]:
    """Return how many deliveries wait, by the id of their webhook; without those for which none does."""
    waiting = select(DeliveryRecord.webhook_id, func.count()).where(DeliveryRecord.state == DeliveryState.WAITING)
    return {id: count for id, count in session.execute(waiting.group_by(DeliveryRecord.webhook_id))}


def first_waiting(session: Session, webhook_id: str) -> DeliveryRecord | None:
    """Return the delivery whose turn it is."""
    waiting = select(DeliveryRecord).where(
        DeliveryRecord.webhook_id == webhook_id, DeliveryRecord.state == DeliveryState.WAITING
    )
    return session.scalars(waiting.order_by(DeliveryRecord.number).limit(1)).one_or_none()


def fail_waiting(session: Session, webhook_id: str, error: str) -> None:
    """Give up everything that a webhook waits for."""
    session.execute(
        update(DeliveryRecord)
        .where(DeliveryRecord.webhook_id == webhook_id, DeliveryRecord.state == DeliveryState.WAITING)
        .values(state=DeliveryState.FAILED, error=error)
    )


def forget_deliveries(session: Session, until: datetime) -> None:
    """Delete deliveries that were made before a time and wait no more."""
    old = delete(DeliveryRecord).where(DeliveryRecord.created_at < until)
    session.execute(old.where(DeliveryRecord.state != DeliveryState.WAITING))


# --- whose turn it is ---


def due_webhooks(session: Session, now: datetime, busy: Collection[str], limit: int) -> Sequence[str]:
    """Return ids of webhooks that something waits for and nobody tells, the longest due first."""
    waiting = select(DeliveryRecord.id).where(
        DeliveryRecord.webhook_id == WebhookRecord.id, DeliveryRecord.state == DeliveryState.WAITING
    )
    due = select(WebhookRecord.id).where(_is_free(now), WebhookRecord.id.not_in(busy), waiting.exists())
    return session.scalars(due.order_by(WebhookRecord.next_attempt_at, WebhookRecord.id).limit(limit)).all()


def hold_webhook(session: Session, id: str, holder: str, now: datetime, until: datetime) -> WebhookRecord | None:
    """Let one worker alone tell a webhook for a while; None if another does, or it is not due."""
    held = update(WebhookRecord).where(WebhookRecord.id == id, _is_free(now))
    taken = session.scalar(held.values(held_by=holder, held_until=until).returning(WebhookRecord.id))
    return None if taken is None else session.get_one(WebhookRecord, id, populate_existing=True)


def let_go(session: Session, holder: str) -> None:
    """End what a killed worker of this name held."""
    session.execute(update(WebhookRecord).where(WebhookRecord.held_by == holder).values(held_until=None))


def _is_free(now: datetime) -> ColumnElement[bool]:
    nobody_tells = or_(WebhookRecord.held_until.is_(None), WebhookRecord.held_until < now)
    return and_(WebhookRecord.disabled_at.is_(None), WebhookRecord.next_attempt_at <= now, nobody_tells)

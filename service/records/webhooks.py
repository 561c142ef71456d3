"""Who is told of events."""

from datetime import datetime
from typing import Any

from sqlalchemy import JSON, ForeignKey, Index, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from service.records.base import Record


class WebhookRecord(Record):
    """An address that is told of events, and when it is told next."""

    __tablename__ = "webhooks"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    url: Mapped[str] = mapped_column(String(2000))
    store_ids: Mapped[list[Any] | None] = mapped_column(JSON(none_as_null=True))
    secret: Mapped[str] = mapped_column(String(64))  # readable: whoever signs needs it
    created_at: Mapped[datetime]
    by: Mapped[str] = mapped_column(String(100))
    disabled_at: Mapped[datetime | None]  # when its receiver asked for no more
    last_number: Mapped[int] = mapped_column(default=0)  # of its deliveries
    failures: Mapped[int] = mapped_column(default=0)  # since its receiver last said yes
    next_attempt_at: Mapped[datetime]
    held_by: Mapped[str | None] = mapped_column(String(100))  # the worker that is telling it
    held_until: Mapped[datetime | None]


class DeliveryRecord(Record):
    """One event on its way to one webhook; `body` is sent as it is."""

    __tablename__ = "deliveries"
    id: Mapped[str] = mapped_column(String(32), primary_key=True)
    webhook_id: Mapped[str] = mapped_column(ForeignKey("webhooks.id"))
    number: Mapped[int]  # in the order of the events
    event: Mapped[str] = mapped_column(String(64))
    body: Mapped[bytes]
    created_at: Mapped[datetime]
    expires_at: Mapped[datetime]
    state: Mapped[str] = mapped_column(String(16))  # waiting | delivered | failed
    attempts: Mapped[int] = mapped_column(default=0)
    attempted_at: Mapped[datetime | None]  # the last time
    status: Mapped[int | None]  # of the last answer
    error: Mapped[str | None] = mapped_column(String(300))  # of the last attempt
    __table_args__ = (
        UniqueConstraint("webhook_id", "number", name="one_delivery_per_number"),
        Index("deliveries_waiting", "webhook_id", "state", "number"),
        Index("deliveries_by_age", "created_at"),
    )

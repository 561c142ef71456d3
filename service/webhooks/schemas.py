"""Webhooks as requests and answers."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from service.texts import Text
from service.webhooks.queries import DeliveryState


class NewWebhook(BaseModel):
    """A webhook to add."""

    model_config = ConfigDict(extra="forbid")
    url: Text = Field(min_length=1, max_length=2000, description="where events are sent to, by POST")
    store_ids: list[Text] | None = Field(None, description="stores whose events it is told; null for all")


class WebhookAnswer(BaseModel):
    """A webhook, without its secret."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    url: str
    store_ids: list[str] | None
    created_at: datetime
    by: str = Field(description="the name of the key that added it")
    disabled_at: datetime | None = Field(description="when its receiver answered 410 Gone; it is told nothing since")
    failures: int = Field(description="attempts since its receiver last said that it heard")
    next_attempt_at: datetime = Field(description="what waits is sent no earlier")


class ListedWebhook(WebhookAnswer):
    """A webhook in a list."""

    waiting: int = Field(description="deliveries that wait")


class AddedWebhook(WebhookAnswer):
    """A new webhook with its secret, which is never shown again."""

    secret: str = Field(description="`whsec_` and, in base64, the key of the signatures")


class DeliveryAnswer(BaseModel):
    """One event on its way to a webhook."""

    model_config = ConfigDict(from_attributes=True)
    id: str = Field(description="the header `webhook-id`, the same at each attempt")
    number: int = Field(description="counts up by one; sent in this order")
    event: str
    state: DeliveryState
    created_at: datetime
    expires_at: datetime = Field(description="an attempt that fails after this is the last")
    attempts: int
    attempted_at: datetime | None
    status: int | None = Field(description="of the last answer, null if there was none")
    error: str | None = Field(description="why the last attempt failed")


class DeliveriesAnswer(BaseModel):
    """A page of deliveries, newest first."""

    deliveries: list[DeliveryAnswer]
    next: int | None = Field(description="`before` of the next page, null on the last one")

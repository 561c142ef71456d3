"""API keys as requests and answers."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from service.auth.permissions import Role
from service.naming.policy import UnknownPolicy
from service.texts import Text


class NewKey(BaseModel):
    """A key to make."""

    model_config = ConfigDict(extra="forbid")
    name: Text = Field(min_length=1, max_length=100, description="who or what will hold it")
    role: Role
    store_ids: list[Text] | None = Field(None, description="stores it is limited to; null for all")
    unknown_policy: UnknownPolicy = Field(
        UnknownPolicy.REVIEW, description="what its holder wants done about facings that show no known product"
    )


class KeyAnswer(BaseModel):
    """A key, without its secret."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    name: str
    role: Role
    store_ids: list[str] | None
    unknown_policy: UnknownPolicy
    created_at: datetime
    revoked_at: datetime | None


class IssuedKey(KeyAnswer):
    """A new key with its secret, which is never shown again."""

    key: str

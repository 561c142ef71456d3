"""Views, refusals, retention and deletions as requests and answers."""

from datetime import date, datetime

from pydantic import BaseModel, ConfigDict, Field

from service.privacy.retention import Kind
from service.texts import Text


class ViewAnswer(BaseModel):
    """That a key's holder was shown a picture on a day."""

    model_config = ConfigDict(from_attributes=True)
    key_id: str
    day: date
    what: str = Field(description="photo, overlay, crop or frame")
    subject_id: str = Field(description="the capture or the clip")
    store_id: str
    first_at: datetime
    last_at: datetime
    times: int


class RefusalAnswer(BaseModel):
    """That a key's holder asked on a day for what is not for him."""

    model_config = ConfigDict(from_attributes=True)
    key_id: str
    day: date
    code: str = Field(description="of the problem that was answered")
    asked: str = Field(description="method and path")
    store_id: str | None = Field(description="whose it is, where it is known")
    first_at: datetime
    last_at: datetime
    times: int


class RetentionRequest(BaseModel):
    """A rule to set."""

    model_config = ConfigDict(extra="forbid")
    store_id: Text | None = Field(None, description="null for all stores without a rule of their own")
    kind: Kind
    days: int | None = Field(ge=1, le=36500, description="from when it was received; null lifts the rule")


class RetentionAnswer(BaseModel):
    """A rule in force."""

    store_id: str | None
    kind: Kind
    days: int
    by: str
    at: datetime


class DeletionAnswer(BaseModel):
    """One capture or clip whose time was over."""

    model_config = ConfigDict(from_attributes=True)
    subject_id: str
    kind: Kind
    store_id: str
    at: datetime
    expired_at: datetime = Field(description="when its time was over")
    rows: dict[str, int] = Field(description="how many were deleted with it, by table")
    proved_at: datetime | None = Field(description="when nothing of its pictures was found any more; null: not yet")
    left: list[str] = Field(description="what was found at the last search")

"""Bays as answers."""

from datetime import datetime

from pydantic import BaseModel, Field

from retail.compliance import Verdict


class NewestCompliance(BaseModel):
    """How a bay kept its planogram when it was last photographed, in numbers."""

    capture_id: str
    taken_at: datetime
    planogram_id: str
    planogram_version: int
    fits: bool = Field(description="false where the photo does not look like this bay")
    counts: dict[Verdict, int] = Field(description="positions by verdict; `unexpected` counts facings")
    rate: float | None = Field(description="correct positions among the decided ones; null if none is decided")


class BayAnswer(BaseModel):
    """A bay with the planogram that it follows and its newest compliance."""

    id: str
    store_id: str
    planogram_id: str | None = Field(description="null where it follows none")
    newest: NewestCompliance | None = Field(description="null where no photo of it was judged yet")


class BaysAnswer(BaseModel):
    """A page of bays."""

    bays: list[BayAnswer]
    next: str | None = Field(description="`after` of the next page, null on the last one")

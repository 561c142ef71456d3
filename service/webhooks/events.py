"""What receivers are told."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import BaseModel, Field

from retail.compliance import Verdict


class VerdictChange(BaseModel):
    """A position of a planogram and what became of it."""

    shelf: int = Field(description="1 for the topmost")
    slot: int = Field(description="1 for the leftmost")
    gtin: str
    name: str = Field(description="of the product")
    verdict: Verdict
    before: Verdict | None = Field(description="the last one that was not undecided; null if there is none")
    probability: float = Field(description="of the verdict")
    facings_planned: int
    facings_seen: int


class ChangedVerdicts(BaseModel):
    """The bay, the capture that shows it, and the verdicts that are others than before."""

    store_id: str
    bay_id: str
    capture_id: str
    taken_at: datetime
    planogram_id: str
    planogram_version: int
    changes: list[VerdictChange] = Field(description="by shelf and slot")


class VerdictChanged(BaseModel):
    """Verdicts of a bay changed."""

    type: Literal["verdict.changed"] = "verdict.changed"
    timestamp: datetime = Field(description="when it was found out; later attempts keep it")
    data: ChangedVerdicts


documented = APIRouter(tags=["webhooks"])


@documented.post("verdict.changed", status_code=204)
def verdict_changed(event: VerdictChanged) -> None:
    """Sent when a capture shows that verdicts of its bay changed; any 2xx says that it was heard.

    A position that was never judged before counts as correct. `undecided` changes nothing. The headers `webhook-id`,
    `webhook-timestamp` and `webhook-signature` are those of Standard Webhooks.
    """

"""Triggers as answers."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from service.retrainings.schemas import Trigger


class TriggerAnswer(BaseModel):
    """How far one trigger is from ordering a retraining."""

    model_config = ConfigDict(from_attributes=True)
    trigger: Trigger
    on: bool = Field(description="whether it may order one; settings `triggers` turn it on")
    due: bool = Field(description="whether it would, were nothing in the way")
    have: float | None = Field(description="how much of what it counts there is since the last retraining")
    need: float | None = Field(description="from how much on it is due; null where it is off or does not count")
    unit: str
    words: str


class TriggersAnswer(BaseModel):
    """What orders retrainings of the detector here, the most specific first, a person last."""

    since: datetime | None = Field(description="order of the last retraining that did not fail; null: there was none")
    in_flight: str | None = Field(description="id of the retraining that is not over")
    waits: str = Field(description="what keeps all of them from ordering one now; empty if nothing does")
    sentence: str
    triggers: list[TriggerAnswer]

"""Rounds as answers; a request is the sampler's own configuration."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class PickAnswer(BaseModel):
    """One capture that was picked, and why."""

    model_config = ConfigDict(from_attributes=True)
    capture_id: str
    rank: int
    arm: str
    propensity: float | None = Field(description="chance of every capture to be drawn; random picks only")
    terms: dict[str, float]
    reason: str
    predicted_boxes: int
    task_id: str
    task_state: str


class RoundAnswer(BaseModel):
    """One run of the sampler."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    created_at: datetime
    by: str
    config: dict[str, Any]
    pool_size: int
    pool_digest: str
    model_version: int


class RoundDetails(RoundAnswer):
    """A round with its picks in the order of labelling."""

    picks: list[PickAnswer]
    arms: dict[str, int] = Field(description="how many picks each arm has")
    boxes: int = Field(description="predicted boxes of all picks")
    near_duplicates: dict[str, Any] = Field(description="captures passed over, and the one each looks like")


class ReplayAnswer(BaseModel):
    """Whether the same pool and configuration give the same picks again."""

    identical: bool
    pool_unchanged: bool
    explanation: str

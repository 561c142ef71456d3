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
    terms: dict[str, float] = Field(
        description="what each term multiplied the value by, 1 where off; value, the product of all but the cost; "
        "value_rank, 0..1 within the pool; boxes and seconds; gain and similarity, or typicality and cluster_share, "
        "where it was chosen by them"
    )
    reason: str
    recipe: str | None = Field(description="what chose it, in the value arm")
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
    notes: list[str] = Field(description="what the round had to do without")


class RoundSummary(RoundAnswer):
    """A round, and what became of its batch."""

    arms: dict[str, int] = Field(description="how many picks each arm has")
    tasks: dict[str, int] = Field(description="how many of their tasks are in each state")
    boxes: int = Field(description="predicted boxes of all picks")


class RoundDetails(RoundSummary):
    """A round with its picks in the order of labelling."""

    picks: list[PickAnswer]
    near_duplicates: dict[str, Any] = Field(
        description="captures passed over, and the one each looks like; at most 1000"
    )
    inputs: dict[str, Any] | None = Field(
        description="what the round started from beside its pool: cost model, labels, strata, difficulty, drift; "
        "null for rounds of an earlier sampler"
    )


class ReplayAnswer(BaseModel):
    """Whether the same pool and configuration give the same picks again."""

    identical: bool
    pool_unchanged: bool
    explanation: str

"""Retrainings as requests and answers."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sampling.rounds import Arm
from service.texts import Text

Preset = Literal["quick", "default", "few-photos"]
State = Literal["queued", "running", "completed", "promoted", "gate_failed", "failed", "cancelled"]


class RetrainingRequest(BaseModel):
    """What to train on, how long, and what to do with the result."""

    model_config = ConfigDict(extra="forbid")
    reason: Text = Field(min_length=1, max_length=500, description="for the records: why now")
    classes: Literal["kinds", "products"] = Field(
        "kinds", description="product, shelf, tag, gap; or every labelled product as a class of its own"
    )
    preset: Preset = Field("quick", description="the knobs to start from")
    overrides: dict[str, Any] = Field(
        default_factory=dict, description="single knobs of the fit, for example epochs or image_size"
    )
    arms: list[Arm] | None = Field(
        None, min_length=1, description="train only on annotations of tasks picked by these arms; null for all"
    )
    promote: Literal["if_gate_passes", "never"] = "if_gate_passes"


class RetrainingAnswer(BaseModel):
    """A retraining and how far it is."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    created_at: datetime
    finished_at: datetime | None
    by: str
    state: State
    reason: str
    request: dict[str, Any]
    base_version: int
    snapshot_hash: str | None
    progress: dict[str, Any] = Field(description="stage; in the fit also epoch, epochs and the history so far")
    candidate_version: int | None
    error: str | None


class RetrainingDetails(RetrainingAnswer):
    """A retraining with the verdict on its candidate."""

    gate: dict[str, Any] | None

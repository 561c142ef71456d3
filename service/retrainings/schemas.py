"""Retrainings as requests and answers."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from sampling.rounds import Arm
from service.texts import Text

Preset = Literal["quick", "default", "few-photos"]
Model = Literal["detector", "embedder"]
State = Literal[
    "queued",
    "running",
    "shadowing",
    "completed",
    "promoted",
    "gate_failed",
    "shadow_failed",
    "failed",
    "cancelled",
]
Trigger = Literal["manual", "schedule", "labels", "catalogue", "planogram", "drift"]


class RetrainingRequest(BaseModel):
    """What to train on, how long, and what to do with the result."""

    model_config = ConfigDict(extra="forbid")
    reason: Text = Field(min_length=1, max_length=500, description="for the records: why now")
    model: Model = Field("detector", description="the model that finds facings, or the one that names them")
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
    trigger: Trigger = Field(description="manual: a person ordered it; else what the worker saw")
    model: Model
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


class NewProduct(BaseModel):
    """A labelled product that the serving model was not trained on."""

    gtin: str
    name: str


class RetrainingPlan(BaseModel):
    """What a retraining would do if it were ordered now."""

    sentence: str
    base_version: int = Field(description="of the model that the fit would start from")
    captures: dict[str, int] = Field(description="by part: train, validation, set_aside; a tile counts as one")
    boxes: int = Field(description="to train on")
    new_boxes: int = Field(description="of the annotations that the serving model's training set does not have")
    new_products: list[NewProduct] = Field(description="labelled, and not in the serving model's training set")
    strata: dict[str, int] = Field(description="captures to train on by lighting/angle/format")
    split_rule: str
    photos_per_epoch: int | None = Field(description="null for an embedder, as is everything about its fit")
    epochs: int | None = Field(description="at most")
    reasons: list[str] = Field(description="what the fit would decide about light, replay and rare classes, and why")
    minutes: float | None = Field(description="estimated, without the wait for a worker and without the shadow")
    minutes_low: float | None
    minutes_high: float | None
    minutes_from: str
    in_flight: str | None = Field(description="id of the retraining because of which an order would be refused now")

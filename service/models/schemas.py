"""Models as requests and answers."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from service.texts import Text


class ModelAnswer(BaseModel):
    """A detector that can serve; `report` and `gate` are null for the starter."""

    model_config = ConfigDict(from_attributes=True)
    version: int
    created_at: datetime
    source: str
    serving: bool = Field(description="whether this is the champion")
    retraining_id: str | None
    mlflow_run_id: str | None
    mlflow_version: str | None
    artefact_sha256: str
    classes: list[str]
    input_size: int
    gate_passed: bool | None = Field(description="null where there was no gate, as for the starter")
    ap: float | None = Field(description="COCO AP on the photos that its gate was judged by; null if unmeasured")
    ap_low: float | None = Field(description="lower end of its 95 % interval")
    ap_high: float | None = Field(description="upper end")
    champion_ap: float | None = Field(description="of the champion of that day, on the same photos")


class UseAnswer(BaseModel):
    """How a model did in service within the last day, on all servers."""

    model_config = ConfigDict(from_attributes=True)
    passes: int
    errors: int
    milliseconds: float | None = Field(description="mean time of a pass that was answered")


class ModelDetails(ModelAnswer):
    """A model with what was measured of it."""

    metadata: dict[str, Any]
    report: dict[str, Any] | None
    gate: dict[str, Any] | None
    in_service: UseAnswer
    shadowed: bool = Field(description="whether it ran, or runs, in shadow: GET /v1/models/{version}/shadow tells how")


class PromotionAnswer(BaseModel):
    """A move of the champion alias."""

    model_config = ConfigDict(from_attributes=True)
    id: int
    model_version: int
    previous_version: int | None
    action: str
    reason: str
    by: str
    at: datetime


class ModelList(BaseModel):
    """All models, newest first, and every move of the champion alias, newest first."""

    champion: int
    loaded: int | None = Field(description="the version this server answers with; null while none is loaded")
    loading_error: str | None = Field(description="why the champion could not be loaded, if it could not")
    waiting: int = Field(
        description="captures that no round can pick until a worker has looked at them with the champion, because "
        "vectors of two models cannot be compared"
    )
    models: list[ModelAnswer]
    promotions: list[PromotionAnswer]


class PromoteRequest(BaseModel):
    """Why a model should serve."""

    model_config = ConfigDict(extra="forbid")
    reason: Text = Field(min_length=1, max_length=500)
    force: bool = Field(False, description="promote although the gate or the shadow failed; admins only")


class RollbackRequest(BaseModel):
    """Why the model before should serve again."""

    model_config = ConfigDict(extra="forbid")
    reason: Text = Field(min_length=1, max_length=500)

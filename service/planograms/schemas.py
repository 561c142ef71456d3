"""Planograms as requests and answers."""

from pydantic import BaseModel, ConfigDict, Field

from service.catalogue.states import State
from service.texts import Text

MOST_POSITIONS = 2000


class PositionRequest(BaseModel):
    """One slot of a planogram."""

    model_config = ConfigDict(extra="forbid")
    shelf: int = Field(ge=1, le=100, description="1 for the topmost")
    slot: int = Field(ge=1, le=1000, description="1 for the leftmost")
    gtin: Text
    facings: int = Field(1, ge=1, le=1000, description="how many stand side by side")


class PlanogramRequest(BaseModel):
    """The intended layout of a bay, whole."""

    model_config = ConfigDict(extra="forbid")
    positions: list[PositionRequest] = Field(min_length=1, max_length=MOST_POSITIONS)


class PositionAnswer(BaseModel):
    """One slot of a planogram, with the GTIN that its product has today."""

    model_config = ConfigDict(from_attributes=True)
    shelf: int
    slot: int
    gtin: str
    facings: int
    state: State = Field(description="current; requeued or expired where the product was split or delisted since")


class PlanogramAnswer(BaseModel):
    """The newest layout of a bay."""

    bay_id: str
    version: int
    positions: list[PositionAnswer] = Field(description="by shelf and slot")


class PutPlanogramAnswer(PlanogramAnswer):
    """A layout after it was put."""

    changed: bool = Field(description="false if the newest layout was exactly this before")

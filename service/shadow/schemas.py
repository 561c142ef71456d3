"""Shadows as answers."""

from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class EvidenceAnswer(BaseModel):
    """Figures over captures that both models looked at; null where nothing was measured."""

    model_config = ConfigDict(from_attributes=True)
    captures: int
    errors: int = Field(description="captures on which the candidate raised an error")
    boxes: int = Field(description="of both models together, those of both counted once")
    only_champion: int
    only_candidate: int
    other_kind: int
    other_product: int = Field(description="where both detectors name a product themselves, and not the same")
    disagreement: float | None = Field(description="share of boxes that are not the same to both")
    confidence_shift: float | None = Field(description="candidate's confidence less the champion's, on shared boxes")
    latency_ratio: float | None = Field(description="median of the candidate's time by the champion's, same photo")
    champion_ms: float | None
    candidate_ms: float | None


class WorstAnswer(BaseModel):
    """A photo that the models see most differently."""

    capture_id: str
    store_id: str
    bay_id: str
    stratum: str
    taken_at: datetime
    disagreement: float
    only_champion: int
    only_candidate: int
    other_kind: int
    other_product: int
    error: str | None
    differences: list[dict[str, Any]] = Field(description="boxes with what each model calls them; null: not found")
    overlay: str = Field(description="address of the photo with the differences drawn into it")


class ShadowAnswer(BaseModel):
    """How a candidate does, or did, beside the champion on live captures."""

    model_version: int
    champion_version: int
    retraining_id: str
    state: str = Field(description="running, passed, failed or stopped")
    started_at: datetime
    until: datetime = Field(description="when it ends at the latest")
    finished_at: datetime | None
    wanted: int = Field(description="captures after which it ends")
    note: str | None = Field(description="why it ended as it did")
    objections: list[str] = Field(description="what speaks against the candidate so far")
    evidence: EvidenceAnswer
    stores: int
    strata: dict[str, EvidenceAnswer]
    worst: list[WorstAnswer] = Field(description="errors first; only of stores that the key reaches")

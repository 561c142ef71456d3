"""Captures as answers; requests are multipart forms, described at their routes."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from retail.boxes import DetectionKind
from retail.conditions import Lighting, ViewingAngle
from retail.stores import StoreFormat


class UncertaintyAnswer(BaseModel):
    """How unsure the model is about one detection."""

    entropy: float = Field(description="binary entropy of the confidence in bits; 1 at confidence 0.5")
    margin: float = Field(description="lead of the class over the second: 1 without a rival, 0 if equal")
    localisation: float = Field(description="spread of the box's edges per side length, 0..1")
    value: float = Field(description="all three blended, 0..1, 1 the least sure")


class DetectionAnswer(BaseModel):
    """One box found in a photo."""

    kind: DetectionKind
    box: tuple[float, float, float, float] = Field(description="x1, y1, x2, y2 in pixels of the upright photo")
    confidence: float
    gtin: str | None = Field(description="the product, where the model's classes are products")
    uncertainty: UncertaintyAnswer


class ConditionAnswer(BaseModel):
    """Under which circumstances a photo was taken."""

    lighting: Lighting
    angle: ViewingAngle
    format: StoreFormat
    stratum: str


class AnalysisAnswer(BaseModel):
    """What the model sees in a photo."""

    width: int = Field(description="of the upright photo in pixels")
    height: int
    condition: ConditionAnswer
    model_version: int
    detections: list[DetectionAnswer]
    truncated: bool = Field(description="true if there were more detections than are given")
    faces_blurred: int


class CaptureAnswer(AnalysisAnswer):
    """A capture and what the model that served then saw in it."""

    id: str
    store_id: str
    bay_id: str
    camera_id: str | None
    taken_at: datetime
    received_at: datetime
    near_duplicate_of: str | None = Field(description="an earlier capture of the same bay that looks the same")
    duplicate: bool = Field(description="true if this very photo was sent before; then this is the capture made of it")


class CaptureSummary(BaseModel):
    """A capture in a list."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    store_id: str
    bay_id: str
    camera_id: str | None
    taken_at: datetime
    received_at: datetime
    stratum: str
    model_version: int
    predicted_boxes: int
    near_duplicate_of: str | None


class CapturesAnswer(BaseModel):
    """A page of captures, newest first."""

    captures: list[CaptureSummary]
    next: str | None = Field(description="`after` of the next page, null on the last one")

"""References, embedders and what names products, as answers."""

from datetime import datetime
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from service.naming.pictures import View
from service.naming.swapping import EmbedderState
from service.texts import Text


class ReferenceAnswer(BaseModel):
    """A picture that facings are compared with."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    variant_id: str
    source: Literal["pack_shot", "shelf"] = Field(description="sent as a picture, or a facing that a person named")
    view: View
    capture_id: str | None = Field(description="of a facing: the capture it was cut from")
    created_at: datetime
    state: Literal["live", "requeued", "expired"] = Field(description="only live ones name anything")


class ReferencesAnswer(BaseModel):
    """The references of a product, newest first."""

    references: list[ReferenceAnswer]
    missing_views: list[View] = Field(description="from where no live reference shows the product")


class EmbedderAnswer(BaseModel):
    """An embedder that was added or installed."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    created_at: datetime
    by: str
    source: Literal["default", "file"]
    state: EmbedderState
    progress: dict[str, Any]
    error: str | None


class EmbeddersAnswer(BaseModel):
    """All embedders, newest first."""

    embedders: list[EmbedderAnswer]


class NamingAnswer(BaseModel):
    """Which embedder names products from when on, calibrated how, and what that was measured to do."""

    model_config = ConfigDict(from_attributes=True)
    id: int
    embedder_id: str
    calibration: dict[str, Any]
    measured: dict[str, Any] = Field(description="on labelled facings it was not fitted on; empty if never measured")
    reason: str
    by: str
    at: datetime


class GalleryAnswer(BaseModel):
    """What this server compares facings with."""

    references: int
    products: int
    behind: int = Field(description="changes of the records that are not in it yet; 0 when it is fresh")


class NamingStateAnswer(BaseModel):
    """What names products on this server."""

    enabled: bool
    naming: NamingAnswer | None
    gallery: GalleryAnswer | None = Field(description="null while it is being loaded")
    error: str | None = Field(description="why this server could not follow the records; null while all is well")


class CalibrationRequest(BaseModel):
    """A calibration to make."""

    model_config = ConfigDict(extra="forbid")
    reason: Text = Field(min_length=1, max_length=500)

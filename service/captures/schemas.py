"""Captures as answers; requests are multipart forms, described at their routes."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from retail.boxes import DetectionKind
from retail.conditions import Lighting, ViewingAngle
from retail.stores import StoreFormat
from service.compliance.schemas import ComplianceAnswer, UnjudgedAnswer
from service.naming.policy import UnknownPolicy


class UncertaintyAnswer(BaseModel):
    """How unsure the model is about one detection."""

    margin: float = Field(description="lead of the class over the second: 1 without a rival, 0 if equal")
    localisation: float = Field(description="spread of the box's edges per side length, 0..1")
    value: float = Field(description="both blended with the doubt that the confidence leaves, 0..1, 1 the least sure")


class ProductChance(BaseModel):
    """A product and how likely it is."""

    gtin: str
    probability: float


class NamingAnswer(BaseModel):
    """Which product a facing shows."""

    variant_id: str | None = Field(description="the packaging it looks like most; null where it is unknown")
    probability: float = Field(description="calibrated, of the product; of the likeliest one where it is unknown")
    products: list[ProductChance] = Field(
        description="the smallest set that holds the true product as often as the configured coverage says, best first"
    )
    margin: float = Field(description="lead over the likeliest product of the same family, 1 where there is none")
    unknown_score: float = Field(description="0..1, how far it is from everything known")
    unknown: bool = Field(description="true if it shows no known product")


class UnknownAnswer(BaseModel):
    """What follows for facings that show no known product."""

    policy: UnknownPolicy = Field(description="of the caller's key")
    detections: list[int] = Field(description="their places in `detections`, from 0")
    message: str


class DetectionAnswer(BaseModel):
    """One box found in a photo."""

    kind: DetectionKind
    box: tuple[float, float, float, float] = Field(description="x1, y1, x2, y2 in pixels of the upright photo")
    confidence: float = Field(description="calibrated: of the boxes that say 0.8, about 80 % are right")
    gtin: str | None = Field(description="of a facing: its product, null where it is unknown or nothing was named")
    uncertainty: UncertaintyAnswer
    shelf: int | None = Field(
        None, description="of a facing: its shelf, 1 for the topmost of its bay; null for other kinds"
    )
    place: int | None = Field(
        None, description="of a facing: its rank on that shelf, 1 for the leftmost; a stack counts from its top"
    )
    naming: NamingAnswer | None = Field(None, description="of a facing; null where nothing was to be named")


class ShelfAnswer(BaseModel):
    """One shelf of a bay."""

    number: int = Field(description="1 for the topmost; bays side by side have shelves of one number")
    line: tuple[float, float, float, float] = Field(description="x1, y1, x2, y2: its left and its right end")


class ConditionAnswer(BaseModel):
    """Under which circumstances a photo was taken."""

    lighting: Lighting
    angle: ViewingAngle
    format: StoreFormat
    stratum: str
    colour_temperature: float | None = Field(description="of the light, estimated, in kelvin")
    yaw: float | None = Field(
        description="degrees the camera looks past the shelf's normal, estimated; positive where the shelf is nearer "
        "on the right; null with too few facings to tell"
    )


class AdviceAnswer(BaseModel):
    """A reason to take a photo again."""

    code: str = Field(description="dark, blurred, glare, no-shelf, too-far, cut-off or too-oblique")
    message: str = Field(description="what to do, for the person with the camera")
    measured: float
    limit: float = Field(description="what the measured figure has passed")


class AnalysisAnswer(BaseModel):
    """What the model sees in a photo."""

    width: int = Field(description="of the upright photo in pixels")
    height: int
    condition: ConditionAnswer
    retake: list[AdviceAnswer] = Field(description="why the photo should be taken again; it was taken in all the same")
    model_version: int
    detections: list[DetectionAnswer] = Field(
        description="in reading order: facings shelf by shelf from the left, then the rest"
    )
    shelves: list[ShelfAnswer] = Field(description="from the top")
    truncated: bool = Field(description="true if there were more detections than are given")
    faces_blurred: int
    naming_id: int | None = Field(None, description="what named the facings, see GET /v1/naming; null if nothing did")
    unknown_policy: UnknownAnswer | None = Field(None, description="null where nothing was named")


class CaptureAnswer(AnalysisAnswer):
    """A capture and what the model that served then saw in it."""

    id: str
    store_id: str
    bay_id: str
    camera_id: str | None
    taken_at: datetime
    received_at: datetime
    near_duplicate_of: str | None = Field(description="an earlier capture of the same bay that looks the same")
    compliance: ComplianceAnswer | None = Field(description="how the bay keeps its planogram; null where not judged")
    unjudged: UnjudgedAnswer | None = Field(description="why there is no compliance; null where there is")
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

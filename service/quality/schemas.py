"""Quality as requests and answers."""

from datetime import date, datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from service.quality.reviews import Decision
from service.tasks.schemas import BoxIn
from service.texts import Text

MOST_REVIEWS = 50


class GoldRequest(BaseModel):
    """A reviewed task whose annotation is to be a known answer."""

    model_config = ConfigDict(extra="forbid")
    task_id: Text


class GoldAnswer(BaseModel):
    """A task with a known answer."""

    model_config = ConfigDict(from_attributes=True)
    task_id: str
    annotation_id: str
    store_id: str
    by: str
    created_at: datetime
    retired_at: datetime | None
    answered: int = Field(0, description="blind copies of it that were labelled")


class WeekAccuracy(BaseModel):
    """How right somebody was in one week."""

    week: date = Field(description="its Monday")
    right: int
    answers: int
    accuracy: float | None


class BoundaryAccuracy(BaseModel):
    """How right somebody was on hidden gold, at one boundary."""

    boundary: str
    right: int
    answers: int
    accuracy: float | None
    low: float = Field(description="95 % interval of the accuracy")
    high: float
    weeks: list[WeekAccuracy]


class AnnotatorAnswer(BaseModel):
    """One annotator's work."""

    id: str
    name: str
    labelled: int = Field(description="tasks, hidden copies left out")
    boundaries: list[BoundaryAccuracy]


class BoundaryAgreement(BaseModel):
    """How alike people label at one boundary."""

    boundary: str
    alpha: float | None = Field(description="Krippendorff's α: 1 is perfect, 0 is chance; null where undefined")
    low: float | None = Field(description="its 95 % bootstrap interval over photos")
    high: float | None
    observed: float | None = Field(description="share of pairs of answers that are the same")
    decisions: int


class ConfusedPair(BaseModel):
    """Two answers that people take for each other."""

    boundary: str
    one: str
    one_name: str | None = Field(description="of a product")
    other: str
    other_name: str | None
    apart: int = Field(description="pairs of people of whom one said this and the other that")
    together: int = Field(description="pairs of people who both said one of them")


class AgreementAnswer(BaseModel):
    """How alike people label what several of them labelled."""

    tasks: int
    annotators: int
    boundaries: list[BoundaryAgreement]
    confused: list[ConfusedPair]


class ConventionDrift(BaseModel):
    """A habit that changed in the last week."""

    annotator: str | None = Field(description="null: everybody together")
    name: str | None
    habit: str = Field(description="width or height, relative to what the model saw, or a boundary")
    answer: str = Field(description="at the boundary, whose share changed")
    since: datetime
    before: float
    after: float
    p_value: float


class Finding(BaseModel):
    """What may be wrong with an annotation."""

    error: str = Field(description="overlooked, badly_located, swapped or disagreement")
    probability: float
    place: int | None = Field(description="of the box in the annotation; null where one is missing")
    box: tuple[float, float, float, float] = Field(description="to look at: x1, y1, x2, y2 in pixels of the photo")
    suggested: dict[str, Any]


class ReviewRequest(BaseModel):
    """A task whose annotation somebody should look at."""

    model_config = ConfigDict(extra="forbid")
    task_id: Text
    reason: Text = Field("somebody asked for it", max_length=300)


class LeaseReviewsRequest(BaseModel):
    """How many reviews to take."""

    model_config = ConfigDict(extra="forbid")
    count: int = Field(1, ge=1, le=MOST_REVIEWS)
    task_id: Text | None = Field(None, description="the review of this task alone")


class ReviewAnswer(BaseModel):
    """An annotation that a second person judges, or has judged."""

    id: str
    task_id: str
    annotation_id: str
    capture_id: str
    store_id: str
    bay_id: str
    annotator: str
    created_at: datetime
    state: str = Field(description="queued, leased or decided")
    reason: str
    findings: list[Finding]
    boxes: list[dict[str, Any]] = Field(description="as annotated, with today's products")
    products: dict[str, str] = Field(description="names by GTIN")
    width: int
    height: int
    tile: list[float] | None
    photo_url: str
    decision: Decision | None
    decided_by: str | None
    decided_at: datetime | None
    note: str | None


class LeasedReviews(BaseModel):
    """Reviews in the caller's hands; none where the queue is empty."""

    lease_token: str
    leased_until: datetime
    reviews: list[ReviewAnswer]


class DecideRequest(BaseModel):
    """What a reviewer decides."""

    model_config = ConfigDict(extra="forbid")
    lease_token: Text
    decision: Decision
    boxes: list[BoxIn] | None = Field(None, description="with correct: all boxes, those that were right included")
    note: Text | None = Field(None, max_length=300)


class ReleaseReviewRequest(BaseModel):
    """A review to give back for others."""

    model_config = ConfigDict(extra="forbid")
    lease_token: Text

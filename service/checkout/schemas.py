"""Checkout as answers; the request is a multipart form, described at its route."""

from pydantic import BaseModel, ConfigDict, Field

from service.captures.schemas import NamingAnswer
from service.naming.pictures import View
from service.naming.policy import UnknownPolicy


class UnresolvedAnswer(BaseModel):
    """What follows where the views show no known product."""

    policy: UnknownPolicy = Field(description="of the caller's key")
    message: str


class ViewAnswer(BaseModel):
    """What one view alone would have said."""

    source: str = Field(description="`photo 2`, or `clip, frame 41`; photos count from 1 in the order they were sent")
    box: tuple[float, float, float, float] | None = Field(
        description="x1, y1, x2, y2 of the facing that was looked at, in pixels of the view; null: the whole view was"
    )
    gtin: str | None
    naming: NamingAnswer


class CheckoutAnswer(BaseModel):
    """Which product several views show."""

    gtin: str | None = Field(description="null where it is unresolved")
    unresolved: bool = Field(description="true if the views show no known product, or not clearly enough")
    naming: NamingAnswer = Field(description="of all views together")
    unknown_policy: UnresolvedAnswer
    views: list[ViewAnswer]
    naming_id: int = Field(description="what named it, see GET /v1/naming")
    model_version: int = Field(description="of the detector that found it in each view")


class CoverageAnswer(BaseModel):
    """From which sides live references show a product."""

    model_config = ConfigDict(from_attributes=True)
    gtin: str
    name: str
    views: dict[View, int] = Field(description="how many references show it from there")
    missing: list[View]
    came_out_unknown: int = Field(description="facings of it that showed no known product until a person named them")
    request: str = Field(description="a sentence that asks for what is missing")


class CoveragesAnswer(BaseModel):
    """Products, the one whose missing views cost most first."""

    products: list[CoverageAnswer]

"""The call's documented request and answer.

Its guide and its reference differ: the guide says `classifications[].label` and `matchedResultsPerPosition`, the
reference `tags[].name` and `matchingResultPerPosition`. Callers of either are answered in the words that they know.
Its samples spell a planogram's members with a capital first letter.
"""

from typing import Annotated, Any, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.alias_generators import to_camel

from retail.azure_planogram import AzureFixture, AzurePlanogram, AzurePosition, AzureProduct, BadAzurePlanogram
from service.problems import Problem
from service.texts import Text

MOST_PARTS = 2000  # of a planogram
MOST_FOUND = 1000  # beyond it, matching takes seconds
Length = Annotated[float, Field(gt=0, le=1e6, allow_inf_nan=False)]
Offset = Annotated[float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]
# As it was sent, so that a whole number comes back as one.
Pixels = Annotated[int | float, Field(ge=-1e6, le=1e6, allow_inf_nan=False)]


class _Sent(BaseModel):
    """What a caller sends; members that the documents do not name are passed over, as Azure did."""

    model_config = ConfigDict(alias_generator=to_camel)

    @model_validator(mode="before")
    @classmethod
    def _uncapitalised(cls, sent: Any) -> Any:
        if not isinstance(sent, dict):
            return sent
        return {name[:1].lower() + name[1:]: value for name, value in sent.items()}


class ProductRequest(_Sent):
    """A product of the planogram; width and height of one facing."""

    id: Text
    name: Text
    w: Length
    h: Length


class FixtureRequest(_Sent):
    """A board that products stand on."""

    id: Text
    w: Length
    h: Annotated[float, Field(ge=0, le=1e6, allow_inf_nan=False)]
    x: Offset
    y: Offset = Field(description="of its upper edge")


class PositionRequest(_Sent):
    """One facing; its top left corner."""

    id: Text
    product_id: Text
    fixture_id: Text
    x: Offset
    y: Offset


class AzurePlanogramRequest(_Sent):
    """A planogram: origin at the top left, any unit of length."""

    width: Length
    height: Length
    products: list[ProductRequest] = Field(max_length=MOST_PARTS)
    fixtures: list[FixtureRequest] = Field(max_length=MOST_PARTS)
    positions: list[PositionRequest] = Field(min_length=1, max_length=MOST_PARTS)

    def checked(self, field: str = "planogram") -> AzurePlanogram:
        """Return it as a value.

        Args:
            field: what the request calls it, for the problem.

        Raises:
            Problem: 422, where its parts do not belong together.
        """
        try:
            return AzurePlanogram(
                self.width,
                self.height,
                tuple(AzureProduct(**one.model_dump()) for one in self.products),
                tuple(AzureFixture(**one.model_dump()) for one in self.fixtures),
                tuple(AzurePosition(**one.model_dump()) for one in self.positions),
            )
        except BadAzurePlanogram as error:
            remedy = "Give every product, fixture and position an id of its own, and positions those of the others."
            place = f"{field}.{error.field}" if field else error.field
            raise Problem(422, "invalid-planogram", f"{place}: {error}.", field=place, remedy=remedy) from error


class BoundingBox(_Sent):
    """Of a detected object, in pixels: its top left corner and size."""

    x: Pixels
    y: Pixels
    w: Annotated[int | float, Field(ge=0, le=1e6, allow_inf_nan=False)]
    h: Annotated[int | float, Field(ge=0, le=1e6, allow_inf_nan=False)]


class Tag(_Sent):
    """What an object may be, in the reference's words."""

    name: Text
    confidence: float = Field(ge=0, le=1)


class Classification(_Sent):
    """What an object may be, in the guide's words."""

    label: Text
    confidence: float = Field(ge=0, le=1)


class DetectedObject(_Sent):
    """A product or a gap that was found in the photo; its names are product names of the planogram, or their ids."""

    id: Text
    bounding_box: BoundingBox
    tags: list[Tag] | None = None
    classifications: list[Classification] | None = None

    @property
    def names(self) -> list[tuple[str, float]]:
        """What it may be, with confidences, in either's words."""
        tags = [(one.name, one.confidence) for one in self.tags or ()]
        return tags + [(one.label, one.confidence) for one in self.classifications or ()]


class ImageMetadata(_Sent):
    """Size of the photo in pixels."""

    width: int = Field(gt=0, le=100_000)
    height: int = Field(gt=0, le=100_000)


class DetectedProductsRequest(_Sent):
    """What product recognition found in a photo."""

    image_metadata: ImageMetadata
    products: list[DetectedObject] = Field(max_length=MOST_FOUND)
    gaps: list[DetectedObject] = Field([], max_length=MOST_FOUND)


class MatchRequest(_Sent):
    """A planogram, and what was found in a photo of it."""

    planogram: AzurePlanogramRequest
    detected_products: DetectedProductsRequest

    @property
    def in_the_guides_words(self) -> bool:
        """Whether it says classifications."""
        found = self.detected_products
        return any(one.classifications is not None for one in (*found.products, *found.gaps))


class MatchedPosition(BaseModel):
    """One position of the planogram, and the product or gap found in it; without one where nothing was."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
    position_id: str
    detected_object: DetectedObject | None = None


class MatchAnswer(BaseModel):
    """Every position of the planogram, in its order."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=True)
    matched_results_per_position: list[MatchedPosition]
    matching_result_per_position: list[MatchedPosition] | None = Field(
        None, description="the same under the reference's name; left out where the request says classifications"
    )

    @classmethod
    def of(cls, request: MatchRequest, matched: list[MatchedPosition]) -> Self:
        """Answer a request in its own words."""
        also = None if request.in_the_guides_words else matched
        return cls(matched_results_per_position=matched, matching_result_per_position=also)

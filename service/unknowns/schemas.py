"""Unknown facings as requests and answers."""

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from service.ids import RECORD_ID
from service.texts import Text

MOST_AT_ONCE = 5_000
MOST_EXAMPLES = 24

FacingIds = Annotated[
    list[Annotated[str, StringConstraints(pattern=RECORD_ID)]], Field(min_length=1, max_length=MOST_AT_ONCE)
]


class Reason(StrEnum):
    """Why a facing gets no name."""

    NOT_A_PRODUCT = "not_a_product"
    CANNOT_TELL = "cannot_tell"


class NameRequest(BaseModel):
    """One decision that names many facings."""

    model_config = ConfigDict(extra="forbid")
    facing_ids: FacingIds
    gtin: Text = Field(description="of a product of the catalogue")


class DismissRequest(BaseModel):
    """Facings that are to have no name."""

    model_config = ConfigDict(extra="forbid")
    facing_ids: FacingIds
    reason: Reason


class ReopenRequest(BaseModel):
    """Facings that are to be unknown again."""

    model_config = ConfigDict(extra="forbid")
    facing_ids: FacingIds


class ExampleAnswer(BaseModel):
    """An unknown facing; GET /v1/unknowns/{id}/crop is its picture."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    capture_id: str
    store_id: str
    bay_id: str
    taken_at: datetime
    box: tuple[float, float, float, float] = Field(description="x1, y1, x2, y2 in pixels of the capture's photo")
    unknown_score: float


class CloseProduct(BaseModel):
    """A known product that facings are a little like."""

    gtin: str
    name: str
    likeness: float = Field(description="as the gallery scores it, at most 1")
    reference_id: str | None = Field(description="a picture of it: GET /v1/products/{gtin}/references/{id}/picture")


class ClusterAnswer(BaseModel):
    """Open unknown facings that look alike."""

    facing_ids: list[str] = Field(description="the most typical first; what one decision is about")
    count: int
    examples: list[ExampleAnswer] = Field(
        description=f"at most {MOST_EXAMPLES}, spread evenly from the most typical to the least"
    )
    store_ids: list[str]
    first_seen: datetime
    last_seen: datetime
    closest: list[CloseProduct] = Field(description="known products, the most alike first")


class UnknownsAnswer(BaseModel):
    """Clusters of open unknown facings, the largest first."""

    clusters: list[ClusterAnswer]
    cluster_count: int = Field(description="of all clusters, shown here or not")
    facing_count: int = Field(description="of the facings in all clusters")
    left_out: int = Field(
        description="open facings in no cluster: another embedder read them, or more are open than are compared"
    )


class DecisionAnswer(BaseModel):
    """What became of the facings."""

    decided: int = Field(description="facings that this request decided; the others were decided so before")
    facings: int
    gtin: str | None = Field(None, description="the product that they have now")
    references: int = Field(0, description="of the facings, how many became pictures that the product is known by")

"""Coverage as answers."""

from pydantic import BaseModel, Field

from retail.conditions import Lighting, ViewingAngle
from retail.stores import StoreFormat


class CellAnswer(BaseModel):
    """How many captures show one category in one condition; one that shows two categories counts in two cells."""

    category: list[str] = Field(description="path in the category tree; empty where no product is known")
    lighting: Lighting
    angle: ViewingAngle
    format: StoreFormat
    labelled: int = Field(description="captures with labels; of a round: before it")
    queued: int = Field(description="captures in tasks that are not labelled yet; of a round: in tasks of earlier ones")
    pool: int = Field(description="captures nobody picked; estimated where `pool_read` is below `pool_size`")


class RoundCellAnswer(CellAnswer):
    """A cell, and what a round's batch adds to it."""

    batch: int = Field(description="captures that the round picked")
    ranks: list[int] = Field(description="which of its picks these are")
    new: bool = Field(description="whether nothing labelled or queued showed this before the round")


class CoverageAnswer(BaseModel):
    """Cells that captures show; those that no capture shows are left out."""

    category: list[str] = Field(description="the node of the category tree below which is counted")
    sentence: str
    thin_below: int = Field(description="a cell with fewer labelled captures is thin")
    pool_size: int
    pool_read: int = Field(description="captures of the pool whose products were looked up")
    cells: list[CellAnswer]


class RoundCoverageAnswer(CoverageAnswer):
    """Cells of a round: what its batch covers that the labelled set did not."""

    cells: list[RoundCellAnswer]  # type: ignore[assignment]

"""Planograms as requests and answers."""

from datetime import date, datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field

from retail.planogram_diff import DifferenceKind
from retail.stores import StoreFormat
from service.catalogue.states import State
from service.stores.queries import ID_PATTERN
from service.texts import Text

MOST_POSITIONS = 2000
MOST_SHELVES = 100
Length = Annotated[float, Field(gt=0, le=100_000, allow_inf_nan=False)]
Offset = Annotated[float, Field(ge=-100_000, le=100_000, allow_inf_nan=False)]
ShelfNumber = Annotated[int, Field(ge=1, le=MOST_SHELVES, description="1 for the topmost")]
Slot = Annotated[int, Field(ge=1, le=1000, description="1 for the leftmost")]
Wide = Annotated[int, Field(ge=1, le=1000, description="facings side by side")]
High = Annotated[int, Field(ge=1, le=100, description="facings stacked")]
StoreFormatField = Annotated[StoreFormat | None, Field(description="of the stores it is for; null for all")]
FirstDay = Annotated[date | None, Field(description="first day, null where open")]
LastDay = Annotated[date | None, Field(description="last day, null where open")]


class PositionRequest(BaseModel):
    """One slot of a planogram."""

    model_config = ConfigDict(extra="forbid")
    shelf: ShelfNumber
    slot: Slot
    gtin: Text
    wide: Wide = 1
    high: High = 1
    x: Offset | None = Field(None, description="left edge of the slot, cm from the bay's; with `width` or not at all")
    width: Length | None = Field(None, description="of the slot, cm")


class ShelfMeasures(BaseModel):
    """Where a shelf is meant to be."""

    model_config = ConfigDict(extra="forbid", from_attributes=True)
    number: ShelfNumber
    base: Length = Field(description="of its surface below the bay's top, cm")
    clear: Length = Field(description="room above its surface, cm")


class PlanogramRequest(BaseModel):
    """The intended layout of a kind of bay, whole."""

    model_config = ConfigDict(extra="forbid")
    store_format: StoreFormatField = None
    valid_from: FirstDay = None
    valid_until: LastDay = None
    width: Length | None = Field(None, description="of the bay, cm")
    shelves: list[ShelfMeasures] = Field([], max_length=MOST_SHELVES, description="measures, where they are known")
    positions: list[PositionRequest] = Field(min_length=1, max_length=MOST_POSITIONS)


class FollowRequest(BaseModel):
    """The planogram that a bay follows from now on."""

    model_config = ConfigDict(extra="forbid")
    planogram_id: str = Field(pattern=ID_PATTERN)


class PositionAnswer(BaseModel):
    """One slot of a planogram, with the GTIN that its product has today."""

    shelf: int
    slot: int
    gtin: str
    name: str = Field(description="of the product")
    wide: int
    high: int
    x: float | None
    width: float | None
    state: State = Field(
        description="current; requeued or expired where the product was split or delisted since; replaced in a "
        "version that a later one left no day"
    )


class VersionAnswer(BaseModel):
    """For whom and when a version of a planogram counts, and who put it when."""

    model_config = ConfigDict(from_attributes=True)
    version: int
    store_format: StoreFormatField
    valid_from: FirstDay
    valid_until: LastDay
    put_at: datetime | None = Field(description="null for a version from before this was kept")
    by: str


class LayoutAnswer(VersionAnswer):
    """One version of a planogram."""

    planogram_id: str
    width: float | None
    shelves: list[ShelfMeasures]
    positions: list[PositionAnswer] = Field(description="by shelf and slot")


class PlanogramAnswer(LayoutAnswer):
    """One version of a planogram, the others there are, and who follows it."""

    versions: list[VersionAnswer] = Field(description="the newest first")
    bays: list[str] = Field(description="that follow the planogram, as far as the key reaches")


class BayPlanogramAnswer(LayoutAnswer):
    """The version of its planogram that counts for a bay on a day."""

    bay_id: str


class FollowAnswer(BaseModel):
    """A bay and the planogram that it follows."""

    bay_id: str
    planogram_id: str
    version: int = Field(description="the newest for the format of the bay's store")
    changed: bool
    catalogue_version: int


class PutAnswer(LayoutAnswer):
    """A planogram after it was put, or as it would be with `dry_run`."""

    changed: bool = Field(description="false if the newest version for this format and these days was this before")
    dry_run: bool
    diff: list[str] = Field(
        description="what is otherwise than in the newest version for this format before",
        examples=[["Move Oat drink 1 l from shelf 1, position 2 to shelf 3, position 1."]],
    )
    reset: list[str] = Field(description="bays that follow it and are meant to look otherwise now or once it is valid")
    catalogue_version: int


class ListedPlanogram(BaseModel):
    """A planogram of the list."""

    planogram_id: str
    version: int = Field(description="the newest")
    bays: list[str] = Field(description="that follow it, as far as the key reaches")


class PlanogramsAnswer(BaseModel):
    """A page of planograms in the order of their ids."""

    planograms: list[ListedPlanogram]
    next: str | None = Field(description="`after` of the next page, null on the last one")


class DifferenceAnswer(BaseModel):
    """One position that is otherwise; `before` is null for an added one, `after` for a removed one."""

    kind: DifferenceKind
    gtin: str
    name: str
    before: "PlaceAnswer | None"
    after: "PlaceAnswer | None"
    sentence: str


class PlaceAnswer(BaseModel):
    """Where a position is, and how large."""

    model_config = ConfigDict(from_attributes=True)
    shelf: int
    slot: int
    wide: int
    high: int
    x: float | None
    width: float | None


class DiffAnswer(BaseModel):
    """What is otherwise in a later version."""

    planogram_id: str
    before: VersionAnswer
    after: VersionAnswer
    sentences: list[str] = Field(description="removals first, then moves, additions, facings and measures")
    differences: list[DifferenceAnswer] = Field(description="of positions; measures of the bay are in sentences alone")

"""What an annotator sees of a task, drafts, and verdicts on positions, as requests and answers."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator
from pydantic_core import PydanticSerializationError, from_json, to_json

from labeling.leases import TaskKind, TaskState
from retail.boxes import DetectionKind
from retail.compliance import Verdict
from service.ids import RECORD_ID
from service.tasks.schemas import MOST_TASKS
from service.texts import Text

Box = tuple[float, float, float, float]
MOST_DRAFT_BYTES = 1_000_000
MOST_ALIKE = 30
MOST_VERDICTS = 2000
MOST_DRAFTS = 2**53 - 1  # that a browser's numbers can hold


class ProductShown(BaseModel):
    """A product as the page shows it."""

    gtin: str
    name: str
    family: str | None
    category: list[str]
    picture_url: str | None = Field(
        description="of a reference within the key's scope: its pack from the front, if any"
    )
    siblings: list[str] = Field(
        description="GTINs of the same family, else of the same category; they are in `products`"
    )


class ProductGuess(BaseModel):
    """A product that a facing may show."""

    gtin: str
    probability: float


class Prelabel(BaseModel):
    """A box that is drawn beforehand."""

    kind: DetectionKind
    box: Box = Field(description="x1, y1, x2, y2 in pixels of the upright photo")
    gtin: str | None = Field(description="of a facing: its product as far as it is known; `products` has its name")
    probability: float | None = Field(description="of that product; null for other kinds, and where a person named it")
    guesses: list[ProductGuess] = Field(description="products that the facing may show, the likeliest first")
    unknown: bool = Field(description="true if the recogniser says that the facing shows no known product")
    confidence: float | None = Field(description="that the box is right; null where a person drew it")
    ignore: bool
    occluded: bool
    truncated: bool
    former_gtin: str | None = Field(description="the product it showed before that was split or delisted")


class PlannedShelfShown(BaseModel):
    """A shelf of the planogram."""

    number: int = Field(description="1 for the topmost")
    base: float = Field(description="how far its board is below the bay's top, cm")
    clear: float = Field(description="room above it, cm")


class PositionShown(BaseModel):
    """A position of the planogram; what the model says of it is there in tasks of verdicts alone."""

    shelf: int = Field(description="1 for the topmost")
    slot: int = Field(description="1 for the leftmost")
    gtin: str
    wide: int = Field(description="facings side by side")
    high: int = Field(description="facings on each other")
    x: float | None = Field(description="of the slot's left edge, cm")
    width: float | None = Field(description="of the slot, cm")
    in_view: bool | None = Field(description="whether the photo, or the task's tile of it, shows it; null: not known")
    box: Box | None = Field(description="around its facings in the photo; null if there are none")
    verdict: Verdict | None
    probability: float | None = Field(description="of that verdict")


class PlanogramShown(BaseModel):
    """The planogram that the bay followed when the photo was taken."""

    id: str
    version: int
    width: float | None = Field(description="of the bay, cm")
    shelves: list[PlannedShelfShown]
    positions: list[PositionShown] = Field(description="by shelf and slot")


class ExampleShown(BaseModel):
    """What a rule means in one case."""

    text: str
    picture_url: str | None = Field(description="of a piece of a photo within the key's scope")


class RuleShown(BaseModel):
    """A rule of the guideline."""

    id: str
    boundary: str = Field(description="the decision that it helps with, such as presence, product or occluded")
    kinds: list[DetectionKind] = Field(description="that it is about")
    text: str
    examples: list[ExampleShown]
    counter_examples: list[ExampleShown]


class GuidelineShown(BaseModel):
    """The rules that apply to a task."""

    version: int
    text: str
    rules: list[RuleShown]
    when_to_skip: list[str]
    when_to_escalate: list[str]


class DraftAnswer(BaseModel):
    """A draft of the caller's own. It is kept beyond the lease, until somebody labels the task."""

    number: int
    saved_at: datetime
    content: dict[str, Any]
    lease_ended: bool = Field(
        description="true: lease the task again to go on; until somebody else labels it, it waits"
    )
    message: str | None = Field(description="the same for people; null while the lease lasts")


class TaskView(BaseModel):
    """Everything that the page shows of a task."""

    id: str
    kind: TaskKind
    state: TaskState
    capture_id: str
    store_id: str
    bay_id: str
    taken_at: datetime
    leased_until: datetime | None = Field(description="null unless the caller holds the task")
    photo_url: str
    width: int = Field(description="of the upright photo in pixels")
    height: int
    tile: Box | None = Field(description="the part to label, x1, y1, x2, y2; null for the whole photo")
    reason: str
    note: str | None = Field(description="what the annotator wrote who escalated it; null if nobody did")
    expected_seconds: float
    predicted_boxes: int
    prelabels: list[Prelabel] = Field(description="empty in tasks of verdicts")
    prelabels_by: str = Field(description="model, or person where the task was labelled before and queued again")
    prelabel_model_version: int
    planogram: PlanogramShown | None
    no_planogram: str | None = Field(description="why there is none, for people; null if there is one")
    products: dict[str, ProductShown] = Field(description="by GTIN: all that are named anywhere in this answer")
    guideline: GuidelineShown
    draft: DraftAnswer | None = Field(description="of the caller, as PUT last")


class LikeProduct(BaseModel):
    """A product that looks like a box."""

    gtin: str
    name: str
    family: str | None
    category: list[str]
    picture_url: str | None
    likeness: float = Field(description="1: the same picture; comparable within one answer only")


class LikenessAnswer(BaseModel):
    """The products most like a box of the photo, the most alike first."""

    products: list[LikeProduct]
    message: str | None = Field(description="why there are none, for people; null if there are any")


def _storable(content: dict[str, Any]) -> dict[str, Any]:
    """Return a draft's content as the records can hold it: half characters are refused, NaN becomes null."""
    try:
        written = to_json(content, inf_nan_mode="null")
    except (PydanticSerializationError, ValueError) as error:
        raise ValueError("content cannot be written as JSON") from error
    if len(written) > MOST_DRAFT_BYTES:
        raise ValueError(f"content has {len(written)} bytes, expected at most {MOST_DRAFT_BYTES}")
    kept: dict[str, Any] = from_json(written)
    return kept


class DraftRequest(BaseModel):
    """What is drawn so far."""

    model_config = ConfigDict(extra="forbid")
    lease_token: Text
    number: int = Field(ge=1, le=MOST_DRAFTS, description="of the draft: higher than all before, by counting on")
    content: Annotated[dict[str, Any], AfterValidator(_storable)] = Field(
        description=f"whatever the page needs to go on; at most {MOST_DRAFT_BYTES} bytes of JSON"
    )


class VerdictIn(BaseModel):
    """What a person says of one position."""

    model_config = ConfigDict(extra="forbid")
    shelf: int = Field(ge=1, le=10_000)
    slot: int = Field(ge=1, le=10_000)
    verdict: Verdict = Field(description="undecided: the photo does not let anybody tell; unexpected is of no position")


class VerdictsRequest(BaseModel):
    """Verdicts on all positions that the photo shows; on others they are welcome."""

    model_config = ConfigDict(extra="forbid")
    lease_token: Text
    verdicts: list[VerdictIn] = Field(max_length=MOST_VERDICTS)
    seconds: float | None = Field(None, ge=0, allow_inf_nan=False, description="time spent, for the cost model")


class GivenVerdict(BaseModel):
    """What a person, and what the model, said of one position."""

    shelf: int
    slot: int
    gtin: str = Field(description="that the planogram asked for")
    verdict: Verdict
    model_verdict: Verdict


class VerdictsAnswer(BaseModel):
    """Verdicts of a person on the positions of a planogram."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    task_id: str
    capture_id: str
    annotator: str
    created_at: datetime
    seconds: float | None
    planogram_id: str
    planogram_version: int
    guideline_version: int
    verdicts: list[GivenVerdict]


class VerdictTasksRequest(BaseModel):
    """For which captures to ask people for verdicts: named ones, or a bay's latest that were judged."""

    model_config = ConfigDict(extra="forbid")
    capture_ids: list[Annotated[str, Field(pattern=RECORD_ID)]] = Field([], max_length=1000)
    bay_id: Text | None = Field(None, max_length=64)
    most: int = Field(
        20, ge=1, le=MOST_TASKS, description="of a bay's captures: those that most likely are judged wrong"
    )
    priority: int = Field(0, ge=-100, le=100, description="higher ones are handed out first")

    @model_validator(mode="after")
    def _one_of_both(self) -> "VerdictTasksRequest":
        if bool(self.capture_ids) is (self.bay_id is not None):
            raise ValueError("give either capture_ids or a bay_id")
        return self


class LeftOut(BaseModel):
    """A capture that no task was made of."""

    capture_id: str
    why: str


class VerdictTasksAnswer(BaseModel):
    """The tasks that were made, the most doubtful first."""

    task_ids: list[str]
    left_out: list[LeftOut]

"""Tasks as requests and answers."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field

from labeling.leases import EscalationReason, SkipReason, TaskKind, TaskState
from retail.boxes import DetectionKind
from service.texts import Text

MOST_TASKS = 100
MOST_PRIORITY = 100
Note = Annotated[Text, Field(max_length=500)]
Corners = tuple[float, float, float, float]


class LeaseRequest(BaseModel):
    """How much work to take, and of what; several limits count together, none means one task."""

    model_config = ConfigDict(extra="forbid")
    boxes: int | None = Field(None, ge=1, description="pre-labelled boxes, about")
    minutes: float | None = Field(None, gt=0, le=24 * 60, description="modelled annotator minutes, about")
    count: int | None = Field(None, ge=1, le=MOST_TASKS, description="tasks, at most")
    store_ids: list[Text] | None = Field(None, min_length=1, max_length=1000, description="tasks of these stores only")
    category: Text | None = Field(
        None, description='tasks that seem to show products at or below it only, levels joined by "/": "food/sweets"'
    )
    kind: TaskKind | None = Field(None, description="boxes or verdicts only")


class TaskAnswer(BaseModel):
    """A task without its photo."""

    model_config = ConfigDict(from_attributes=True)
    id: str
    kind: TaskKind
    round_id: str | None = Field(description="null for annotators, as `rank` and `arm` are, and where no round asked")
    capture_id: str
    tile: Corners | None = Field(description="the part of the photo to label, x1, y1, x2, y2; null for all of it")
    created_at: datetime
    state: TaskState
    priority: int = Field(description="higher ones first")
    expert: bool = Field(description="true: it waits for an expert")
    rank: int | None
    arm: str | None
    reason: str = Field(description="why the capture was picked, or is to be labelled again")
    predicted_boxes: int
    leased_until: datetime | None
    skip_reason: str | None
    note: str | None = Field(description="of who skipped or escalated it last")


class TaskSummary(TaskAnswer):
    """A task in a list, with where its photo was taken."""

    store_id: str
    bay_id: str
    taken_at: datetime
    photo_url: str


class LeasedTask(TaskSummary):
    """A task to label now."""

    width: int = Field(description="of the upright photo in pixels")
    height: int
    prelabels: list[dict[str, Any]] = Field(
        description="what was drawn last, else what the model found that served when the photo came"
    )
    prelabel_model_version: int


class GuidelineAnswer(BaseModel):
    """The rules to label by."""

    version: int
    text: str
    rules: dict[DetectionKind, list[str]]
    when_to_skip: list[str]
    when_to_escalate: list[str]


class LeaseAnswer(BaseModel):
    """A lease: its token is shown with everything that is done to its tasks. Without tasks the queue is empty."""

    lease_token: str
    leased_until: datetime
    tasks: list[LeasedTask]
    guideline: GuidelineAnswer


class BoxIn(BaseModel):
    """One box as it was drawn."""

    model_config = ConfigDict(extra="forbid")
    kind: Text = Field(description="facing, shelf, tag or gap")
    box: Corners = Field(description="x1, y1, x2, y2 in pixels of the upright photo")
    gtin: Text | None = Field(None, description="the product of a facing, where it is certain")
    ignore: bool = Field(False, description="too unclear to be right or wrong, or cut by the tile's border")
    occluded: bool = Field(False, description="something stands before it")
    truncated: bool = Field(False, description="the photo's edge cuts it")

    @property
    def x1(self) -> float:
        """Left edge."""
        return self.box[0]

    @property
    def y1(self) -> float:
        """Top edge."""
        return self.box[1]

    @property
    def x2(self) -> float:
        """Right edge."""
        return self.box[2]

    @property
    def y2(self) -> float:
        """Bottom edge."""
        return self.box[3]


class AnnotateRequest(BaseModel):
    """The boxes of a task: all that there are, pre-labelled ones that were right included."""

    model_config = ConfigDict(extra="forbid")
    lease_token: Text
    boxes: list[BoxIn]
    seconds: float | None = Field(None, ge=0, allow_inf_nan=False, description="time spent, for the cost model")


class AnnotationAnswer(BaseModel):
    """An annotation: its boxes clipped to the photo, each facing with the GTIN that its product has today.

    That is null where the product was split or delisted since then, and `former_gtin` says which one it was; so it is
    in the pre-labels of a task that was queued again.
    """

    model_config = ConfigDict(from_attributes=True)
    id: str
    task_id: str
    capture_id: str
    annotator: str
    created_at: datetime
    seconds: float | None
    boxes: list[dict[str, Any]]
    catalogue_version: int
    guideline_version: int
    prelabel_model_version: int


class SkipRequest(BaseModel):
    """Why a task is passed over."""

    model_config = ConfigDict(extra="forbid")
    lease_token: Text
    reason: SkipReason
    note: Note | None = Field(None, description="for whoever looks at it later")


class EscalateRequest(BaseModel):
    """Why a task is left to an expert."""

    model_config = ConfigDict(extra="forbid")
    lease_token: Text
    reason: EscalationReason
    note: Note | None = Field(None, description="what the expert should look at")


class ReleaseRequest(BaseModel):
    """A task to give back for others."""

    model_config = ConfigDict(extra="forbid")
    lease_token: Text


class ExtendRequest(BaseModel):
    """A lease that is to last longer."""

    model_config = ConfigDict(extra="forbid")
    lease_token: Text
    minutes: float | None = Field(None, gt=0, le=24 * 60, description="from now; as long as a new lease if left out")


class ExtendAnswer(BaseModel):
    """When the lease ends now; never sooner than before."""

    lease_token: str
    leased_until: datetime


class ChangeRequest(BaseModel):
    """How urgent a task is."""

    model_config = ConfigDict(extra="forbid")
    priority: int = Field(ge=-MOST_PRIORITY, le=MOST_PRIORITY, description="higher ones first; 0 at first")

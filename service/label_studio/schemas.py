"""Projects in Label Studio as requests and answers."""

from datetime import datetime
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from service.texts import Text

MOST_TASKS = 5000


class NewProject(BaseModel):
    """Tasks of a round to label in Label Studio."""

    model_config = ConfigDict(extra="forbid")
    round_id: str = Field(pattern="^[0-9a-f]{32}$")
    store_ids: list[Text] | None = Field(
        None,
        min_length=1,
        max_length=1000,
        description="of these stores only: who is let into a project sees all",
    )
    count: int = Field(MOST_TASKS, ge=1, le=MOST_TASKS, description="tasks, at most; the first of the queue")


class RefusedAnnotation(BaseModel):
    """An annotation from Label Studio that could not be taken."""

    model_config = ConfigDict(from_attributes=True)
    number: int = Field(description="of the task in Label Studio")
    received_at: datetime
    detail: str = Field(description="why")


class ProjectAnswer(BaseModel):
    """A project: what was handed over, and what came back."""

    id: str
    round_id: str
    created_at: datetime
    by: str
    url: str | None = Field(description="of the project in Label Studio; null until a worker made it")
    tasks: dict[str, int] = Field(description="how many, by state: leased ones are being labelled there")
    sent: bool = Field(description="whether all tasks are there")
    events: dict[str, int] = Field(description="changes that were told or found: waiting, taken, known, refused")
    refused: list[RefusedAnnotation] = Field(description="the newest first, 20 at most")
    swept_at: datetime | None = Field(description="when Label Studio was last asked what changed")
    closed_at: datetime | None
    error: str | None = Field(description="why Label Studio could not be reached last")


class ChangedAnnotation(BaseModel):
    """An annotation as Label Studio tells of it."""

    id: int = Field(ge=0, lt=2**31)
    task: int = Field(ge=0, lt=2**31)
    updated_at: AwareDatetime
    was_cancelled: bool
    result: list[dict[str, Any]]
    completed_by: int | None
    updated_by: int | None = None
    ground_truth: bool = False
    lead_time: float | None = None


class Event(BaseModel):
    """What Label Studio's webhook sends: an action, and the annotation that it is about."""

    action: Text
    annotation: ChangedAnnotation | None = None


class EventAnswer(BaseModel):
    """That an event is kept."""

    new: bool = Field(description="false: it was told or found before, or is about no annotation")

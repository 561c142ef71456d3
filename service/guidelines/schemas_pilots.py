"""Pilots as requests and answers."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from labeling.pilots import Verdict
from service.texts import Text

MOST_TASKS = 200


class PilotRequest(BaseModel):
    """A small batch for several people: tasks by id, or the first that wait of a category, stores or a round."""

    model_config = ConfigDict(extra="forbid")
    name: Text = Field(min_length=1, max_length=200, description="what is tried: a product family, a changed rule")
    guideline_version: int | None = Field(
        None, ge=1, le=2**31 - 1, description="that it is labelled by; null: the one in force"
    )
    task_ids: list[Text] | None = Field(None, min_length=2, max_length=MOST_TASKS)
    category: Text | None = Field(None, description='of the products that seem to be there, as "drinks/juice"')
    store_ids: list[Text] | None = None
    round_id: Text | None = None
    tasks: int = Field(20, ge=2, le=MOST_TASKS, description="at most, where they are not given by id")
    annotators: int = Field(3, ge=2, le=10, description="how many people label each")
    least_agreement: float = Field(0.667, ge=0, le=1, description="Krippendorff's α at every boundary")
    most_confusion: float = Field(0.2, gt=0, lt=1, description="of two answers, share of pairs of people who differ")


class BoundaryAgreement(BaseModel):
    """How people agree at one boundary."""

    model_config = ConfigDict(from_attributes=True)
    boundary: str
    alpha: float | None = Field(description="Krippendorff's; null if nobody could disagree")
    low: float | None = Field(description="of its 95 % interval over photos")
    high: float | None
    observed: float | None = Field(description="share of pairs of answers that are the same")
    units: int = Field(description="decisions that two people or more took")


class ConfusedPair(BaseModel):
    """Two answers that people take for each other."""

    boundary: str
    one: str = Field(description="an answer: a GTIN at boundary product")
    other: str
    one_name: str = Field(description="for people: the product's name")
    other_name: str
    apart: int = Field(description="pairs of people who differed")
    together: int = Field(description="pairs of people who agreed on one of the two")
    confusion: float


class JudgementAnswer(BaseModel):
    """Go or no-go, and why."""

    verdict: Verdict
    reasons: list[str] = Field(description="in words, the worst first; empty for a go")
    worst_pair: ConfusedPair | None = Field(description="the two products that are most often taken for each other")
    agreement: list[BoundaryAgreement]
    confused: list[ConfusedPair]


class PilotAnswer(BaseModel):
    """A pilot."""

    id: str
    name: str
    created_at: datetime
    by: str
    guideline_version: int
    annotators: int
    task_ids: list[str]
    wanted: int = Field(description="answers that are asked for")
    given: int = Field(description="answers that came, skipped ones included")
    decided_at: datetime | None
    verdict: Verdict | None = Field(description="null while it is open")
    result: JudgementAnswer | None = Field(description="as it was decided; while it is open, as it would be now")


class DecideRequest(BaseModel):
    """End a pilot."""

    model_config = ConfigDict(extra="forbid")
    early: bool = Field(False, description="although answers are missing")

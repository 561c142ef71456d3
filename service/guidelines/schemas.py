"""Guidelines as requests and answers."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from labeling.guidelines import MOST_RULES
from retail.boxes import DetectionKind
from service.texts import Text


class ExampleModel(BaseModel):
    """What a rule means in one case; with a place in a photo, or in words alone."""

    model_config = ConfigDict(from_attributes=True)
    text: str
    capture_id: str | None = None
    box: tuple[float, float, float, float] | None = Field(None, description="x1, y1, x2, y2 in pixels of the photo")


class RuleAnswer(BaseModel):
    """One rule."""

    model_config = ConfigDict(from_attributes=True)
    id: str = Field(description="the same from version to version")
    boundary: str = Field(description="what it helps to decide")
    kinds: list[DetectionKind] = Field(description="of the boxes that it is about")
    text: str
    flags: list[str] = Field(description="the boxes it is about have one of these; empty: with and without")
    categories: list[str] = Field(description='of the products it is about, as "drinks/juice"; empty: all')
    examples: list[ExampleModel]
    counter_examples: list[ExampleModel]


class VersionSummary(BaseModel):
    """A version of the guideline in a list."""

    model_config = ConfigDict(from_attributes=True)
    version: int
    created_at: datetime
    by: str
    note: str
    in_force_since: datetime | None = Field(description="null for a draft")


class VersionAnswer(VersionSummary):
    """A version of the guideline."""

    text: str
    rules: list[RuleAnswer]
    when_to_skip: list[str]
    when_to_escalate: list[str]


class VersionsAnswer(BaseModel):
    """All versions, the newest first."""

    in_force: int
    may_change: bool = Field(description="whether this key may change the guideline")
    versions: list[VersionSummary]


class PutGuidelineRequest(BaseModel):
    """A new version. Rules keep their ids, so that it can be told which of them changed."""

    model_config = ConfigDict(extra="forbid")
    text: Text
    rules: list[dict[Text, JsonValue]] = Field(max_length=MOST_RULES)
    when_to_skip: list[Text] = []
    when_to_escalate: list[Text] = []
    note: Text = Field("", max_length=500, description="what changed, and why")
    draft: bool = Field(False, description="true: nobody labels by it but pilots, until it is put in force")
    wording_only: list[Text] = Field([], description="ids of rules that say the same otherwise: they alter nothing")


class RuleChangeAnswer(BaseModel):
    """A rule that was added, removed or changed."""

    rule: str
    change: str = Field(description="added | removed | changed | examples")
    before: str | None = Field(description="its text")
    after: str | None
    alters: int = Field(description="labelled tasks in which a box may have to be labelled otherwise")


class AlteredAnswer(BaseModel):
    """What a version changes: its rules, and the labelled tasks that they alter."""

    version: int
    dry_run: bool
    changed: bool = Field(description="false: this very guideline was there before")
    in_force: bool
    changes: list[RuleChangeAnswer]
    altered: int = Field(description="labelled tasks in all, queued again where this was no dry run")
    task_ids: list[str] = Field(description="of these tasks, at most 1000")


MOST_SHOWN = 1000

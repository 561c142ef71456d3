"""Snapshots as answers."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class SnapshotAnswer(BaseModel):
    """A frozen training set."""

    model_config = ConfigDict(from_attributes=True)
    hash: str
    frozen_at: datetime
    class_mode: str = Field(description="kinds | products")
    split_rule: str = Field(description="which captures validate, and why")
    versions: dict[str, str] = Field(description="of catalogue, guideline, planograms, detector, embedder, program")
    counts: dict[str, int] = Field(description="captures: train, validation, set_aside, synthetic; and boxes")
    retrainings: list[str] = Field(description="that trained on it, oldest first")


class BoxCounts(BaseModel):
    """Boxes of a class or of a stratum, by the part that their captures are in."""

    train: int = 0
    validation: int = 0
    set_aside: int = 0
    synthetic: int = 0


class SnapshotDetails(SnapshotAnswer):
    """A frozen training set, counted."""

    classes: dict[str, BoxCounts] = Field(description="boxes by class of the model")
    strata: dict[str, BoxCounts] = Field(description="boxes by condition of the capture")


class TallyAnswer(BaseModel):
    """How many boxes changed."""

    model_config = ConfigDict(from_attributes=True)
    added: int
    removed: int
    relabelled: int = Field(description="counted at the class that they had")
    redrawn: int = Field(description="of the same class with other edges")


class MovedAnswer(BaseModel):
    """A capture in another part than before."""

    model_config = ConfigDict(from_attributes=True)
    capture_id: str
    before: str
    after: str


class RelabelledAnswer(BaseModel):
    """Boxes of another class than before."""

    model_config = ConfigDict(from_attributes=True)
    before: str
    after: str
    boxes: int


class DiffAnswer(BaseModel):
    """What changed from one snapshot to another."""

    model_config = ConfigDict(from_attributes=True)
    before: str
    after: str
    captures_added: list[str]
    captures_removed: list[str]
    repainted: list[str] = Field(description="captures whose picture changed: other boxes to ignore")
    synthetic_added: int
    synthetic_removed: int
    moved: list[MovedAnswer] = Field(description="captures that are in both, in another part")
    boxes: TallyAnswer
    by_class: dict[str, TallyAnswer]
    by_stratum: dict[str, TallyAnswer]
    relabelled: list[RelabelledAnswer] = Field(description="the most frequent first")
    versions: dict[str, tuple[str | None, str | None]] = Field(description="that changed: before and after")
    classes_added: list[str]
    classes_removed: list[str]
    split_rules: tuple[str, str]
    text: list[str] = Field(description="the same in lines for people")

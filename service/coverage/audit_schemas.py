"""The coverage audit as an answer."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field

from retail.conditions import Lighting, ViewingAngle
from retail.stores import StoreFormat


class AuditedStratum(BaseModel):
    """One condition in what cameras send, and in what the serving model was trained on."""

    lighting: Lighting
    angle: ViewingAngle
    format: StoreFormat
    standing: str = Field(
        description="never trained, thin, less than its share, outdated, stray (hardly ever sent) or covered"
    )
    live: int = Field(description="captures lately, near-duplicates left out")
    live_share: float
    trained: int = Field(description="captures of the training set")
    trained_share: float
    boxes: int = Field(description="on those that train")
    outdated: int = Field(description="of the trained ones, those of bays whose layout has changed since")
    median_age_days: float | None = Field(description="of the trained ones' photos; null without any")
    newest: datetime | None = Field(description="when the newest of them was taken")
    labelled: int = Field(description="labelled, and not in the training set")
    queued: int
    pool: int


class CollectNext(BaseModel):
    """What to do about one stratum."""

    lighting: Lighting
    angle: ViewingAngle
    format: StoreFormat
    standing: str
    action: str = Field(description="retrain, label, round (photos are in the pool) or collect")
    captures: int = Field(description="to label or to collect; 0 to retrain")
    words: str


class Freshness(BaseModel):
    """How old the labels of the training set are."""

    sentence: str
    median_age_days: float | None = Field(description="of the photos; null without a training set")
    oldest: datetime | None
    newest: datetime | None
    outdated: int = Field(description="captures of bays whose layout has changed since")
    catalogue_changes: int | None = Field(description="since the set was frozen; null where its version is not known")


class PrunableCapture(BaseModel):
    """A capture that a newer one makes superfluous."""

    model_config = ConfigDict(from_attributes=True)
    capture_id: str
    of: str
    similarity: float


class Redundancy(BaseModel):
    """What can be left out of training."""

    sentence: str
    captures: int
    boxes: int
    share: float = Field(description="of the training captures, which is also what an epoch would be shorter by")
    not_compared: int = Field(description="captures without an image vector of the serving model")
    examples: list[PrunableCapture] = Field(description="the most alike first")


class PointCostAnswer(BaseModel):
    """What a point of the overall score (AP, in hundredths) cost lately."""

    model_config = ConfigDict(from_attributes=True)
    words: str
    seconds: float | None
    low: float | None
    high: float | None = Field(description="null beside `seconds`: chance may explain the gain")
    retrainings: int


class AuditAnswer(BaseModel):
    """What the training set of the serving model lacks against what cameras send."""

    sentence: str
    model_version: int
    snapshot_hash: str | None = Field(description="null: the starter, or a model from before snapshots were kept")
    days: int = Field(description="how long 'lately' is")
    live: int
    trained: int
    next: list[CollectNext] = Field(description="which photos to get next, the most urgent first")
    strata: list[AuditedStratum]
    freshness: Freshness
    redundancy: Redundancy
    point_cost: PointCostAnswer

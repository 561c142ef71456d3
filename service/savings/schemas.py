"""Savings as answers."""

from datetime import datetime
from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from sampling.evidence.savings import Verdict


class DifferenceAnswer(BaseModel):
    """Picked minus random, with the bounds of the 95 % interval."""

    mean: float
    low: float
    high: float


class CapturesAnswer(BaseModel):
    """What was compared."""

    judging: int = Field(description="captures of the random arm that teach nobody and judge both")
    picked: int
    random: int


class CurvePointAnswer(BaseModel):
    """Share of facings named right after so many boxes."""

    boxes: float
    picked: float
    random: float


class SavedAnswer(BaseModel):
    """What each arm needs for one score: the lower of the two that they reach in the end."""

    score: float
    picked_boxes: float
    random_boxes: float
    picked_seconds: float
    random_seconds: float
    share: float = Field(description="of the random arm's boxes; below 0 where picking needs more")
    low: float | None = Field(description="of the 95 % interval; null where too many resamples reach no common score")
    high: float | None


class Figures(BaseModel):
    """One comparison of picked with random labels, at equal boxes."""

    sentence: str = Field(description="the result in words")
    verdict: Verdict
    captures: CapturesAnswer
    more_random: int | None = Field(description="about how many more random captures would tell; null where unknown")
    boxes: float | None = Field(description="of each arm; null, like what follows, with too few labels")
    score_picked: float | None = Field(description="share of facings named right, averaged over judging captures")
    score_random: float | None
    difference: DifferenceAnswer | None
    curve: list[CurvePointAnswer]
    saved: SavedAnswer | None


class SavingAnswer(BaseModel):
    """What the picks of a round were worth, measured against random ones."""

    round_id: str
    state: Literal["waiting", "measured", "failed"]
    sentence: str = Field(description="what there is to say now, in words")
    at: datetime | None = Field(description="when it was measured")
    of_round: Figures | None = Field(description="this round's picks, on top of what was picked before")
    so_far: Figures | None = Field(description="all picks until this round")
    losses: dict[str, float] = Field(description="of each recipe against the others in this round, 0..1; 0.5 is chance")


class RecipeAnswer(BaseModel):
    """A way to choose, and how far it is trusted."""

    model_config = ConfigDict(from_attributes=True)
    name: str
    about: str = Field(description="what it looks for")
    prior: float
    weight: float = Field(description="after all rounds that were measured")
    share: float = Field(description="of the value arm of an adaptive round that begins now")


class SavingsAnswer(BaseModel):
    """Savings over time, and what they taught about the recipes."""

    recipes: list[RecipeAnswer]
    rounds: list[SavingAnswer] = Field(description="those that were measured, the newest first")

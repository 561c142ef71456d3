"""Drift as answers."""

from datetime import datetime

from pydantic import BaseModel, ConfigDict, Field


class SignalAnswer(BaseModel):
    """One signal of a camera."""

    signal: str = Field(
        description="luminance, clipped, temperature (K), gradient, confidence, unknown, gaps or look (image vectors)"
    )
    moved: bool = Field(description="whether it moved by more than chance")
    p: float = Field(description="how often chance alone makes any signal stand out as much, adjusted for all signals")
    distance: float = Field(description="Kolmogorov-Smirnov distance, 0..1; of look the maximum mean discrepancy")
    before: float | None = Field(description="mean of the same bays in the reference; null for look")
    now: float | None
    words: str


class PairAnswer(BaseModel):
    """Two captures of one bay: the most typical of before, and of now."""

    bay_id: str
    before: str
    now: str


class ScopeAnswer(BaseModel):
    """What the last look at a camera, or at all captures of a store, said."""

    model_config = ConfigDict(from_attributes=True)
    store_id: str
    camera_id: str | None = Field(description="null: all captures of the store")
    looked_at: datetime
    captures: int = Field(description="how many there were then")
    model_version: int
    reference: str = Field(
        description="snapshot: what the camera saw until the serving model's training set was frozen; "
        "first: its first captures, where there is no such set"
    )
    reference_until: datetime | None
    drifted: bool
    p: float = Field(description="probability that chance alone makes the largest difference as large")
    undecided: str = Field(description="why there is no decision; empty if there is one")
    since: datetime | None = Field(description="when the first capture was taken that differs")
    lasting_captures: int = Field(0, description="captures since drift was first seen")
    retraining_advised: bool = False
    signals: list[SignalAnswer] = Field(description="the most striking first")
    pairs: list[PairAnswer]
    strata: list[str] = Field(description="in which the captures lie that differ")


class DriftAnswer(BaseModel):
    """What moved, and what follows from it."""

    looked_at: datetime | None = Field(description="when a camera was last looked at")
    scopes: list[ScopeAnswer]
    quotas: dict[str, float] = Field(description="strata with a larger quota in the next round, and its factor")
    retraining_advised: bool = Field(description="drift has lasted; one starts only where `triggers.drift` is on")
    reason: str

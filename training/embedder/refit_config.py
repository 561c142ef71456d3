"""The knobs of fitting an embedder further; importing them loads no torch."""

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field


class RefitConfig(BaseModel):
    """How an embedder is fitted further; `configs/embedder/default.yaml` explains each knob.

    Attributes:
        steps: optimiser steps.
        learning_rate: AdamW's at its peak.
        views: of each crop, with itself: relit, shifted, blurred.
        most: facings of one product that are learned from, the newest ones.
        most_in_all: facings and pictures that are learned from, and as many unseen facings that are named.
        replay_photos: drawn shelf photos that are replayed; 0 for none.
        replay_share: of the batches.
        withheld_every: of products, which a trial does not learn from, to see what becomes of those it never met.
        seed: of views, batches and what is withheld.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    steps: int = Field(default=300, ge=1, le=100_000)
    learning_rate: float = Field(default=3e-3, gt=0, lt=1)
    views: int = Field(default=3, ge=1, le=16)
    most: int = Field(default=40, ge=2, le=1000)
    most_in_all: int = Field(default=6000, ge=10, le=200_000)
    replay_photos: int = Field(default=24, ge=0, le=1000)
    replay_share: float = Field(default=0.3, ge=0, lt=1)
    withheld_every: int = Field(default=5, ge=2, le=100)
    seed: int = Field(default=0, ge=0, lt=2**31)


def load_refit_config(path: Path) -> RefitConfig:
    """Read a file of knobs.

    Raises:
        pydantic.ValidationError: naming the knob that is unknown or out of range.
    """
    return RefitConfig.model_validate(yaml.safe_load(path.read_text()) or {})

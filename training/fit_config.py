"""The knobs of a fit, and presets of them in YAML."""

from pathlib import Path
from typing import Literal

import yaml
from pydantic import BaseModel, ConfigDict, Field

from retail.conditions import Lighting


class FitConfig(BaseModel):
    """How a detector is fitted.

    Attributes:
        epochs: passes over the training photos.
        image_size: long side of a letterboxed photo in pixels, a multiple of 32.
        batch: photos per optimiser step.
        learning_rate: AdamW's, after warm-up; it falls linearly to a twentieth.
        freeze_backbone: keep the layers that the model YAML calls its backbone as they are.
        mosaic: share of photos joined from four, in 0..1; off in the last quarter of the epochs.
        lighting: how much each light is practised; empty for none.
        lighting_share: share of photos that are relit, in 0..1.
        patience: 0 takes the last epoch. Above 0, every epoch is validated, the best one is taken, and the fit stops
            after so many epochs without a better one. Slower, and the validation photos are then no longer unseen.
        seed: of weights, order and augmentation.
        workers: processes that load photos; 0 loads in the fit's own process.
        device: where to fit.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    epochs: int = Field(default=60, ge=1, le=1000)
    image_size: int = Field(default=640, ge=64, le=1536, multiple_of=32)
    batch: int = Field(default=8, ge=1, le=256)
    learning_rate: float = Field(default=1e-3, gt=0, lt=1)
    freeze_backbone: bool = False
    mosaic: float = Field(default=0.5, ge=0, le=1)
    lighting: dict[Lighting, float] = Field(default_factory=dict)
    lighting_share: float = Field(default=0.6, ge=0, le=1)
    patience: int = Field(default=0, ge=0)
    seed: int = Field(default=0, ge=0, lt=2**31)
    workers: int = Field(default=0, ge=0)
    device: Literal["cpu", "cuda"] = "cpu"


def load_fit_config(path: Path) -> FitConfig:
    """Read a preset.

    Raises:
        pydantic.ValidationError: naming the knob that is unknown or out of range.
    """
    return FitConfig.model_validate(yaml.safe_load(path.read_text()) or {})

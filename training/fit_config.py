"""The knobs of a fit, and presets of them in YAML."""

from pathlib import Path

import yaml
from pydantic import BaseModel, ConfigDict, Field

from retail.conditions import Lighting


class FitConfig(BaseModel):
    """How a detector is fitted; `configs/training/default.yaml` explains each knob with a value.

    Attributes:
        epochs: most passes over the photos of an epoch.
        image_size: long side of a letterboxed photo in pixels, a multiple of 32.
        batch: photos per optimiser step, over all devices.
        learning_rate: AdamW's, after warm-up; it falls linearly to a twentieth.
        freeze_backbone: keep the layers that the model YAML calls its backbone as they are.
        mosaic: share of photos joined from four, in 0..1; off in the last quarter of the epochs.
        lighting: how much each light is practised; empty for none.
        lighting_share: share of photos that are relit, in 0..1.
        gap_driven: weigh the lights by the gap between live captures and training set, where enough is known of both.
        camera_share: share of photos that are blurred or compressed, in 0..1.
        replay: share of an epoch drawn from what the champion was trained on, in 0..1; 1 shows every photo once.
        balance: a class on a smaller share of the photos than this is shown more often; 0 for as they come.
        synthetic_share: semi-synthetic photos of products that have pack-shots and too few labels on shelves, at most
            as a share of the real training photos, in 0..1; 0 for none.
        patience: 0 takes the last epoch. Above 0, `stop_share` of the training photos is held back, every epoch is
            tried on it, the best one is taken, and the fit stops after so many epochs without a better one.
        stop_share: share of the training photos that is held back, in 0..0.5.
        seed: of weights, order and augmentation.
        workers: processes that load photos, for each device; 0 loads in the fit's own process, as on a CPU.
        device: ``cpu``, ``cuda`` (the first GPU), or GPUs by number: ``0``, ``0,1``.
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
    gap_driven: bool = True
    camera_share: float = Field(default=0, ge=0, le=1)
    replay: float = Field(default=1, ge=0, le=1)
    balance: float = Field(default=0, ge=0, le=1)
    synthetic_share: float = Field(default=0.25, ge=0, le=1)
    patience: int = Field(default=0, ge=0)
    stop_share: float = Field(default=0.1, gt=0, le=0.5)
    seed: int = Field(default=0, ge=0, lt=2**31)
    workers: int = Field(default=0, ge=0)
    device: str = Field(default="cpu", pattern=r"^(cpu|cuda|\d+(,\d+)*)$")

    @property
    def devices(self) -> tuple[str, ...]:
        """The processors to fit on, one process each: ``cpu``, or GPUs by number."""
        return ("0",) if self.device == "cuda" else tuple(self.device.split(","))


def load_fit_config(path: Path) -> FitConfig:
    """Read a preset.

    Raises:
        pydantic.ValidationError: naming the knob that is unknown or out of range.
    """
    return FitConfig.model_validate(yaml.safe_load(path.read_text()) or {})

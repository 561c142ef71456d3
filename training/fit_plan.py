"""What a fit decides before its first epoch: light, replay, rare classes, early stop; and why, in words."""

from collections import Counter
from collections.abc import Collection, Mapping
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from retail.conditions import Lighting
from training.fit_config import FitConfig
from training.gap import preset_weights
from training.imbalance import repeat_factors
from training.replay import replay_rates
from training.snapshots import Snapshot
from training.stopping import hold_back


class FitPlan(BaseModel):
    """The decisions of one fit. Kept beside its states: a fit that goes on must not decide anew.

    Attributes:
        lighting: how much each light is practised.
        rates: by capture id, how often an epoch shows a photo.
        held_back: ids of training captures that choose the epoch instead of being trained on; empty for none.
        reasons: one sentence a decision.
    """

    model_config = ConfigDict(frozen=True)

    lighting: dict[Lighting, float]
    rates: dict[str, float]
    held_back: tuple[str, ...]
    reasons: tuple[str, ...]

    @property
    def photos(self) -> int:
        """How many photos an epoch shows."""
        return round(sum(self.rates.values()))


def plan_fit(snapshot: Snapshot, config: FitConfig, older: Collection[str], deployed: Mapping[str, int]) -> FitPlan:
    """Decide how a fit shows its photos.

    Args:
        snapshot: what to train on.
        config: the knobs.
        older: ids of captures that the champion was trained on, for replay.
        deployed: live captures by stratum, for the lighting gap.
    """
    held_back, stop_reason = hold_back(snapshot, config.stop_share) if config.patience else (None, "")
    train = held_back.split.train if held_back else snapshot.split.train
    shown = (*train, *snapshot.synthetic)
    replayed, replay_reason = replay_rates(shown, older, config.replay)
    repeated, balance_reason = repeat_factors(shown, snapshot.class_mode, config.balance)
    lighting, light_reason = _lighting(config, deployed, Counter(capture.stratum for capture in train))
    return FitPlan(
        lighting=lighting,
        rates={name: round(rate * repeated[name], 6) for name, rate in replayed.items()},
        held_back=tuple(capture.capture_id for capture in held_back.split.validation) if held_back else (),
        reasons=tuple(filter(None, (light_reason, replay_reason, balance_reason, stop_reason))),
    )


def keep_plan(plan: FitPlan, folder: Path) -> None:
    """Write a plan into a fit's folder."""
    folder.mkdir(parents=True, exist_ok=True)
    partial = _file(folder).with_suffix(".partial")
    partial.write_text(plan.model_dump_json(indent=1))
    partial.replace(_file(folder))


def kept_plan(folder: Path) -> FitPlan | None:
    """Return the plan of a fit that was begun in this folder; None for one that was not, or whose plan is damaged."""
    try:
        return FitPlan.model_validate_json(_file(folder).read_text())
    except (OSError, ValueError):
        return None


def _file(folder: Path) -> Path:
    return folder / "plan.json"


def _lighting(
    config: FitConfig, deployed: Mapping[str, int], trained: Mapping[str, int]
) -> tuple[dict[Lighting, float], str]:
    if not config.lighting or not config.gap_driven:
        return config.lighting, "light is practised as configured" if config.lighting else "no light is practised"
    found = preset_weights(deployed, trained, config.lighting_share)
    return dict(found.lighting) or config.lighting, found.reason

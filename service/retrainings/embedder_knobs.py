"""The knobs of an embedder's retraining: the file's, with single ones overridden by the order."""

from pathlib import Path

from pydantic import ValidationError

import training
from service.problems import Problem
from service.retrainings.schemas import RetrainingRequest
from training.embedder.refit_config import RefitConfig, load_refit_config

KNOBS = Path(training.__file__).parents[1] / "configs" / "embedder" / "default.yaml"


def refit_config(request: RetrainingRequest) -> RefitConfig:
    """Return the knobs of fitting an embedder further.

    Raises:
        Problem: overrides-invalid, naming the knob.
    """
    try:
        return RefitConfig.model_validate({**load_refit_config(KNOBS).model_dump(), **request.overrides})
    except ValidationError as error:
        first = error.errors()[0]
        knob = ".".join(str(part) for part in first["loc"])
        raise Problem(
            422,
            "overrides-invalid",
            f"{knob}: {first['msg']}.",
            field=f"overrides.{knob}",
            remedy=f"The knobs of an embedder are {', '.join(RefitConfig.model_fields)}.",
        ) from error

"""Ordering a retraining, and calling it off."""

from pathlib import Path

from pydantic import ValidationError

import training
from service.context import Context
from service.ids import new_id
from service.models.queries import champion_version
from service.problems import Problem
from service.records import RetrainingRecord
from service.retrainings.queries import QUEUED, RUNNING, list_annotated_boxes, lock_retraining
from service.retrainings.schemas import RetrainingRequest
from training.fit_config import FitConfig, load_fit_config

# Chosen with the machine that fits, not with what is ordered.
MACHINE_KNOBS = frozenset({"device", "workers"})
PRESETS = Path(training.__file__).parents[1] / "configs" / "training"


def start_retraining(context: Context, request: RetrainingRequest, by: str) -> RetrainingRecord:
    """Record a retraining for a worker to find; nothing is recorded if it could not train.

    Raises:
        Problem: overrides-invalid or nothing-to-train.
    """
    fit_config(request)
    now = context.clock()
    with context.database.write() as session:
        if not any(list_annotated_boxes(session, request.arms)):
            where = f" of the arms {', '.join(request.arms)}" if request.arms else ""
            raise Problem(
                422,
                "nothing-to-train",
                f"There is no annotation{where} with a box.",
                field="arms" if request.arms else "annotations",
                remedy="Label tasks first: POST /v1/rounds makes some, POST /v1/tasks/lease takes them.",
            )
        record = RetrainingRecord(
            id=new_id(now),
            created_at=now,
            by=by,
            state=QUEUED,
            reason=request.reason,
            request=request.model_dump(mode="json"),
            base_version=champion_version(session),
            progress={"stage": "queued"},
        )
        session.add(record)
    return record


def cancel_retraining(context: Context, retraining_id: str) -> RetrainingRecord:
    """Call a retraining off: the champion stays, and the worker stops at the end of the present epoch or step.

    Raises:
        Problem: retraining-not-found, or retraining-finished where there is nothing left to stop.
    """
    with context.database.write() as session:
        record = lock_retraining(session, retraining_id)
        if record.state not in (QUEUED, RUNNING):
            raise Problem(409, "retraining-finished", f"This retraining is over already: {record.state}.")
        record.state, record.finished_at = "cancelled", context.clock()
    return record


def fit_config(request: RetrainingRequest) -> FitConfig:
    """Return the knobs of a fit: the preset's, with single ones overridden.

    Raises:
        Problem: overrides-invalid, naming the knob.
    """
    preset = load_fit_config(PRESETS / f"{request.preset}.yaml")
    if machine_knobs := sorted(MACHINE_KNOBS & request.overrides.keys()):
        raise _invalid(machine_knobs[0], "this is decided where the worker runs")
    try:
        return FitConfig.model_validate({**preset.model_dump(), **request.overrides})
    except ValidationError as error:
        first = error.errors()[0]
        raise _invalid(".".join(str(part) for part in first["loc"]), first["msg"]) from error


def _invalid(knob: str, why: str) -> Problem:
    knobs = [name for name in FitConfig.model_fields if name not in MACHINE_KNOBS]
    return Problem(
        422,
        "overrides-invalid",
        f"{knob}: {why}.",
        field=f"overrides.{knob}",
        remedy=f"The knobs are {', '.join(knobs)}.",
    )

"""Ordering a retraining, and calling it off."""

from datetime import datetime
from pathlib import Path

from pydantic import ValidationError
from sqlalchemy.orm import Session

import training
from service.context import Context
from service.ids import new_id
from service.inserting import insert_if_new
from service.models.queries import champion_version
from service.problems import Problem
from service.records import RetrainingRecord
from service.retrainings.embedder_knobs import refit_config
from service.retrainings.queries import IN_FLIGHT, QUEUED, find_in_flight, list_annotated_boxes, lock_retraining
from service.retrainings.schemas import RetrainingRequest, Trigger
from training.fit_config import FitConfig, load_fit_config

# Chosen with the machine that fits, not with what is ordered.
MACHINE_KNOBS = frozenset({"device", "workers"})
PRESETS = Path(training.__file__).parents[1] / "configs" / "training"


def start_retraining(context: Context, request: RetrainingRequest, by: str) -> RetrainingRecord:
    """Record a retraining that a person ordered for a worker to find; nothing is recorded if it could not train.

    Raises:
        Problem: overrides-invalid, nothing-to-train, or retraining-in-flight where one of this model is not over.
    """
    check_knobs(request)
    with context.database.write() as session:
        check_labels(session, request)
        return add_retraining(session, request, by, "manual", context.clock())


def check_labels(session: Session, request: RetrainingRequest) -> None:
    """Make sure that there is something to train on.

    Raises:
        Problem: nothing-to-train.
    """
    if not any(list_annotated_boxes(session, request.arms)):
        where = f" of the arms {', '.join(request.arms)}" if request.arms else ""
        raise Problem(
            422,
            "nothing-to-train",
            f"There is no annotation{where} with a box.",
            field="arms" if request.arms else "annotations",
            remedy="Label tasks first: POST /v1/rounds makes some, POST /v1/tasks/lease takes them.",
        )


def add_retraining(
    session: Session, request: RetrainingRequest, by: str, trigger: Trigger, now: datetime
) -> RetrainingRecord:
    """Record an order; of two that come at once, the records take one.

    Raises:
        Problem: retraining-in-flight.
    """
    id = new_id(now)
    new = insert_if_new(
        session,
        RetrainingRecord,
        id=id,
        created_at=now,
        by=by,
        trigger=trigger,
        model=request.model,
        state=QUEUED,
        reason=request.reason,
        request=request.model_dump(mode="json"),
        base_version=champion_version(session),
        progress={"stage": "queued"},
    )
    if not new:
        raise _in_flight(find_in_flight(session, request.model), request.model)
    return session.get_one(RetrainingRecord, id)


def cancel_retraining(context: Context, retraining_id: str) -> RetrainingRecord:
    """Call a retraining off: the champion stays, and the worker stops at the end of the present epoch or step.

    A candidate in shadow stays among the models, to be promoted by hand or not.

    Raises:
        Problem: retraining-not-found, or retraining-finished where there is nothing left to stop.
    """
    with context.database.write() as session:
        record = lock_retraining(session, retraining_id)
        if record.state not in IN_FLIGHT:
            raise Problem(409, "retraining-finished", f"This retraining is over already: {record.state}.")
        record.state, record.finished_at = "cancelled", context.clock()
    return record


def check_knobs(request: RetrainingRequest) -> None:
    """Make sure that the overrides are knobs of the model that is to be fitted.

    Raises:
        Problem: overrides-invalid, naming the knob.
    """
    if request.model == "embedder":
        refit_config(request)
    else:
        fit_config(request)


def fit_config(request: RetrainingRequest) -> FitConfig:
    """Return the knobs of a detector's fit: the preset's, with single ones overridden; an embedder's are not here.

    Raises:
        Problem: overrides-invalid, naming the knob.
    """
    preset = load_fit_config(PRESETS / f"{request.preset}.yaml")
    if request.model == "embedder":
        return preset
    if machine_knobs := sorted(MACHINE_KNOBS & request.overrides.keys()):
        raise _invalid(machine_knobs[0], "this is decided where the worker runs")
    try:
        return FitConfig.model_validate({**preset.model_dump(), **request.overrides})
    except ValidationError as error:
        first = error.errors()[0]
        raise _invalid(".".join(str(part) for part in first["loc"]), first["msg"]) from error


def _in_flight(other: RetrainingRecord | None, model: str) -> Problem:
    if other is None:  # it ended between the insertion and the look
        return Problem(409, "retraining-in-flight", f"A retraining of the {model} just ended.", retry_after=1)
    return Problem(
        409,
        "retraining-in-flight",
        f"Retraining {other.id} of the {model} is {other.state}: {other.reason}",
        field="model",
        remedy=f"Wait for it, or call it off: POST /v1/retrainings/{other.id}/cancel.",
        members={"retraining_id": other.id, "state": other.state},
    )


def _invalid(knob: str, why: str) -> Problem:
    knobs = [name for name in FitConfig.model_fields if name not in MACHINE_KNOBS]
    return Problem(
        422,
        "overrides-invalid",
        f"{knob}: {why}.",
        field=f"overrides.{knob}",
        remedy=f"The knobs are {', '.join(knobs)}.",
    )

"""What the loop has so far, for a round to start from and for its replay to start from again."""

import hashlib
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

import numpy as np
from pydantic import BaseModel, Field
from sqlalchemy.orm import Session

from labeling.actions import Actions
from labeling.costs import ASSUMED_COST, CostModel, fit_action_costs
from sampling.looks import Looks
from sampling.signatures import Vectors
from sampling.state import LoopState
from service.context import Context
from service.rounds.difficulty import measure_difficulty
from service.rounds.queries import embedder_of_looks, read_looks
from service.rounds.state_queries import (
    count_labelled_classes,
    count_labelled_strata,
    count_recent_strata,
    read_lead_times,
)

# Counted up whenever the same inputs would give other picks: what an earlier sampler picked cannot be replayed.
SAMPLER = 5

RECENT = timedelta(days=28)
LEAST_LEAD_TIMES = 30
_MOST_LEAD_TIMES = 5000


class RoundInputs(BaseModel):
    """What a round started from beside its pool, as it was then; kept with the round."""

    sampler: int = SAMPLER
    seconds_per_task: float
    seconds_per_box: float
    lead_times: int = Field(description="measured ones that the cost model was fitted to; 0: it is the assumed one")
    labelled: str = Field(description="SHA-256 of the vectors of what was labelled or in a task")
    labelled_strata: dict[str, int]
    recent_strata: dict[str, int]
    difficulty: dict[str, float]
    labelled_classes: dict[str, int]
    drifted: dict[str, float]
    embedder_id: str | None = Field(description="whose vectors were compared look by look; null: the detector's")

    @property
    def cost(self) -> CostModel:
        """What annotators' seconds are modelled by."""
        return CostModel(self.seconds_per_task, self.seconds_per_box)


def read_inputs(
    session: Session, model_version: int, labelled: Mapping[str, Vectors], drifted: Mapping[str, float], now: datetime
) -> RoundInputs:
    """Read what a round starts from now.

    Args:
        session: for reading.
        model_version: whose signatures the round is about.
        labelled: image vectors of what is labelled or in a task.
        drifted: quota factor of the strata that drifted.
        now: the end of the days that count as recent.
    """
    cost, lead_times = _cost(session)
    return RoundInputs(
        seconds_per_task=cost.per_task,
        seconds_per_box=cost.per_box,
        lead_times=lead_times,
        labelled=digest_of(labelled),
        labelled_strata=count_labelled_strata(session),
        recent_strata=count_recent_strata(session, now - RECENT, now),
        difficulty=measure_difficulty(session),
        labelled_classes=count_labelled_classes(session),
        drifted=dict(drifted),
        embedder_id=embedder_of_looks(session, model_version),
    )


def loop_state(context: Context, inputs: RoundInputs, labelled: Mapping[str, Vectors], model_version: int) -> LoopState:
    """Return a round's state; looks are read when the round asks for them, in sessions of their own."""

    def looks(ids: Sequence[str]) -> Mapping[str, Looks]:
        with context.database.read() as session:
            return read_looks(session, ids, model_version, inputs.embedder_id)

    return LoopState(
        labelled=labelled,
        labelled_strata=inputs.labelled_strata,
        recent_strata=inputs.recent_strata,
        difficulty=inputs.difficulty,
        labelled_classes=inputs.labelled_classes,
        drifted=inputs.drifted,
        looks=looks,
    )


def digest_of(labelled: Mapping[str, Vectors]) -> str:
    """Return the SHA-256 of image vectors by id."""
    content = hashlib.sha256()
    for id in sorted(labelled):
        content.update(id.encode())
        content.update(np.ascontiguousarray(labelled[id]).data)
    return content.hexdigest()


def _cost(session: Session) -> tuple[CostModel, int]:
    """Return the model of annotators' seconds, and how many lead times it was fitted to: too few, and it is assumed."""
    found = read_lead_times(session, _MOST_LEAD_TIMES)
    if len(found) < LEAST_LEAD_TIMES:
        return ASSUMED_COST, 0
    actions = [Actions.from_json(done) for _, done, _ in found]
    fitted = fit_action_costs([seconds for seconds, _, _ in found], actions)
    return fitted.per_box(actions, [boxes for _, _, boxes in found]), len(found)

"""What plan, triggers and audit say once a real retraining is over."""

import time
from collections.abc import Callable
from functools import partial

import pytest

from service.context import Context
from service.coverage.auditing import audit_answer
from service.jobs import Jobs
from service.retrainings.job import QUEUE, retrain
from service.retrainings.planning import plan_retraining
from service.retrainings.queries import ENDED, get_retraining
from service.retrainings.schemas import RetrainingRequest
from service.retrainings.service import start_retraining
from service.triggers.service import triggers_answer

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),  # MLflow's
]


def test_a_retraining_that_is_over_is_what_comes_next_is_measured_by(
    context: Context, labelled: object, tiny: Callable[..., RetrainingRequest]
) -> None:
    labelled.add(5)  # type: ignore[attr-defined]
    jobs = Jobs(context.settings.resolved_jobs_url, "worker-1", {QUEUE: partial(retrain, context)})
    try:
        ordered = start_retraining(context, tiny(), by="Ada")
        jobs.hand_over(QUEUE, ordered.id)
        state = ""
        while state not in ENDED:
            time.sleep(0.1)
            with context.database.read() as session:
                state = get_retraining(session, ordered.id).state
    finally:
        jobs.close()
    assert state == "promoted"
    labelled.add(2, arm="random")  # type: ignore[attr-defined]
    plan = plan_retraining(context, tiny())
    assert (plan.base_version, plan.new_boxes, plan.new_products) == (2, 4, [])
    assert plan.minutes_from == "from the retraining here before"
    assert plan.minutes is not None
    assert 0 < plan.minutes < 10
    with context.database.read() as session:
        triggers, audit = triggers_answer(session, context), audit_answer(session, context)
    assert triggers.since == ordered.created_at
    assert next(one.have for one in triggers.triggers if one.trigger == "labels") == 4
    (stratum,) = audit.strata
    assert (audit.model_version, stratum.trained, stratum.labelled, stratum.standing) == (2, 4, 2, "thin")
    assert audit.next[0].action == "collect"
    assert audit.freshness.catalogue_changes == 0

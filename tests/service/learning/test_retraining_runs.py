"""From labels to a model that serves."""

import time
from collections.abc import Callable, Iterator
from functools import partial

import pytest

from service.context import Context
from service.jobs import Jobs
from service.models.queries import champion_version, get_model
from service.models.registry import open_tracking
from service.problems import Problem
from service.records import RetrainingRecord
from service.retrainings.job import QUEUE, retrain
from service.retrainings.queries import get_retraining, list_retrainings
from service.retrainings.schemas import RetrainingRequest
from service.retrainings.service import cancel_retraining, start_retraining

pytestmark = [
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),  # MLflow's
]


@pytest.fixture
def jobs(context: Context) -> Iterator[Jobs]:
    jobs = Jobs(context.settings.resolved_jobs_url, "w1", QUEUE, partial(retrain, context))
    yield jobs
    jobs.close()


def finished(context: Context, retraining_id: str) -> RetrainingRecord:
    while True:
        with context.database.read() as session:
            record = get_retraining(session, retraining_id)
        if record.state not in ("queued", "running"):
            return record
        time.sleep(0.1)


def test_labels_become_the_champion(
    context: Context, jobs: Jobs, labelled: object, tiny: Callable[..., RetrainingRequest]
) -> None:
    labelled.add(5)  # type: ignore[attr-defined]
    context.serving.start()
    assert context.serving.current().version == 1
    ordered = start_retraining(context, tiny(), by="Ada")
    jobs.hand_over(ordered.id)
    done = finished(context, ordered.id)
    assert (done.state, done.error, done.candidate_version) == ("promoted", None, 2), done.progress
    assert [line["epoch"] for line in done.progress["history"]] == [1, 2]
    assert done.progress["captures"] == {"train": 4, "validation": 1, "set_aside": 0}
    with context.database.read() as session:
        assert champion_version(session) == 2
        model = get_model(session, 2)
    assert model.gate is not None
    assert model.gate["passed"]
    assert model.report is not None
    assert model.report["candidate"]["measured_on"] == done.snapshot_hash
    tracking = open_tracking(context.settings)
    assert tracking.get_alias("champion") == tracking.get_alias("candidate") == model.mlflow_version
    context.serving.refresh()
    assert context.serving.error is None
    assert context.serving.current().metadata.input_size == 96
    assert not (context.settings.home / "retrainings" / ordered.id / "scratch").exists()


def test_what_goes_wrong_is_written_down_and_the_champion_stays(
    context: Context, jobs: Jobs, labelled: object, tiny: Callable[..., RetrainingRequest]
) -> None:
    labelled.add(3)  # type: ignore[attr-defined]
    ordered = start_retraining(context, tiny(), by="Ada")
    context.images.put("value-1.jpg", b"tampered with")
    jobs.hand_over(ordered.id)
    done = finished(context, ordered.id)
    assert done.state == "failed"
    assert done.error == "PhotoChanged: the photo of capture value-1 is not the one that was annotated"
    with context.database.read() as session:
        assert champion_version(session) == 1


def test_a_cancelled_retraining_never_starts(
    context: Context, jobs: Jobs, labelled: object, tiny: Callable[..., RetrainingRequest]
) -> None:
    labelled.add(3)  # type: ignore[attr-defined]
    ordered = start_retraining(context, tiny(), by="Ada")
    cancel_retraining(context, ordered.id)
    jobs.hand_over(ordered.id)
    time.sleep(2)
    with context.database.read() as session:
        record = get_retraining(session, ordered.id)
    assert (record.state, record.progress) == ("cancelled", {"stage": "queued"})
    with pytest.raises(Problem, match="over already"):
        cancel_retraining(context, ordered.id)


def test_nothing_to_train_leaves_nothing_behind(
    context: Context, labelled: object, tiny: Callable[..., RetrainingRequest]
) -> None:
    labelled.add(3, arm="value")  # type: ignore[attr-defined]
    with pytest.raises(Problem, match="no annotation of the arms random") as refused:
        start_retraining(context, tiny(arms=["random"]), by="Ada")
    assert (refused.value.status, refused.value.code) == (422, "nothing-to-train")
    with context.database.read() as session:
        assert list_retrainings(session, 9) == []


def test_an_unknown_knob_is_named(context: Context, tiny: Callable[..., RetrainingRequest]) -> None:
    with pytest.raises(Problem) as refused:
        start_retraining(context, tiny(overrides={"epoch": 3}), by="Ada")
    assert (refused.value.code, refused.value.field) == ("overrides-invalid", "overrides.epoch")

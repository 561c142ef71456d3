"""From labels to a model that serves."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from functools import partial

import pytest
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

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
    jobs = Jobs(context.settings.resolved_jobs_url, "w1", {QUEUE: partial(retrain, context)})
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
    jobs.hand_over(QUEUE, ordered.id)
    done = finished(context, ordered.id)
    assert (done.state, done.error, done.candidate_version) == ("promoted", None, 2), done.progress
    assert [line["epoch"] for line in done.progress["history"]] == [1, 2]
    assert done.progress["captures"] == {"train": 4, "validation": 1, "set_aside": 0, "synthetic": 0}
    assert done.progress["calibration"].startswith("too few validation photos")
    with context.database.read() as session:
        assert champion_version(session) == 2
        model = get_model(session, 2)
    assert model.gate is not None
    assert model.gate["passed"]
    assert model.report is not None
    assert model.report["candidate"]["measured_on"] == done.snapshot_hash
    tracking = open_tracking(context.settings)
    deadline = time.monotonic() + 30
    while tracking.get_alias("champion") is None and time.monotonic() < deadline:  # told after the records
        time.sleep(0.1)
    assert tracking.get_alias("champion") == tracking.get_alias("candidate") == model.mlflow_version
    context.serving.refresh()
    assert context.serving.error is None
    assert context.serving.current().metadata.input_size == 192
    assert not (context.settings.home / "retrainings" / ordered.id / "scratch").exists()


def test_what_goes_wrong_is_written_down_and_the_champion_stays(
    context: Context, jobs: Jobs, labelled: object, tiny: Callable[..., RetrainingRequest]
) -> None:
    labelled.add(3)  # type: ignore[attr-defined]
    ordered = start_retraining(context, tiny(), by="Ada")
    context.images.put("value-1.jpg", b"tampered with")
    jobs.hand_over(QUEUE, ordered.id)
    done = finished(context, ordered.id)
    assert done.state == "failed"
    assert done.error is not None
    assert done.error.startswith("PhotoChanged: the photo of capture value-1 is not the one that was annotated: put ")
    with context.database.read() as session:
        assert champion_version(session) == 1


def test_an_image_store_that_comes_back_is_waited_for(
    context: Context,
    jobs: Jobs,
    labelled: object,
    tiny: Callable[..., RetrainingRequest],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labelled.add(3)  # type: ignore[attr-defined]
    context.images.put("value-1.jpg", b"tampered with")  # ends the retraining once the store answers
    monkeypatch.setattr("service.jobs.RETRY_SECONDS", 0.01)
    get, outages = context.images.get, [ConnectionError("no route"), TimeoutError("slow")]

    def get_after_the_outages(key: str) -> bytes:
        if outages:
            raise outages.pop()
        return get(key)

    monkeypatch.setattr(context.images, "get", get_after_the_outages)
    ordered = start_retraining(context, tiny(), by="Ada")
    jobs.hand_over(QUEUE, ordered.id)
    done = finished(context, ordered.id)
    assert (outages, (done.error or "").partition(":")[0]) == ([], "PhotoChanged")
    kept = context.settings.home / "retrainings" / ordered.id / "scratch" / "photos"
    assert len(list(kept.iterdir())) == 1


def test_an_image_store_that_stays_away_is_written_down(
    context: Context,
    jobs: Jobs,
    labelled: object,
    tiny: Callable[..., RetrainingRequest],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labelled.add(1)  # type: ignore[attr-defined]
    asked: list[str] = []

    def away(key: str) -> bytes:
        asked.append(key)
        raise ConnectionError("no route to the store")

    monkeypatch.setattr("service.jobs.RETRY_SECONDS", 0.01)
    monkeypatch.setattr(context.images, "get", away)
    ordered = start_retraining(context, tiny(), by="Ada")
    jobs.hand_over(QUEUE, ordered.id)
    done = finished(context, ordered.id)
    assert (done.state, done.error) == ("failed", "ConnectionError: no route to the store")
    assert len(asked) == 7


def test_a_database_that_comes_back_is_waited_for_from_the_beginning_to_the_failure(
    context: Context,
    jobs: Jobs,
    labelled: object,
    tiny: Callable[..., RetrainingRequest],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labelled.add(1)  # type: ignore[attr-defined]
    context.images.put("value-0.jpg", b"tampered with")
    ordered = start_retraining(context, tiny(), by="Ada")
    monkeypatch.setattr("service.jobs.RETRY_SECONDS", 0.01)
    write, get, outages = context.database.write, context.images.get, [1, 2, 3]

    def write_unless_away() -> AbstractContextManager[Session]:
        if outages:
            raise OperationalError("BEGIN", {}, ConnectionError(f"away for the {outages.pop()}th time"))
        return write()

    def get_and_lose_the_database_again(key: str) -> bytes:
        outages.extend([4, 5])  # so that the failure cannot be written down at once
        return get(key)

    monkeypatch.setattr(context.database, "write", write_unless_away)
    monkeypatch.setattr(context.images, "get", get_and_lose_the_database_again)
    jobs.hand_over(QUEUE, ordered.id)
    done = finished(context, ordered.id)
    assert (done.state, outages) == ("failed", [])


def test_a_cancelled_retraining_never_starts(
    context: Context, jobs: Jobs, labelled: object, tiny: Callable[..., RetrainingRequest]
) -> None:
    labelled.add(3)  # type: ignore[attr-defined]
    ordered = start_retraining(context, tiny(), by="Ada")
    cancel_retraining(context, ordered.id)
    jobs.hand_over(QUEUE, ordered.id)
    time.sleep(1)
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


@pytest.mark.parametrize(
    ("knob", "value"),
    [("image_size", 1568), ("epochs", 1001), ("batch", 257), ("seed", -1), ("seed", 2**31), ("device", "cuda")],
)
def test_a_knob_out_of_range_is_named(
    context: Context, tiny: Callable[..., RetrainingRequest], knob: str, value: object
) -> None:
    with pytest.raises(Problem, match=f"^{knob}: ") as refused:
        start_retraining(context, tiny(overrides={knob: value}), by="Ada")
    assert (refused.value.status, refused.value.field) == (422, f"overrides.{knob}")
    assert "device" not in (refused.value.remedy or "")

"""Full disks, lost files, MLflow away, workers that die: a retraining waits, makes good, or says what to do."""

import shutil
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import timedelta
from functools import partial

import pytest

from service.context import Context
from service.jobs import Jobs
from service.models.queries import champion_version, get_model
from service.records import RetrainingRecord
from service.retrainings.conclusion import register_candidate
from service.retrainings.fitting import export_candidate, fit_candidate
from service.retrainings.job import QUEUE, attend, retrain
from service.retrainings.measuring import measure
from service.retrainings.progress import MOST_STARTS, DiedTooOften, begin, enter_fit, fail, take_up, while_running
from service.retrainings.queries import ENDED, get_retraining
from service.retrainings.schemas import RetrainingRequest
from service.retrainings.scratch import KEPT, KEPT_FOR, drop_old_scratch
from service.retrainings.service import start_retraining
from service.retrainings.training_set import freeze_snapshot
from service.retrainings.work import Work

pytestmark = [
    pytest.mark.timeout(900),
    pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning"),  # MLflow's
]
Request = Callable[..., RetrainingRequest]


@pytest.fixture
def jobs(context: Context) -> Iterator[Jobs]:
    jobs = Jobs(context.settings.resolved_jobs_url, "w1", {QUEUE: partial(retrain, context)})
    yield jobs
    jobs.close()


@pytest.fixture
def ordered(context: Context, labelled: object, tiny: Request) -> str:
    labelled.add(5)  # type: ignore[attr-defined]
    return start_retraining(context, tiny(), by="Ada").id


def record_when(
    context: Context, retraining_id: str, reached: Callable[[RetrainingRecord], object]
) -> RetrainingRecord:
    while True:
        with context.database.read() as session:
            record = get_retraining(session, retraining_id)
        if reached(record):
            return record
        assert record.state not in ENDED, (record.state, record.error)
        time.sleep(0.1)


def waits_for(words: str) -> Callable[[RetrainingRecord], bool]:
    return lambda record: words in record.progress.get("waiting", {}).get("for", "")


def test_a_full_disk_and_mlflow_away_are_waited_for(
    context: Context, jobs: Jobs, ordered: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("service.jobs.RETRY_SECONDS", 0.5)
    monkeypatch.setenv("MLFLOW_HTTP_REQUEST_MAX_RETRIES", "0")
    context.settings.mlflow_uri = "http://127.0.0.1:9"
    state = Work(context, ordered).scratch / "fit" / "last.partial"  # what a fit writes after each epoch
    state.parent.mkdir(parents=True)
    state.symlink_to("/dev/full")
    jobs.hand_over(QUEUE, ordered)

    full = record_when(context, ordered, waits_for("disk of the worker is full: free space"))
    assert (full.state, full.progress["stage"], full.progress["epoch"]) == ("running", "fit", 0)
    state.unlink()
    away = record_when(context, ordered, waits_for("mlflow-unreachable"))
    assert (away.state, away.progress["stage"], away.candidate_version) == ("running", "register", None)
    assert "Check that MLflow runs where `mlflow_uri` says" in away.progress["waiting"]["for"]
    with context.database.read() as session:
        assert champion_version(session) == 1
    context.settings.mlflow_uri = ""
    done = record_when(context, ordered, lambda record: record.state in ENDED)
    assert (done.state, done.error, done.candidate_version) == ("promoted", None, 2)
    assert "waiting" not in done.progress
    assert [line["epoch"] for line in done.progress["history"]] == [1, 2]


def test_another_machine_makes_again_what_it_lacks(context: Context, ordered: str) -> None:
    here = Work(context, ordered)
    for part in (begin, freeze_snapshot, fit_candidate, export_candidate, measure):
        attend(here, part)
    shutil.rmtree(here.folder)  # that machine's disk died with it
    elsewhere = Work(context, ordered)
    assert attend(elsewhere, register_candidate) == 2
    assert elsewhere.snapshot.content_hash == here.snapshot.content_hash
    with context.database.read() as session:
        model = get_model(session, 2)
        epochs = [line["epoch"] for line in get_retraining(session, ordered).progress["history"]]
    assert model.gate is not None
    assert model.gate["passed"]
    assert epochs == [1, 2, 1, 2]


def test_a_damaged_manifest_and_damaged_photos_are_made_whole(context: Context, ordered: str) -> None:
    here = Work(context, ordered)
    for part in (begin, freeze_snapshot):
        attend(here, part)
    manifest = here.folder / "snapshot.json"
    whole = manifest.read_text()
    photos = sorted((here.scratch / "photos").iterdir())
    kept = [photo.read_bytes() for photo in photos]
    manifest.write_text(whole.replace('"facing"', '"shelf"', 1))
    photos[0].write_bytes(kept[0][:100])
    photos[1].unlink()

    attend(Work(context, ordered), fit_candidate)
    assert [photo.read_bytes() for photo in photos] == kept
    assert manifest.read_text() == whole


def test_a_worker_that_dies_again_and_again_in_one_place_gives_up(context: Context, ordered: str) -> None:
    attend(Work(context, ordered), begin)
    for _ in range(MOST_STARTS):
        take_up(Work(context, ordered), "fit_candidate")
    work = Work(context, ordered)
    enter_fit(work)
    with while_running(work) as record:
        record.progress = {**record.progress, "epoch": 1}
    for _ in range(MOST_STARTS):  # the one before got further
        work = Work(context, ordered)
        take_up(work, "fit_candidate")
        take_up(work, "fit_candidate")  # the same process, which waited for something
    with pytest.raises(DiedTooOften, match=r"5 times a worker died in fit_candidate after epoch 1 .* smaller batch"):
        take_up(Work(context, ordered), "fit_candidate")


def test_only_the_scratch_of_the_last_failures_is_kept(context: Context, labelled: object, tiny: Request) -> None:
    labelled.add(1)  # type: ignore[attr-defined]
    works = []
    for _ in range(KEPT + 2):
        works.append(work := Work(context, start_retraining(context, tiny(), by="Ada").id))
        work.scratch.mkdir(parents=True)
        (work.scratch / "state").write_text("large")
        if len(works) <= KEPT + 1:
            fail(work, "an error")
    drop_old_scratch(context)
    assert [work.scratch.exists() for work in works] == [False, *[True] * KEPT, True]  # the last one runs still
    drop_old_scratch(replace(context, clock=lambda: context.clock() + KEPT_FOR + timedelta(minutes=1)))
    assert [work.scratch.exists() for work in works] == [*[False] * (KEPT + 1), True]

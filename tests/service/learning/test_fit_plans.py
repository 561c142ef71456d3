"""What a retraining decides before its first epoch: from the records, and told in its progress."""

import os
from collections.abc import Callable
from datetime import timedelta

import pytest

from service.context import Context
from service.records import CaptureRecord, ModelRecord, RetrainingRecord
from service.retrainings import fitting
from service.retrainings.fitting import fit_candidate
from service.retrainings.progress import begin
from service.retrainings.queries import deployed_strata, get_retraining
from service.retrainings.schemas import RetrainingRequest
from service.retrainings.service import start_retraining
from service.retrainings.training_set import freeze_snapshot
from service.retrainings.work import Work

pytestmark = pytest.mark.timeout(300)


@pytest.fixture
def seen_live(context: Context) -> Callable[..., None]:
    """Store captures that cameras took, without their photos."""

    def store(stratum: str, number: int, days_ago: float = 1, duplicate: str | None = None) -> None:
        taken = context.clock() - timedelta(days=days_ago)
        with context.database.write() as session:
            session.add_all(
                CaptureRecord(
                    id=name,
                    sha256=name,
                    store_id="s1",
                    bay_id="b1",
                    taken_at=taken,
                    received_at=taken,
                    width=8,
                    height=8,
                    image_key=name,
                    image_sha256=name,
                    faces_blurred=0,
                    stratum=stratum,
                    near_duplicate_of=duplicate,
                    model_version=1,
                    truncated=False,
                    detections=[],
                )
                for name in (f"{stratum[:4]}-{days_ago}-{duplicate}-{i}" for i in range(number))
            )

    return store


def test_live_captures_are_those_of_late_and_no_near_duplicates(
    context: Context, labelled: object, seen_live: Callable[..., None]
) -> None:
    labelled.add(1)  # type: ignore[attr-defined]
    seen_live("dim/frontal/convenience", 3)
    seen_live("warm/frontal/convenience", 2, days_ago=40)
    seen_live("cold/frontal/convenience", 2, duplicate="value-0")
    with context.database.read() as session:
        found = deployed_strata(session, context.clock() - fitting.LIVE)
    assert found == {"neutral/frontal/convenience": 1, "dim/frontal/convenience": 3}


def test_a_retraining_practises_the_light_it_lacks_and_replays_what_its_base_knows(
    context: Context,
    labelled: object,
    tiny: Callable[..., RetrainingRequest],
    seen_live: Callable[..., None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    labelled.add(5)  # type: ignore[attr-defined]
    first = Work(context, start_retraining(context, tiny(), by="Ada").id)
    begin(first)
    freeze_snapshot(first)
    with context.database.write() as session:
        get_retraining(session, first.id).state = "promoted"
        starter = session.get_one(ModelRecord, 1)
        starter.retraining_id = first.id  # as if it had been fitted on those labels
    labelled.add(6, arm="random")  # type: ignore[attr-defined]
    seen_live("dim/frontal/convenience", 90)
    monkeypatch.setattr("training.replay.LEAST_PHOTOS", 0)
    overrides = {"epochs": 1, "image_size": 192, "batch": 2, "lighting": {"neutral": 1}, "mosaic": 0, "replay": 0.25}
    work = Work(context, start_retraining(context, tiny(overrides=overrides), by="Ada").id)
    begin(work)
    freeze_snapshot(work)
    fit_candidate(work)
    plan = _record(context, work).progress["plan"]
    light, replay, *_ = plan["reasons"]
    assert plan["lighting"]["dim"] > 0.6
    assert light.startswith("dim light is 89% of the live captures and 0% of the training set")
    known = {capture.capture_id for capture in first.snapshot.split.train}
    train = {capture.capture_id for capture in work.snapshot.split.train}
    new = len(train - known)
    assert replay == (
        f"an epoch shows {new} new photos and {new / 3:.0f} of {len(train & known)} that the champion was trained on"
    )
    assert plan["photos_per_epoch"] == round(new * 4 / 3)
    assert os.path.exists(work.candidate_checkpoint)


def _record(context: Context, work: Work) -> RetrainingRecord:
    with context.database.read() as session:
        return get_retraining(session, work.id)

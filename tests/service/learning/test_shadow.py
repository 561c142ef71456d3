"""A candidate looks at live captures beside the champion before it serves."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta

import cv2
import numpy as np
import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from service.auth.permissions import Role
from service.cli.models import app
from service.context import Context
from service.ids import new_id
from service.models.files import file_sha256, keep_files
from service.models.queries import champion_version, list_promotions, newest_move
from service.models.service import promote
from service.models.serving import ServingModel
from service.problems import Problem
from service.records import (
    BayRecord,
    CaptureRecord,
    ModelRecord,
    RetrainingRecord,
    ShadowCaptureRecord,
    ShadowRecord,
    StoreRecord,
)
from service.retrainings.conclusion import conclude
from service.retrainings.queries import get_retraining
from service.retrainings.service import cancel_retraining
from service.retrainings.work import Work
from service.settings import Settings, ShadowSettings
from service.shadow.comparing import Sight, compare
from service.shadow.concluding import begin_shadow, has_its_turn
from service.shadow.queries import get_shadow
from service.shadow.watching import Shadower, keep_shadowing
from vision import starter
from vision.artefact import ArtefactMetadata, BadArtefact, read_metadata
from vision.detections import Detections

pytestmark = pytest.mark.filterwarnings("ignore::sqlalchemy.exc.SADeprecationWarning")  # MLflow's
CLASSES = ("product", "shelf", "tag", "gap")
Found = Sequence[tuple[int, tuple[float, float, float, float], float]]  # class, box, confidence
SEEN: Found = ((0, (10, 10, 50, 90), 0.9), (0, (60, 10, 100, 90), 0.8), (1, (0, 92, 160, 100), 0.7))


@dataclass
class LiteralDetector:
    """Finds the same things in every photo; `error` is raised instead."""

    found: Found
    error: Exception | None = None
    classes: tuple[str, ...] = CLASSES

    def detect(self, image: np.ndarray, size: tuple[int, int] | None = None) -> Detections:
        if self.error is not None:
            raise self.error
        probabilities = np.zeros((len(self.found), len(self.classes)), np.float32)
        for row, (class_id, _, confidence) in enumerate(self.found):
            probabilities[row, class_id] = confidence
        rows = len(self.found)
        return Detections(
            boxes=np.array([box for _, box, _ in self.found], np.float32).reshape(rows, 4),
            class_ids=probabilities.argmax(1),
            probabilities=probabilities,
            edge_deviations=np.ones((rows, 4), np.float32),
            vectors=np.tile(np.eye(4, dtype=np.float32)[:1], (rows, 1)),
            image_vector=np.eye(4, dtype=np.float32)[0],
            size=size or (image.shape[1], image.shape[0]),
            truncated=False,
        )

    @property
    def metadata(self) -> ArtefactMetadata:
        return ArtefactMetadata(classes=self.classes, architecture="literal")


@pytest.fixture
def settings(settings: Settings) -> Settings:
    settings.shadow = ShadowSettings(captures=4, share=1, photos_per_minute=6000, latency=1000)
    return settings


@pytest.fixture
def models(monkeypatch: pytest.MonkeyPatch) -> dict[int, LiteralDetector | Exception]:
    """What looks under each version; an error is raised where the model is to be loaded."""
    detectors: dict[int, LiteralDetector | Exception] = {1: LiteralDetector(SEEN), 2: LiteralDetector(SEEN)}

    def load(_settings: Settings, model: ModelRecord) -> ServingModel:
        detector = detectors[model.version]
        if isinstance(detector, Exception):
            raise detector
        return ServingModel(model.version, detector, detector.metadata, most_tiles=1)  # type: ignore[arg-type]

    monkeypatch.setattr("service.shadow.watching.load_quietly", load)
    return detectors


def _model(context: Context, version: int, retraining_id: str) -> ModelRecord:
    return ModelRecord(
        version=version,
        created_at=context.clock(),
        source="retraining",
        retraining_id=retraining_id,
        artefact_sha256=file_sha256(starter.ARTEFACT),
        metadata_json=read_metadata(starter.ARTEFACT).model_dump(mode="json"),
        gate={"passed": True, "champion_version": 1, "checks": []},
    )


def _retraining(context: Context, state: str) -> RetrainingRecord:
    return RetrainingRecord(
        id="r2",
        created_at=context.clock(),
        by="Ada",
        state=state,
        reason="new labels",
        request={"reason": "new labels"},
        base_version=1,
        progress={},
        trigger="manual",
        model="detector",
    )


@pytest.fixture
def shadowing(context: Context, models: object) -> str:
    """A retraining whose candidate, model 2, begins its shadow."""
    keep_files(context.settings, 2, starter.ARTEFACT, starter.CHECKPOINT)
    with context.database.write() as session:
        session.add(_retraining(context, "shadowing"))
        session.add(_model(context, 2, "r2"))
        session.flush()
        begin_shadow(session, context, 2, 1, "r2")
        session.add(StoreRecord(id="s1", name="Corner shop", format="convenience"))
        session.flush()
        session.add(BayRecord(id="b1", store_id="s1"))
    return "r2"


def send(context: Context, number: int, near_duplicate_of: str | None = None) -> list[str]:
    """Store captures, as servers do while a worker looks."""
    ids = []
    for seed in range(number):
        now = context.clock()
        id = new_id(now)
        image = np.full((128, 160, 3), 40 + seed, np.uint8)
        context.images.put(f"{id}.jpg", bytes(cv2.imencode(".jpg", image)[1]))
        with context.database.write() as session:
            session.add(
                CaptureRecord(
                    id=id,
                    sha256=id,
                    store_id="s1",
                    bay_id="b1",
                    taken_at=now,
                    received_at=now,
                    width=160,
                    height=128,
                    image_key=f"{id}.jpg",
                    image_sha256=id,
                    faces_blurred=0,
                    stratum="neutral/frontal/convenience",
                    near_duplicate_of=near_duplicate_of,
                    model_version=1,
                    truncated=False,
                    detections=[],
                )
            )
        ids.append(id)
    return ids


def look(context: Context, times: int = 20) -> int:
    """Let one worker look until nothing is left to look at; return at how many captures."""
    shadower = Shadower(context, "w1")
    return sum(shadower.look_once() for _ in range(times))


def ended(context: Context) -> tuple[str, str, str]:
    """Return the state of the retraining, of its shadow, and the reason."""
    with context.database.read() as session:
        retraining, shadow = get_retraining(session, "r2"), get_shadow(session, 2)
        assert (retraining.finished_at is None) == (retraining.state == "shadowing")
        assert shadow.note is None or retraining.progress.get("note", shadow.note) == shadow.note
        return retraining.state, shadow.state, shadow.note or ""


def sight(found: Found, *classes: str) -> Sight:
    detector = LiteralDetector(found, classes=classes)
    return Sight(detector.detect(np.zeros((128, 160, 3), np.uint8)), detector.metadata)


def test_products_are_compared_where_both_detectors_name_them() -> None:
    milk, juice, box = "00000000000017", "00000000000024", (10.0, 10.0, 50.0, 90.0)
    one, other = sight([(0, box, 0.9)], milk, juice), sight([(1, box, 0.5)], milk, juice)
    nameless = sight([(0, box, 0.9)], "product")
    assert compare(one, other).differences == [
        {"box": [10, 10, 50, 90], "confidence": 0.5, "champion": milk, "candidate": juice}
    ]
    assert (compare(one, other).other_product, compare(one, other).disagreement) == (1, 1)
    assert (compare(one, nameless).shared, compare(one, nameless).disagreement) == (1, 0)
    assert compare(sight([], "product"), sight([], "product")).disagreement == 0
    assert compare(sight([], "product"), nameless).only_candidate == 1


def test_boxes_are_matched_one_to_one_and_the_same_kind_goes_first() -> None:
    tag, shelf = (0.0, 90.0, 100.0, 100.0), (0.0, 90.0, 104.0, 100.0)
    old, new = sight([(0, tag, 0.9), (1, shelf, 0.8)], "tag", "shelf"), sight([(0, shelf, 0.5)], "tag", "shelf")
    found = compare(old, new)
    assert (found.shared, found.only_champion, found.other_kind) == (1, 1, 0)
    assert found.confidence_shift == pytest.approx(-0.4)


def test_a_job_leaves_what_passed_its_gate_in_shadow(context: Context) -> None:
    with context.database.write() as session:
        session.add(_retraining(context, "running"))
        session.add(_model(context, 2, "r2"))
    assert [conclude(Work(context, "r2")) for _ in range(2)] == ["shadowing"] * 2
    with context.database.read() as session:
        shadow, retraining = get_shadow(session, 2), get_retraining(session, "r2")
        assert (shadow.state, shadow.wanted, shadow.champion_version) == ("running", 4, 1)
        assert shadow.until - shadow.started_at == timedelta(hours=24)
        assert (retraining.progress["stage"], retraining.finished_at) == ("shadow", None)
        assert champion_version(session) == 1


def test_a_candidate_that_sees_the_same_is_promoted(context: Context, shadowing: str) -> None:
    send(context, 3)
    assert look(context) == 3
    assert ended(context) == ("shadowing", "running", "")
    send(context, 3)
    assert look(context) == 1  # four were wanted
    state, shadow, note = ended(context)
    assert (state, shadow) == ("promoted", "passed")
    assert note == "passed its gate and its shadow of 4 captures, 100% of 12 boxes shared"
    with context.database.read() as session:
        move = newest_move(session)
    assert move is not None
    assert (move.model_version, move.action, move.by, move.reason) == (2, "promote", "Ada", f"{note}: new labels")


def test_one_that_sees_other_things_is_refused_and_shown(
    context: Context,
    shadowing: str,
    models: dict[int, LiteralDetector],
    client: TestClient,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    context.settings.shadow.disagreement = 0.4
    models[2].found = (SEEN[0], (1, (60, 10, 100, 90), 0.6), (3, (110, 10, 150, 90), 0.5))
    ids = send(context, 4)
    look(context)
    note = "the champion stays: in shadow 75% of 16 boxes differ from the champion's, 40% are allowed"
    assert ended(context) == ("shadow_failed", "failed", note)
    answer = client.get("/v1/models/2/shadow").json()
    counted = ("captures", "boxes", "only_champion", "only_candidate", "other_kind", "other_product", "disagreement")
    assert [answer["evidence"][name] for name in counted] == [4, 16, 4, 4, 4, 0, 0.75]
    assert answer["evidence"]["confidence_shift"] == pytest.approx(0)
    assert answer["strata"]["neutral/frontal/convenience"]["captures"] == 4
    assert sorted(one["capture_id"] for one in answer["worst"]) == sorted(ids)
    assert answer["worst"][0]["differences"] == [
        {"box": [0, 92, 160, 100], "confidence": 0.7, "champion": "shelf", "candidate": None},
        {"box": [60, 10, 100, 90], "confidence": 0.6, "champion": "facing", "candidate": "shelf"},
        {"box": [110, 10, 150, 90], "confidence": 0.5, "champion": None, "candidate": "gap"},
    ]
    picture = client.get(answer["worst"][0]["overlay"])
    assert picture.headers["content-type"] == "image/jpeg"
    drawn = cv2.imdecode(np.frombuffer(picture.content, np.uint8), cv2.IMREAD_COLOR)
    assert np.ptp(drawn[10, 130].astype(int)) > 60  # the border of the gap, in colour on grey
    monkeypatch.setattr("service.cli.models.call", lambda _url, _key, *request: client.request(*request))
    told = CliRunner().invoke(app, ["shadow", "2", "--key", "k"])
    assert (told.exit_code, "4 of 4 captures, 16 boxes" in told.output, "75.0%" in told.output) == (0, True, True)
    refused = client.post("/v1/models/2/promote", json={"reason": "please"})
    assert (refused.status_code, refused.json()["code"]) == (409, "shadow-failed")


def test_errors_end_it_early(context: Context, shadowing: str, models: dict[int, LiteralDetector]) -> None:
    models[2].error = ValueError("no anchors")
    send(context, 4)
    assert look(context) == 1
    state, _, note = ended(context)
    assert (state, note) == ("shadow_failed", "the champion stays: in shadow errors on 1 of 1 captures")
    with context.database.read() as session:
        assert champion_version(session) == 1
        (row,) = session.query(ShadowCaptureRecord).all()
    assert row.error == "ValueError: no anchors"


def test_what_the_champion_cannot_read_either_is_the_photos_fault(
    context: Context, shadowing: str, models: dict[int, LiteralDetector]
) -> None:
    for model in models.values():
        model.error = ValueError("too dark")
    send(context, 4)
    look(context)
    assert ended(context)[0] == "shadowing"


def test_one_that_cannot_be_loaded_is_refused(
    context: Context, shadowing: str, models: dict[int, LiteralDetector | Exception]
) -> None:
    models[2] = BadArtefact("OpenVINO cannot compile it")
    look(context)
    state, _, note = ended(context)
    assert (state, note) == (
        "shadow_failed",
        "the champion stays: in shadow the candidate could not look: OpenVINO cannot compile it",
    )


def test_mlflow_away_is_waited_for(
    context: Context, shadowing: str, models: dict[int, LiteralDetector | Exception], caplog: pytest.LogCaptureFixture
) -> None:
    models[2] = Problem(503, "mlflow-unreachable", "MLflow is away", retry_after=10)
    stopping = threading.Event()
    keeping = threading.Thread(target=keep_shadowing, args=(context, stopping, "w1", 0.02))
    keeping.start()
    while "trying again: MLflow is away" not in caplog.text:
        stopping.wait(0.02)
    models[2] = LiteralDetector(SEEN)
    send(context, 4)
    while ended(context)[0] == "shadowing":
        stopping.wait(0.02)
    stopping.set()
    keeping.join()
    assert ended(context)[0] == "promoted"


def test_too_few_captures_are_no_evidence(context: Context, shadowing: str) -> None:
    send(context, 3)
    look(context)
    later = replace(context, clock=lambda: context.clock() + timedelta(hours=25))
    look(later)
    state, shadow, note = ended(context)
    assert (state, shadow) == ("completed", "stopped")
    assert note.startswith("passed its gate; not promoted: insufficient evidence, only 3 of 4 captures came")
    with context.database.read() as session:
        assert champion_version(session) == 1
    assert promote(context, 2, reason="enough for me", by="Ada").model_version == 2


def test_whoever_cancels_or_promotes_meanwhile_is_heard(context: Context, shadowing: str) -> None:
    send(context, 1)
    look(context)
    promote(context, 2, reason="now", by="Ada")
    look(context)
    assert ended(context)[:2] == ("promoted", "stopped")
    with context.database.read() as session:
        assert [move.action for move in list_promotions(session)] == ["starter", "promote"]


def test_a_cancelled_retraining_ends_its_shadow(context: Context, shadowing: str) -> None:
    cancel_retraining(context, shadowing)
    look(context)
    assert ended(context) == ("cancelled", "stopped", "stopped: the retraining was cancelled")


def test_another_champion_meanwhile_ends_it(context: Context, shadowing: str) -> None:
    with context.database.write() as session:
        session.add(_model(context, 3, "r3"))
    keep_files(context.settings, 3, starter.ARTEFACT, starter.CHECKPOINT)
    promote(context, 3, reason="another one", by="Ada")
    look(context)
    assert ended(context)[:2] == ("completed", "stopped")


def test_older_captures_and_near_duplicates_are_left_out(context: Context, shadowing: str) -> None:
    with context.database.write() as session:
        session.get_one(ShadowRecord, 2).seen_until = new_id(context.clock() + timedelta(seconds=60))
    older = send(context, 1)
    later = replace(context, clock=lambda: context.clock() + timedelta(seconds=120))
    (first,) = send(later, 1)
    send(later, 2, near_duplicate_of=first)
    assert look(context) == 1
    with context.database.read() as session:
        assert [row.capture_id for row in session.query(ShadowCaptureRecord)] == [first] != older


def test_only_a_share_is_looked_at_and_each_once(context: Context, shadowing: str) -> None:
    context.settings.shadow.share = 0.3
    ids = send(context, 12)
    chosen = [id for id in ids if has_its_turn(id, 0.3)]
    look(context)
    with context.database.read() as session:
        looked = sorted(row.capture_id for row in session.query(ShadowCaptureRecord).all())
    assert looked == sorted(chosen)[:4]
    assert 2000 < sum(has_its_turn(str(number), 0.3) for number in range(10_000)) < 4000


def test_one_worker_at_a_time_looks_and_another_takes_over(context: Context, shadowing: str) -> None:
    send(context, 4)
    assert Shadower(context, "w1").look_once()
    assert not Shadower(context, "w2").look_once()
    later = replace(context, clock=lambda: context.clock() + timedelta(minutes=6))
    assert Shadower(later, "w2").look_once()
    assert not Shadower(later, "w1").look_once()


def test_a_model_without_a_shadow_says_so(client: TestClient, key_for: Callable[..., dict[str, str]]) -> None:
    assert client.get("/v1/models/1/shadow").json()["code"] == "shadow-not-found"
    assert client.get("/v1/models/1/shadow", headers=key_for(Role.STORE)).status_code == 403

"""The page of a retraining: from the records, with photos only while they are kept."""

import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest
from fastapi.testclient import TestClient

from service.auth.permissions import Role
from service.context import Context
from service.records import CaptureRecord, ModelRecord, RetrainingRecord
from training.report_html import Point, learning_curve

SCORE = {
    "evidence": "sufficient",
    "ap": 0.5,
    "ap_low": 0.4,
    "ap_high": 0.6,
    "ap50": 0.7,
    "ap50_low": 0.6,
    "ap50_high": 0.8,
    "captures": 20,
    "boxes": 200,
}


def report(ap: float, worst: list[dict[str, Any]]) -> dict[str, Any]:
    cell = {**SCORE, "ap": ap}
    return {
        "overall": cell,
        "kinds": {"facing": cell},
        "classes": {"product": cell},
        "strata": {"warm/frontal/convenience": cell},
        "axes": {"lighting": {"warm": cell}},
        "worst": worst,
    }


@pytest.fixture
def retraining(context: Context, capture_of: Callable[[str, int], str]) -> str:
    """A retraining that was measured; the worst photo of its candidate is a capture of store s1."""
    capture_id, now = capture_of("s1", 0), context.clock()
    photo = {"capture_id": capture_id, "stratum": "warm/frontal/convenience", "width": 640, "height": 480}
    worst = [{**photo, "right": [], "missed": [[1, 2, 30, 40]], "invented": []}]
    check = {"name": "overall", "champion": 0.5, "candidate": 0.6, "limit": 0.5, "passed": True, "reason": "fine"}
    with context.database.write() as session:
        for number, state in enumerate(("promoted", "queued")):
            session.add(
                RetrainingRecord(
                    id=f"0190000000000000000000000000000{number}",
                    created_at=now,
                    by="a test",
                    state=state,
                    reason="warm light",
                    request={},
                    base_version=1,
                    snapshot_hash="a" * 64,
                    progress={"captures": {"train": 40}, "split_rule": "by store and day"},
                )
            )
        session.flush()
        session.add(
            ModelRecord(
                version=2,
                created_at=now,
                source="retraining",
                retraining_id="01900000000000000000000000000000",
                artefact_sha256="b" * 64,
                metadata_json={},
                report={"champion": report(0.5, []), "candidate": report(0.6, worst)},
                gate={"passed": True, "champion_version": 1, "checks": [check]},
            )
        )
    return "01900000000000000000000000000000"


def test_the_page_comes_from_the_records(client: TestClient, retraining: str) -> None:
    answer = client.get(f"/v1/retrainings/{retraining}/report")
    assert answer.status_code == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert "default-src 'none'" in answer.headers["content-security-policy"]
    assert "warm light" in answer.text
    assert "data:image/jpeg;base64," in answer.text
    assert learning_curve([Point("this one", 40, 0.5, 0.6, 0.4, 0.6, True)]) in answer.text


def test_a_photo_that_was_deleted_is_not_shown(client: TestClient, context: Context, retraining: str) -> None:
    with context.database.write() as session:
        session.query(CaptureRecord).one().deleted_at = context.clock()
    page = client.get(f"/v1/retrainings/{retraining}/report").text
    assert "data:image" not in page
    assert 'd="M1 2H30V40H1Z"' in page


def test_before_a_candidate_is_registered_there_is_no_page(client: TestClient, retraining: str) -> None:
    answer = client.get(f"/v1/retrainings/{retraining[:-1]}1/report")
    assert (answer.status_code, answer.json()["code"]) == (404, "report-not-found")
    assert "queued" in answer.json()["remedy"]
    assert client.get(f"/v1/retrainings/{retraining[:-1]}9/report").json()["code"] == "retraining-not-found"


def test_only_engineers_see_it(client: TestClient, retraining: str, key_for: Callable[..., dict[str, str]]) -> None:
    answer = client.get(f"/v1/retrainings/{retraining}/report", headers=key_for(Role.STORE, ["s1"]))
    assert answer.status_code == 403


def test_the_page_is_written_without_the_training_extra() -> None:
    """A server has neither torch nor COCO's metrics."""
    script = "import sys, service.retrainings.routes_report, service.settings\n"
    script += "print([name for name in ('torch', 'faster_coco_eval', 'mlflow') if name in sys.modules])"
    said = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert said.stdout.strip() == "[]"

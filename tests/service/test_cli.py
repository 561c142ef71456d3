"""Commands, called as a person would."""

import json
import re

import httpx
import pytest
from typer.testing import CliRunner

from retail.boxes import DetectionKind
from service.captures.schemas import AnalysisAnswer
from service.cli import app


@pytest.fixture
def shelfloop(settings, monkeypatch):
    monkeypatch.setenv("SHELFLOOP_HOME", str(settings.home))
    monkeypatch.setenv("SHELFLOOP_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("SHELFLOOP_VISION__BLUR_FACES", "false")
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


@pytest.fixture
def service(client, monkeypatch):
    """Let commands reach the service of this test."""

    def request(method: str, url: str, **more: object) -> httpx.Response:
        more.pop("timeout")
        return client.request(method, url.removeprefix("http://127.0.0.1:8000"), **more)

    monkeypatch.setattr("service.cli.remote.httpx.request", request)
    monkeypatch.setenv("SHELFLOOP_KEY", client.headers["Authorization"].removeprefix("Bearer "))


def test_a_first_key_is_made_without_a_service(shelfloop, client):
    made = shelfloop("keys", "create", "--role", "store", "--name", "till 4", "--store", "s1")
    assert made.exit_code == 0, made.output
    headers = {"Authorization": f"Bearer {made.stdout.strip()}"}
    assert client.get("/v1/stores", headers=headers).status_code == 200
    id = re.search(r"[0-9a-f]{32}(?=.*till 4)", shelfloop("keys", "list").stdout)[0]
    assert shelfloop("keys", "revoke", id).exit_code == 0
    assert client.get("/v1/stores", headers=headers).status_code == 401
    wrong = shelfloop("keys", "revoke", "nobody")
    assert wrong.exit_code == 1
    assert "keys list" in wrong.stderr


def test_captures_are_sent(shelfloop, service, tmp_path, make_photo):
    photo = tmp_path / "shelf.jpg"
    photo.write_bytes(make_photo())
    assert shelfloop("stores", "add", "s1", "--name", "One", "--format", "supermarket", "--bay", "b1").exit_code == 0
    assert "bays: b1; cameras: none" in shelfloop("stores", "list").stdout
    sent = shelfloop("captures", "send", photo, "--store", "s1", "--bay", "b1")
    assert "4 detections" in sent.stdout
    assert "(sent before)" in shelfloop("captures", "send", photo, "--store", "s1", "--bay", "b1").stdout
    assert sent.stdout[:32] in shelfloop("captures", "list").stdout
    refused = shelfloop("captures", "send", photo, "--store", "s1", "--bay", "b9")
    assert refused.exit_code == 1
    assert "There is no bay 'b9'. (bay-not-found)" in refused.stderr
    assert "PUT /v1/stores/s1/bays/b9" in refused.stderr


def test_nobody_answers(shelfloop, monkeypatch):
    answer = shelfloop("captures", "list", "--key", "slk_x", "--url", "http://127.0.0.1:9")
    assert answer.exit_code == 1
    assert "shelfloop serve" in answer.stderr


def test_a_photo_is_analyzed_without_a_service(shelfloop, tmp_path, make_photo):
    photo, overlay = tmp_path / "shelf.jpg", tmp_path / "overlay.jpg"
    photo.write_bytes(make_photo())
    answer = shelfloop("analyze", photo, "--json", "--overlay", overlay)
    assert answer.exit_code == 0, answer.output
    analysis = AnalysisAnswer.model_validate(json.loads(answer.stdout))
    assert (analysis.width, analysis.height, analysis.model_version) == (640, 480, 1)
    assert {detection.kind for detection in analysis.detections} <= set(DetectionKind)
    assert overlay.read_bytes().startswith(b"\xff\xd8")
    assert str(photo) in shelfloop("analyze", photo).stdout


def test_a_file_that_is_no_photo(shelfloop, tmp_path):
    letter = tmp_path / "letter.jpg"
    letter.write_text("Dear sir or madam")
    answer = shelfloop("analyze", letter)
    assert answer.exit_code == 1
    assert "letter.jpg" in answer.stderr
    assert "JPEG, PNG or WebP" in answer.stderr

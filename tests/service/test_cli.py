"""Commands, called as a person would."""

import json
import re
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
from typer.testing import CliRunner

from retail.boxes import DetectionKind
from service import cli
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


def test_a_product_nobody_added_is_unresolved_at_the_checkout(shelfloop, service, tmp_path, make_photo):
    front, back = tmp_path / "front.jpg", tmp_path / "back.jpg"
    front.write_bytes(make_photo(1))
    back.write_bytes(make_photo(2))
    asked = shelfloop("checkout", front, back)
    assert asked.exit_code == 0, asked.output
    assert "photo 1: unknown" in asked.stdout
    assert "photo 2: unknown" in asked.stdout
    assert "The views show no known product" in asked.stdout


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


def test_the_catalogue_as_a_file(shelfloop, service, tmp_path):
    file = tmp_path / "catalogue.csv"
    file.write_text("gtin,name,category,family\n4006381333931,Oat [bold] drink,drinks > oat,oat\n17,Milk,drinks,\n")
    refused = shelfloop("catalogue", "import", file)
    assert refused.exit_code == 1
    assert "line 3, column gtin: '17' is not a GTIN: expected 8, 12, 13 or 14 digits." in refused.stderr
    file.write_text(file.read_text().replace("17,Milk", "00000000000017,Milk"))
    tried = shelfloop("catalogue", "import", file, "--dry-run")
    assert "+ 04006381333931 Oat [bold] drink (drinks > oat)\n" in tried.stdout
    assert "Nothing was changed; that was a dry run. The catalogue is at version 0." in tried.stdout
    assert "2 added, 0 changed, 0 delisted, 0 unchanged\nDone." in shelfloop("catalogue", "import", file).stdout
    file.write_text("gtin,name,category\n4006381333931,Oat drink,drinks > oat\n")
    assert "- 00000000000017 Milk: last day 2026-03-01\n" in shelfloop("catalogue", "import", file, "--complete").stdout
    written = tmp_path / "export.csv"
    assert shelfloop("catalogue", "export", written).stdout == f"Wrote {written}.\n"
    assert written.read_bytes() == shelfloop("catalogue", "export").stdout_bytes
    assert "04006381333931,Oat drink,drinks > oat,oat" in written.read_text()
    log = shelfloop("catalogue", "changes", "--since", "2").stdout
    assert "name: Oat [bold] drink -> Oat drink" in log
    assert "The catalogue is at version 4." in log


def test_the_catalogue_change_by_change(shelfloop, service, client):
    for gtin in ("00000000000017", "00000000000024"):
        client.put(f"/v1/products/{gtin}", json={"name": "Milk", "category": ["drinks"]}).raise_for_status()
    positions = [{"shelf": 1, "slot": 1, "gtin": "00000000000017"}]
    client.put("/v1/planograms/milk", json={"positions": positions}).raise_for_status()

    def run(*words: str) -> str:
        done = shelfloop("catalogue", *words)
        assert done.exit_code == 0, done.output
        return done.stdout

    moved = "position milk/1/1/1: remapped, 00000000000017 -> 00000000000031\n"
    assert run("rename", "00000000000017", "00000000000031", "--dry-run") == (
        f"{moved}This would touch 0 facings, 0 references, 1 positions.\n"
    )
    assert run("rename", "00000000000017", "00000000000031").startswith(f"{moved}Touched 0 facings")
    assert run("touched", "3") == moved
    assert run("rename", "00000000000017", "00000000000031") == "Nothing to do: it is so already.\n"
    assert "expired" in run("delist", "00000000000031", "--last-day", "2026-02-28")
    assert "restored" in run("relist", "00000000000031")
    assert "remapped" in run("merge", "00000000000031", "00000000000024")
    parts = ("--into", "00000000000024=Milk 1 l", "--into", "00000000000048=Milk 2 l")
    assert "position milk/1/1/1: requeued" in run("split", "00000000000024", *parts)
    assert client.get("/v1/products/00000000000048").json()["category"] == ["drinks"]
    wrong = shelfloop("catalogue", "merge", "00000000000024", "4e12")
    assert (wrong.exit_code, "(invalid-gtin)" in wrong.stderr) == (1, True)


def test_a_round_is_made_shown_and_replayed(shelfloop, service, clock, bay, client, make_photo):
    for seed in range(3):
        fields = {**bay, "taken_at": f"2026-02-0{1 + seed}T10:00:00Z"}
        client.post("/v1/captures", data=fields, files={"photo": ("a.jpg", make_photo(seed))}).raise_for_status()
    clock.advance(seconds=1)
    made = shelfloop("rounds", "create", "--boxes", 8, "--term", "flip=0", "--term", "drift=0.5", "--event-share", 0)
    assert made.exit_code == 0, made.output
    assert "8 boxes from a pool of 3" in made.stdout
    assert "annotator seconds are assumed" in made.stdout
    id = re.search(r"[0-9a-f]{32}", made.stdout)[0]
    config = client.get(f"/v1/rounds/{id}").json()["config"]
    assert (config["terms"]["flip"], config["terms"]["drift"], config["event_share"]) == (0, 0.5, 0)
    assert id in shelfloop("rounds", "show", id).stdout
    assert "the same as in the round" in shelfloop("rounds", "replay", id).stdout
    wrong = shelfloop("rounds", "create", "--boxes", 8, "--term", "flip")
    assert wrong.exit_code == 2
    assert "flip=0" in wrong.stderr


def test_how_good_labels_are(shelfloop, service):
    assert "0 tasks by 0 annotators" in shelfloop("quality", "agreement").output
    assert "annotator" in shelfloop("quality", "annotators").output
    assert shelfloop("quality", "reviews").exit_code == 0


def test_every_file_of_commands_is_reached_by_its_name() -> None:
    helpers = {"__init__", "__main__", "records", "remote", "terminal"}
    modules = {path.stem for path in Path(cli.__file__).parent.glob("*.py")} - helpers
    listed = CliRunner().invoke(app, ["--help"]).output
    assert not [name for name in modules if f" {name.replace('_', '-')} " not in listed]
    assert "Did you mean 'tasks'?" in CliRunner().invoke(app, ["taks"]).output


def test_a_command_waits_for_the_imports_of_no_other() -> None:
    program = "import sys; from service.cli import app; app(['tasks', '--help'], standalone_mode=False); "
    heavy = "[name for name in ('openvino', 'scipy', 'sqlalchemy', 'torch') if name in sys.modules]"
    command = [sys.executable, "-c", f"{program}print({heavy})"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"


def test_a_server_starts_without_what_no_photo_waits_for() -> None:
    """SciPy loads its parts when they are first used, and jobs are the worker's: together a quarter of the imports."""
    program = "import sys, service.cli.serve, service.app; "
    heavy = "[name for name in ('dbos', 'scipy.optimize', 'scipy.stats', 'torch') if name in sys.modules]"
    command = [sys.executable, "-c", f"{program}print({heavy})"]
    ended = subprocess.run(command, capture_output=True, text=True, check=True)
    assert ended.stdout.splitlines()[-1] == "[]"

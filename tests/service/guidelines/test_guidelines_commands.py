"""The guideline from the command line."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx
import pytest
import yaml
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from service.auth.permissions import Role
from service.cli import app
from tests.service.guidelines.conftest import box

Run = Callable[..., str]


@pytest.fixture
def run(client: TestClient, key_for: Any, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Run a command as an expert, and return what it says."""
    headers = key_for(Role.EXPERT)
    monkeypatch.setenv("SHELFLOOP_KEY", headers["Authorization"].removeprefix("Bearer "))

    def request(method: str, url: str, **more: Any) -> httpx.Response:
        more.pop("timeout")
        return client.request(method, httpx.URL(url).raw_path.decode(), **more)

    monkeypatch.setattr("service.cli.remote.httpx.request", request)

    def run(*words: str, code: int = 0) -> str:
        result = CliRunner().invoke(app, ["guidelines", *words])
        assert result.exit_code == code, result.output
        return result.output

    return run


def test_a_guideline_is_written_changed_tried_and_put_in(
    run: Run, client: TestClient, add_task: Callable[..., str], tmp_path: Path
) -> None:
    for boxes in ([box("tag")], [box()]):
        add_task(boxes)
    file = tmp_path / "ours.yaml"
    assert run("show", "--to", str(file)) == f"Version 1 is in {file}.\n"
    assert run("put", str(file)) == "Version 1 says this already; nothing changed.\n"
    document = yaml.safe_load(file.read_text())
    next(rule for rule in document["rules"] if rule["id"] == "tag-each")["text"] = (
        "Readable tags only – größer als 1 cm."
    )
    file.write_text(yaml.safe_dump(document, allow_unicode=True))
    told = "tag-each  changed, alters 1 labelled tasks\nVersion 2: 1 labelled tasks {}.\n"
    assert run("put", str(file), "--dry-run") == told.format("would be queued again")
    assert run("put", str(file), "--draft", "--note", "Tags") == told.format("would be queued again")
    assert run("enforce", "2") == told.format("queued again")
    assert run("requeue", "2").endswith("Version 2: 0 labelled tasks queued again.\n")
    assert run("list").splitlines()[0] == "2  in force  by a expert: Tags"
    assert "größer als 1 cm" in run("show")


def test_a_file_that_is_no_guideline(run: Run, tmp_path: Path) -> None:
    file = tmp_path / "x.yaml"
    file.write_text("- a\n")
    assert "holds no guideline" in run("put", str(file), code=1)
    assert "cannot be read" in run("put", str(tmp_path / "none.yaml"), code=1)


def test_a_pilot_is_started_listed_and_ended(run: Run, add_task: Callable[..., str]) -> None:
    for _ in range(2):
        add_task()
    started = run("pilot", "Waters", "--annotators", "2")
    assert started.endswith(" of 2 tasks.\n")
    id = started.split()[1]
    assert run("pilots") == f"{id}  Waters: open, 0/4\n"
    assert "0 of 4 answers came." in run("decide", id, code=1)
    assert run("missing") == "0 tasks that several people labelled.\n"

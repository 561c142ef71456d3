"""`shelfloop clips`, called as a person would."""

import httpx
import pytest
from typer.testing import CliRunner

from service.cli import app


@pytest.fixture
def shelfloop(client, monkeypatch):
    def request(method: str, url: str, **more: object) -> httpx.Response:
        more.pop("timeout")
        return client.request(method, url.removeprefix("http://127.0.0.1:8000"), **more)

    monkeypatch.setattr("service.cli.remote.httpx.request", request)
    monkeypatch.setenv("SHELFLOOP_KEY", client.headers["Authorization"].removeprefix("Bearer "))
    monkeypatch.setenv("COLUMNS", "300")
    return lambda *words: CliRunner().invoke(app, ["clips", *map(str, words)])


def test_a_clip_is_sent_and_its_events_written_and_read_back(shelfloop, client, bay, visit, cut_all, tmp_path):
    clip = tmp_path / "visit.mp4"
    clip.write_bytes(visit())
    sent = shelfloop("send", clip, "--store", "s1", "--recorded-at", "2026-03-01T09:00:00")
    assert sent.exit_code == 0, sent.output
    id = sent.stdout[:32]
    assert sent.stdout.strip() == f"{id}  waiting"
    assert "(sent before)" in shelfloop("send", clip, "--store", "s1").stdout
    cut_all()
    assert "1 queued" in shelfloop("list").stdout
    leased = client.post("/v1/clips/tasks/lease", json={}).json()
    (task,) = leased["tasks"]
    mark = {"event": "pickup", "start": task["start"], "end": task["end"]}
    body = {"lease_token": leased["lease_token"], "events": [mark]}
    client.post(f"/v1/clips/tasks/{task['id']}/annotations", json=body).raise_for_status()
    for name in ("events.json", "events.csv"):
        assert shelfloop("export", tmp_path / name).exit_code == 0
        back = shelfloop("import", tmp_path / name)
        assert back.stdout.strip() == "1 pieces read, 0 changed."
    table = tmp_path / "events.csv"
    table.write_text(table.read_text().replace("pickup,", "concealment,"))
    assert shelfloop("import", table).stdout.strip() == "1 pieces read, 1 changed."
    assert shelfloop("remove", id).exit_code == 0
    assert shelfloop("list").stdout == ""
    assert shelfloop("remove", "0" * 32).exit_code == 1

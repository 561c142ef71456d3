"""Planning, triggers and the audit from the command line."""

import httpx
import pytest
from typer.testing import CliRunner

from service.cli import app


@pytest.fixture
def shelfloop(client, monkeypatch):
    """Run a command against the service of this test."""

    def request(method: str, url: str, **more: object) -> httpx.Response:
        more.pop("timeout")
        return client.request(method, url.removeprefix("http://127.0.0.1:8000"), **more)

    monkeypatch.setattr("service.cli.remote.httpx.request", request)
    monkeypatch.setenv("SHELFLOOP_KEY", client.headers["Authorization"].removeprefix("Bearer "))
    monkeypatch.setenv("COLUMNS", "300")
    return lambda *words: CliRunner().invoke(app, list(words))


def test_from_plan_to_order(shelfloop, label, juice):
    label(6, boxes=2, gtin=juice)
    planned = shelfloop("retrainings", "plan", "--set", "epochs=3").stdout
    assert planned.startswith("Would train on ")
    assert "new: 04006381333931 Apple juice 1 l" in planned
    assert "Not now" not in planned
    started = shelfloop("retrainings", "start", "--reason", "new products", "--set", "epochs=3").stdout
    assert "is queued" in started
    id = started.split()[1]
    assert f"Not now: retraining {id} is not over." in shelfloop("retrainings", "plan").stdout
    refused = shelfloop("retrainings", "start", "--reason", "again")
    assert (refused.exit_code, "retraining-in-flight" in refused.stderr) == (1, True)
    assert (
        "off; 12 boxes labelled since the retraining of 2026-03-01" not in shelfloop("retrainings", "triggers").stdout
    )
    assert "labels: off; 0 boxes labelled" in shelfloop("retrainings", "triggers").stdout
    assert shelfloop("retrainings", "cancel", id).exit_code == 0


def test_the_audit_is_read_in_lines(shelfloop, label, serve_what_is_labelled):
    label(12, boxes=2)
    label(9, boxes=2, stratum="dim/oblique/convenience")
    serve_what_is_labelled(of={"neutral/frontal/convenience"})
    lines = shelfloop("coverage", "--audit").stdout.splitlines()
    assert lines[0].startswith("Dim light, oblique, convenience: 43% of what cameras send (9 captures in 28 days)")
    assert lines[1] == f"1. {lines[0]}"
    assert lines[-1].startswith("Not enough retrainings to say what a point costs")

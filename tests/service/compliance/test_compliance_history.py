"""How a bay kept its planogram over time, over HTTP and from the command line."""

import httpx
import pytest
from typer.testing import CliRunner

from service.auth.permissions import Role
from service.cli import app
from tests.service.compliance.painted import PLANNED, paint

NOBODY = "0" * 32


@pytest.fixture
def captures(planned, sent) -> list[dict]:
    """Four captures: as planned, one product gone, another bay, all there again."""
    photos = (paint(*PLANNED), paint("rgb r", "cmwcb"), paint("kkkkk", "kkkkk"), paint(*PLANNED, brightness=125))
    return [sent(photo, minute=20 * n) for n, photo in enumerate(photos)]


def test_a_bay_shows_its_compliance_the_newest_first(client, captures):
    answer = client.get("/v1/bays/b1/compliance").json()
    assert (answer["bay_id"], answer["next"]) == ("b1", None)
    found = answer["compliances"]
    assert [one["capture_id"] for one in found] == [one["id"] for one in reversed(captures)]
    assert [(one["fits"], one["rate"]) for one in found] == [(True, 1), (False, None), (True, 0.9), (True, 1)]
    gone = found[2]
    assert (gone["planogram_id"], gone["planogram_version"]) == ("plan-b1", 1)
    assert (gone["counts"], gone["photos"]) == (captures[1]["compliance"]["counts"], [captures[1]["id"]])
    assert [one["verdict"] for one in gone["positions"]] == ["correct"] * 3 + ["out_of_stock"] + ["correct"] * 6
    assert gone["positions"][3].items() >= {"shelf": 1, "slot": 4, "facings_planned": 1, "facings_seen": 0}.items()
    assert found[1]["positions"] == []


def test_a_bays_compliance_is_paged_and_cut_by_time(client, captures):
    def ids(**params) -> list[str]:
        return [one["capture_id"] for one in client.get("/v1/bays/b1/compliance", params=params).json()["compliances"]]

    first = client.get("/v1/bays/b1/compliance", params={"limit": 3}).json()
    newest = [one["id"] for one in reversed(captures)]
    assert first["next"] == newest[2]
    assert ids(limit=3, after=first["next"]) == newest[3:]
    since, until = captures[1]["taken_at"], captures[2]["taken_at"]
    assert ids(since=since, until=until) == [captures[1]["id"]]
    assert ids(since=since) == newest[:3]


@pytest.mark.parametrize(
    ("path", "code"),
    [
        ("b9/compliance", "bay-not-found"),
        (f"b1/compliance?after={NOBODY}", "compliance-not-found"),
        ("b1/compliance?since=2026-03-01T09:00:00", "invalid-request"),
        ("b1/compliance?limit=0", "invalid-request"),
    ],
)
def test_what_cannot_be_answered_is_refused(client, bay, path, code):
    assert client.get(f"/v1/bays/{path}").json()["code"] == code


def test_a_key_sees_the_bays_of_its_stores_alone(client, bay, key_for):
    assert client.get("/v1/bays/b1/compliance", headers=key_for(Role.STORE, ["s1"])).json()["compliances"] == []
    assert client.get("/v1/bays/b1/compliance", headers=key_for(Role.STORE, ["s2"])).status_code == 403


@pytest.fixture
def shelfloop(client, monkeypatch):
    def request(method: str, url: str, **more: object) -> httpx.Response:
        more.pop("timeout")
        return client.request(method, url.removeprefix("http://127.0.0.1:8000"), **more)

    monkeypatch.setattr("service.cli.remote.httpx.request", request)
    monkeypatch.setenv("SHELFLOOP_KEY", client.headers["Authorization"].removeprefix("Bearer "))
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(app, ["compliance", *words])


def test_the_command_shows_verdicts_and_what_to_do(shelfloop, captures):
    shown = shelfloop("b1", "--capture", captures[1]["id"])
    assert shown.exit_code == 0, shown.output
    assert "planogram plan-b1, version 1: 90% correct" in shown.stdout
    (bare,) = [line for line in shown.stdout.splitlines() if "out of stock" in line]
    assert bare.split()[:3] == ["1/4", "Product", "y"]
    assert "0 of 1" in bare
    assert "- Refill Product y on shelf 1, position 4" in shown.stdout
    assert "100% correct" in shelfloop("b1").stdout
    assert "does not look like bay b1" in shelfloop("b1", "--capture", captures[2]["id"]).stdout
    history = [line for line in shelfloop("b1", "--history", "2").stdout.splitlines() if "2026" in line]
    assert [line.split()[1] for line in history] == [captures[3]["id"], captures[2]["id"]]


def test_the_command_says_why_there_is_nothing_to_show(shelfloop, sent, bay):
    nothing = shelfloop("b1")
    assert (nothing.exit_code, nothing.stderr.count("judged yet")) == (1, 1)
    unjudged = shelfloop("b1", "--capture", sent(paint("rgb"))["id"])
    assert unjudged.exit_code == 1
    assert "Nothing named the facings" in unjudged.stderr

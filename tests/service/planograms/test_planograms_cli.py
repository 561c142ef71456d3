"""`shelfloop planograms`, called as a person would."""

import json

import httpx
import pytest
from typer.testing import CliRunner

from service.cli import app

A, B, C, D = (f"000000000000{end}" for end in ("17", "24", "31", "48"))


@pytest.fixture
def planograms(chain, client, monkeypatch):
    def request(method: str, url: str, **more: object) -> httpx.Response:
        more.pop("timeout")
        return client.request(method, url.removeprefix("http://127.0.0.1:8000"), **more)

    monkeypatch.setattr("service.cli.remote.httpx.request", request)
    monkeypatch.setenv("SHELFLOOP_KEY", client.headers["Authorization"].removeprefix("Bearer "))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*words: object) -> str:
        done = CliRunner().invoke(app, ["planograms", *map(str, words)])
        assert done.exit_code == 0, done.output
        return done.stdout

    return run


def test_from_a_file_to_a_bay_and_back(chain, planograms, tmp_path):
    file = tmp_path / "drinks.csv"
    file.write_text(f"shelf,slot,gtin,wide,x,width\n1,1,{A},2,0,20\n1,2,{B},1,20,8\n")
    assert planograms("import", "drinks", file, "--dry-run") == "Planogram drinks would have version 1.\n"
    assert planograms("import", "drinks", file, "--valid-from", "2026-01-01") == "Planogram drinks has version 1.\n"
    assert planograms("follow", "small-1", "drinks") == "Bay small-1 follows planogram drinks, version 1.\n"
    assert "follows already" in planograms("follow", "small-1", "drinks")
    assert planograms("list") == "drinks  version 1; small-1\n"
    shown = planograms("show", "drinks")
    assert shown == planograms("show", "small-1", "--bay")
    assert shown.startswith("drinks, version 1, for all stores, 2026-01-01 to …\n")
    assert "Apple juice" in shown
    assert "0 to 20" in shown
    body = json.loads(planograms("show", "drinks", "--json"))
    body["positions"][0]["wide"] = 3
    other = tmp_path / "drinks.json"
    other.write_text(json.dumps(body))
    facings = "Apple juice at shelf 1, position 1: 3 facings instead of 2 facings.\n"
    assert planograms("put", "drinks", other) == f"{facings}Planogram drinks has version 2. Bays to change: small-1.\n"
    assert "Nothing to do: planogram drinks, version 2" in planograms("put", "drinks", other)
    assert planograms("diff", "drinks", 1) == planograms("diff", "drinks", 1, 2) == facings
    assert planograms("diff", "drinks", 2) == "Nothing is otherwise.\n"
    assert f"1,1,{A},Apple juice,2,1,0,20,,,\n" in planograms("show", "drinks", "--version", 1, "--csv")


def test_azures_form(planograms, tmp_path):
    file = tmp_path / "azure.json"
    planogram = {
        "Width": 40,
        "Height": 60,
        "Products": [{"Id": A, "Name": "Apple juice", "W": 10, "H": 20}],
        "Fixtures": [{"Id": "1", "W": 40, "H": 2, "X": 0, "Y": 25}],
        "Positions": [{"Id": "p", "ProductId": A, "FixtureId": "1", "X": 0, "Y": 5}],
    }
    file.write_text(json.dumps(planogram))
    imported = planograms("import", "juices", file, "--unit", "inch", "--store-format", "convenience")
    assert imported == "Planogram juices has version 1.\n"
    assert "0 to 25.4" in planograms("show", "juices")
    assert "for format convenience" in planograms("show", "juices")

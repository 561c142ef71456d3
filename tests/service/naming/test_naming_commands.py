"""Commands about references, embedders and policies, called as a person would."""

import re

import httpx
import pytest
from typer.testing import CliRunner

from service.cli import app


@pytest.fixture
def shelfloop(client, settings, monkeypatch):
    """Let commands reach the service and the records of this test."""

    def request(method: str, url: str, **more: object) -> httpx.Response:
        more.pop("timeout")
        return client.request(method, url.removeprefix("http://127.0.0.1:8000"), **more)

    monkeypatch.setattr("service.cli.remote.httpx.request", request)
    monkeypatch.setenv("SHELFLOOP_KEY", client.headers["Authorization"].removeprefix("Bearer "))
    monkeypatch.setenv("SHELFLOOP_HOME", str(settings.home))
    monkeypatch.setenv("SHELFLOOP_DATABASE_URL", settings.database_url)
    monkeypatch.setenv("COLUMNS", "200")
    return lambda *words: CliRunner().invoke(app, [str(word) for word in words])


def test_references_are_added_listed_and_removed(shelfloop, cola, picture, tmp_path):
    for name, colour in (("front.png", "red"), ("back.png", "blue")):
        (tmp_path / name).write_bytes(picture(colour))
    files = tmp_path / "front.png", tmp_path / "back.png"
    added = shelfloop("products", "add-reference", cola, *files)
    assert added.exit_code == 0, added.output
    ids = re.findall(r"[0-9a-f]{32}", added.stdout)
    assert len(ids) == 2
    assert "was there" in shelfloop("products", "add-reference", cola, files[0]).stdout
    assert shelfloop("products", "remove-reference", cola, ids[0]).exit_code == 0
    listed = shelfloop("products", "references", cola).stdout
    assert re.findall(r"[0-9a-f]{32}", listed) == [ids[1]]
    assert "No picture from: back, side, top, bottom, held" in listed


def test_embedders_are_added_and_listed_with_how_fresh_the_gallery_is(
    shelfloop, cola, picture, add_reference, tmp_path
):
    add_reference(cola, picture("red"))
    (tmp_path / "sharper.onnx").write_bytes(b"literal-2")
    added = shelfloop("embedders", "add", tmp_path / "sharper.onnx", "--reason", "sharper")
    assert added.exit_code == 0, added.output
    listed = shelfloop("embedders", "list").stdout
    assert re.search(r"literal-1 .* serving", listed)
    assert re.search(r"literal-2 .* embedding", listed)
    assert "1 references of 1 products, fresh" in listed
    refused = shelfloop("embedders", "calibrate", "--reason", "labels")
    assert refused.exit_code == 1
    assert "too-few-labels" in refused.stderr


def test_an_embedder_is_fitted_further_only_on_labels(shelfloop):
    refused = shelfloop("embedders", "fit", "--reason", "new season")
    assert refused.exit_code == 1
    assert "nothing-to-train" in refused.stderr


def test_a_key_is_made_with_a_policy(shelfloop, client):
    made = shelfloop("keys", "create", "--role", "store", "--name", "till", "--unknown-policy", "fallback_scan")
    assert made.exit_code == 0, made.output
    (key,) = [one for one in client.get("/v1/keys").json() if one["name"] == "till"]
    assert key["unknown_policy"] == "fallback_scan"

"""What a round's batch covers that the labelled set did not, and where its picks lie."""

import httpx
from typer.testing import CliRunner

from service.auth.permissions import Role
from service.catalogue.states import State
from service.cli import app
from service.coverage import queries
from service.records import FacingLabelRecord, SignatureRecord
from tests.service.rounds.laid_out import GLARE, JUICE, SODA, keep, label


def cells(answer) -> dict[tuple[str, ...], tuple[int, ...]]:
    """By category, lighting and angle: labelled, queued, batch where there is one, pool."""
    return {
        (">".join(cell["category"]), cell["lighting"], cell["angle"]): tuple(
            cell[name] for name in ("labelled", "queued", "batch", "pool") if name in cell
        )
        for cell in answer["cells"]
    }


def test_a_round_is_compared_with_what_was_labelled_and_queued_when_it_began(client, laid_out):
    answer = client.get(f"/v1/rounds/{laid_out.rounds[1]}/coverage").json()
    assert cells(answer) == {
        ("drinks", "dim", "frontal"): (1, 0, 1, 0),
        ("food", "warm", "steep"): (0, 1, 1, 0),
        ("drinks", "warm", "steep"): (0, 0, 1, 0),
        ("", "dim", "frontal"): (0, 0, 1, 0),
        ("food", "glare", "frontal"): (0, 0, 0, 1),
    }
    news = {tuple(cell["category"]): cell["ranks"] for cell in answer["cells"] if cell["new"]}
    assert news == {(): [3], ("drinks",): [2]}
    assert (answer["pool_size"], answer["pool_read"], answer["thin_below"]) == (1, 1, 5)
    assert answer["sentence"].startswith("Of 4 combinations of category and condition that the batch shows, 2 are new")


def test_an_older_round_knows_nothing_of_what_came_after_it(client, laid_out):
    answer = client.get(f"/v1/rounds/{laid_out.rounds[0]}/coverage").json()
    found = cells(answer)
    assert found["drinks", "dim", "frontal"] == (0, 0, 1, 1)
    assert found["drinks", "warm", "steep"] == (0, 0, 0, 1)
    assert ("food", "cold", "steep") not in found
    assert answer["pool_size"] == 4


def test_below_a_node_of_the_category_tree(client, laid_out):
    query = "?category=drinks"
    answer = client.get(f"/v1/rounds/{laid_out.rounds[1]}/coverage{query}").json()
    assert answer["category"] == ["drinks"]
    assert cells(answer) == {
        ("drinks>juice", "dim", "frontal"): (1, 0, 1, 0),
        ("drinks>soda", "warm", "steep"): (0, 0, 1, 0),
    }
    deeper = client.get("/v1/coverage?category=drinks&category=juice").json()
    assert cells(deeper) == {("drinks>juice", "dim", "frontal"): (1, 1, 0)}


def test_the_loop_as_it_is_now(client, laid_out):
    answer = client.get("/v1/coverage").json()
    assert cells(answer) == {
        ("drinks", "dim", "frontal"): (1, 1, 0),
        ("food", "warm", "steep"): (0, 2, 0),
        ("drinks", "warm", "steep"): (0, 1, 0),
        ("", "dim", "frontal"): (0, 1, 0),
        ("food", "glare", "frontal"): (0, 0, 1),
        ("food", "cold", "steep"): (0, 0, 1),
    }
    assert answer["sentence"].startswith("6 combinations of category and condition: 0 with 5 labelled captures or more")


def test_labels_say_what_a_capture_shows_once_there_are_some(client, context, clock, laid_out):
    with context.database.write() as session:
        label(session, laid_out.captures["drawn"], SODA, clock.now)
    found = cells(client.get("/v1/coverage?category=drinks").json())
    assert found["drinks>soda", "dim", "frontal"] == (1, 0, 0)
    batch = cells(client.get(f"/v1/rounds/{laid_out.rounds[1]}/coverage?category=drinks").json())
    assert batch["drinks>soda", "dim", "frontal"] == (0, 0, 1, 0)
    with context.database.write() as session:  # as when the product is split
        session.get_one(FacingLabelRecord, (laid_out.captures["drawn"], 0)).state = State.EXPIRED
    assert cells(client.get("/v1/coverage").json())["", "dim", "frontal"] == (1, 0, 0)


def test_a_large_pool_is_counted_by_a_sample_of_it(client, context, clock, laid_out, monkeypatch):
    monkeypatch.setattr(queries, "MOST", 1)  # of two, so that an id ending below 800000 is drawn
    with context.database.write() as session:
        keep(session, f"{'a' * 26}800001", 20, GLARE, (JUICE,), clock.now, copy=False)
        session.get_one(SignatureRecord, laid_out.captures["late"]).near_duplicate = True
    small = client.get("/v1/coverage").json()
    assert (small["pool_size"], small["pool_read"]) == (2, 2)
    monkeypatch.setattr(queries, "_SMALL", 0)
    sampled = client.get("/v1/coverage").json()
    assert (sampled["pool_size"], sampled["pool_read"]) == (2, 1)
    assert cells(sampled)["food", "glare", "frontal"] == (0, 0, 2)  # the one that was read stands for both
    assert ("drinks", "glare", "frontal") not in cells(sampled)


def test_the_map_has_the_picks_in_order_and_the_rest_by_its_state(client, context, laid_out):
    path = f"/v1/rounds/{laid_out.rounds[1]}/map"
    answer = client.get(path).json()
    assert [pick["capture_id"] for pick in answer["picks"]] == [
        laid_out.captures[one] for one in ("same", "new", "drawn")
    ]
    assert (len(answer["labelled"]), len(answer["queued"]), len(answer["pool"])) == (1, 1, 1)
    assert (answer["model_version"], answer["left_out"]) == (1, 0)
    places = [[pick["x"], pick["y"]] for pick in answer["picks"]] + answer["labelled"] + answer["queued"]
    assert all(0 <= number <= 1 for place in places for number in place)
    assert client.get(path).json() == answer
    with context.database.write() as session:
        session.get_one(SignatureRecord, laid_out.captures["new"]).model_version = 2
    renewed = client.get(path).json()
    assert [pick["capture_id"] for pick in renewed["picks"]] == [laid_out.captures[one] for one in ("same", "drawn")]
    assert renewed["left_out"] == 1


def test_nothing_is_fine_too_and_a_round_that_is_none_is_not_found(client):
    answer = client.get("/v1/coverage").json()
    assert (answer["cells"], answer["sentence"]) == ([], "There is nothing to cover yet.")
    for what in ("coverage", "map"):
        missing = client.get(f"/v1/rounds/{'0' * 32}/{what}")
        assert (missing.status_code, missing.json()["code"]) == (404, "round-not-found")


def test_rounds_are_listed_with_what_became_of_them_for_those_who_may_read_them(client, key_for, laid_out):
    newest, first = client.get("/v1/rounds").json()
    assert (newest["id"], first["id"]) == (laid_out.rounds[1], laid_out.rounds[0])
    assert (newest["arms"], newest["tasks"], newest["boxes"]) == ({"value": 2, "random": 1}, {"queued": 3}, 3)
    assert first["tasks"] == {"labelled": 1, "queued": 1}
    for path in ("/v1/coverage", f"/v1/rounds/{laid_out.rounds[0]}/coverage", f"/v1/rounds/{laid_out.rounds[0]}/map"):
        assert client.get(path, headers=key_for(Role.ANNOTATOR)).status_code == 403
        assert client.get(path, headers=key_for(Role.EXPERT)).status_code == 200


def test_the_command_names_what_is_thin(client, laid_out, monkeypatch):
    def request(method: str, url: str, **more: object) -> httpx.Response:
        more.pop("timeout")
        return client.request(method, url.removeprefix("http://127.0.0.1:8000"), **more)

    monkeypatch.setattr("service.cli.remote.httpx.request", request)
    monkeypatch.setenv("SHELFLOOP_KEY", client.headers["Authorization"].removeprefix("Bearer "))
    said = CliRunner().invoke(app, ["coverage", "--round", laid_out.rounds[1], "--limit", "1"]).stdout
    assert "2 are new to the labels" in " ".join(said.split())
    assert [line.split() for line in said.splitlines() if line.startswith("food")] == [
        ["food", "glare", "frontal", "convenience", "0", "0", "0", "1"]
    ]
    assert "4 more thin combinations" in said

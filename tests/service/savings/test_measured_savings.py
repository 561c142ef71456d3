"""What a round's picks were worth against random ones, measured by the worker and shown by the API."""

import httpx
import pytest
from sqlalchemy import func, select
from typer.testing import CliRunner

from sampling.choice.recipes import PRIOR
from service.auth.permissions import Role
from service.cli import app
from service.context import Context
from service.naming.embedders import EmbedderMissing
from service.naming.queries import drop_vectors
from service.records import CaptureRecord, FacingVectorsRecord, SavingRecord
from service.savings.evidence import first_of_each_round
from service.savings.measuring import measure_due
from service.savings.queries import LabelledTask, recipe_shares, recipe_weights
from tests.service.savings.labelled_rounds import Rounds, Shown, random_arm


def test_picks_that_cover_every_product_show_an_advantage(client, context: Context, rounds: Rounds) -> None:
    # 30 random captures teach two thirds of 30 products, 30 picks teach all of them.
    id = rounds.add("1", [Shown(product) for product in range(30)] + random_arm(judging=50, teaching=30))
    assert measure_due(context) == [id]
    body = client.get(f"/v1/rounds/{id}/saving").json()
    assert (body["state"], body["round_id"]) == ("measured", id)
    found = body["of_round"]
    assert found["verdict"] == "advantage"
    assert found["captures"] == {"judging": 50, "picked": 30, "random": 30}
    assert found["boxes"] == 30
    assert 0 < found["difference"]["low"] < found["difference"]["high"]
    assert found["score_picked"] - found["score_random"] == pytest.approx(found["difference"]["mean"])
    assert [point["boxes"] for point in found["curve"]] == [3.75, 7.5, 15, 22.5, 30]
    saved = found["saved"]
    assert saved["picked_boxes"] < saved["random_boxes"]
    assert saved["picked_seconds"] == pytest.approx(30 * saved["picked_boxes"])  # as the annotators took
    assert body["sentence"] == found["sentence"]
    assert body["sentence"].startswith("After 30 boxes each, picked labels name ")
    assert "fewer, about" in body["sentence"]
    assert body["so_far"] == found  # it is the first round
    assert client.get("/v1/savings").json()["rounds"] == [body]
    assert measure_due(context) == []


def test_picks_like_random_ones_show_no_advantage(client, context: Context, rounds: Rounds) -> None:
    alike = [Shown(one.product) for one in random_arm(judging=0, teaching=24, seed=1)]
    id = rounds.add("1", alike + random_arm(judging=30, teaching=24))
    measure_due(context)
    found = client.get(f"/v1/rounds/{id}/saving").json()["of_round"]
    assert found["verdict"] == "no advantage shown"
    assert found["sentence"].startswith("No advantage shown")
    assert found["difference"]["low"] < 0 < found["difference"]["high"]


def test_few_labels_say_how_many_more_are_needed(client, context: Context, rounds: Rounds) -> None:
    id = rounds.add("1", [Shown(0)] * 4 + random_arm(judging=8, teaching=5))
    measure_due(context)
    body = client.get(f"/v1/rounds/{id}/saving").json()
    assert body["sentence"] == (
        "Too few labels to tell (about 24 more random captures needed): 8 random captures judge, 5 teach."
    )
    assert (body["of_round"]["difference"], body["losses"]) == (None, {})


def test_a_round_is_measured_once_half_of_it_is_done_and_again_when_more_is(
    client, context: Context, rounds: Rounds
) -> None:
    captures = [Shown(place, labelled=place < 3) for place in range(8)]
    id = rounds.add("1", captures)
    ids = [f"{place:032d}" for place in range(1, 9)]
    assert measure_due(context) == []
    waiting = client.get(f"/v1/rounds/{id}/saving").json()
    assert waiting["state"] == "waiting"
    assert waiting["sentence"].startswith("3 of 8 tasks are done;")
    for place, due in ((3, True), (4, True), (5, False), (6, True), (7, True)):  # 4, 5, 7 and all 8 labelled
        rounds.label(ids[place], captures[place])
        assert measure_due(context) == ([id] if due else []), place
    rounds.label(ids[0], captures[0], name="b")  # a task that was queued again
    assert measure_due(context) == [id]
    assert client.get("/v1/rounds/" + "f" * 32 + "/saving").json()["code"] == "round-not-found"


def test_the_second_round_builds_on_the_first(client, context: Context, rounds: Rounds, clock) -> None:
    rounds.add("1", [Shown(product) for product in range(15)] + random_arm(judging=20, teaching=12))
    clock.advance(days=1)
    id = rounds.add("2", [Shown(product) for product in range(15, 30)] + random_arm(judging=20, teaching=12))
    assert len(measure_due(context)) == 2
    first, second = reversed(client.get("/v1/savings").json()["rounds"])
    assert second["round_id"] == id
    assert (first["of_round"]["boxes"], second["of_round"]["boxes"]) == (12, 15)  # 24 random ones, but 15 picks
    assert second["so_far"]["boxes"] == 24
    assert second["of_round"]["score_random"] > first["of_round"]["score_random"] + 0.1
    assert second["of_round"]["captures"] == {"judging": 40, "picked": 15, "random": 24}
    assert second["so_far"]["captures"]["picked"] == 30


def test_recipes_gain_weight_by_what_their_picks_taught(client, context: Context, rounds: Rounds) -> None:
    poor = [Shown(0, recipe="value")] * 12
    rich = [Shown(product, recipe="covering") for product in range(12)]
    other = [Shown(0, recipe="gone"), Shown(1, recipe=None)]
    rounds.add("1", poor + rich + other + random_arm(judging=25, teaching=10, products=12))
    with context.database.read() as session:
        assert recipe_weights(session) == PRIOR
    measure_due(context)
    (measured,) = client.get("/v1/savings").json()["rounds"]
    assert measured["losses"]["covering"] < 0.1 < 0.9 < measured["losses"]["value"]
    assert measured["losses"].keys() == {"covering", "value"}
    trusted = {one["name"]: one for one in client.get("/v1/savings").json()["recipes"]}
    assert trusted["covering"]["weight"] > PRIOR["covering"] == trusted["covering"]["prior"]
    assert trusted["value"]["weight"] < PRIOR["value"]
    assert trusted["typical"]["weight"] == pytest.approx(PRIOR["typical"])
    with context.database.read() as session:
        assert recipe_shares(session) == {name: one["share"] for name, one in trusted.items()}


def test_an_adaptive_round_spends_by_the_evidence(client, context: Context, rounds: Rounds, capture_of) -> None:
    id = rounds.add("1", [Shown(0)])
    losses = {"covering": 0.0, "value": 1.0}
    with context.database.write() as session:
        record = SavingRecord(
            round_id=id, at=context.clock(), newest_annotation="a", labelled=1, embedder_id=None, losses=losses
        )
        session.add(record)
    capture_of("s1", 5)
    config = client.post("/v1/rounds", json={"boxes": 4}).json()["config"]
    with context.database.read() as session:
        assert config["recipe_shares"] == recipe_shares(session)
    assert config["recipe_shares"]["covering"] > 1.5 * config["recipe_shares"]["value"]


def test_what_was_embedded_is_kept_until_the_embedder_retires(context: Context, rounds: Rounds, monkeypatch) -> None:
    rounds.add("1", [Shown(0, boxes=6)] * 3 + random_arm(judging=2, teaching=2))
    measure_due(context)
    with context.database.read() as session:
        kept = session.scalars(select(FacingVectorsRecord).order_by(FacingVectorsRecord.annotation_id)).all()
    assert [len(record.places) for record in kept] == [4, 4, 4, 1, 1, 1, 1]  # at most four of one product
    assert {len(record.vectors) for record in kept} == {4 * 12 * 2, 12 * 2}
    monkeypatch.setattr(context.images, "get", None)  # no photo is opened again
    rounds.label("0" + kept[0].annotation_id[1:], Shown(0), name="b")
    with context.database.write() as session:
        for record in session.scalars(select(SavingRecord)):
            record.labelled = 1
    measure_due(context)
    with context.database.write() as session:
        assert session.get_one(SavingRecord, "1".ljust(32, "0")).error.startswith("TypeError")  # but for the new label
        drop_vectors(session, "literal-1")
        assert session.scalar(select(func.count()).select_from(FacingVectorsRecord)) == 0


def test_a_photo_that_is_gone_measures_nothing_and_hinders_nobody(client, context: Context, rounds: Rounds) -> None:
    id = rounds.add("1", [Shown(product) for product in range(12)] + random_arm(judging=20, teaching=10))
    with context.database.read() as session:
        key = session.scalars(select(CaptureRecord.image_key).order_by(CaptureRecord.id)).first()
    context.images.delete(key)
    measure_due(context)
    found = client.get(f"/v1/rounds/{id}/saving").json()["of_round"]
    assert found["captures"] == {"judging": 20, "picked": 11, "random": 10}


def test_what_goes_wrong_is_said_and_tried_again(client, context: Context, rounds: Rounds, clock, monkeypatch) -> None:
    id = rounds.add("1", [Shown(0)] * 2)

    def missing(_: str) -> None:
        raise EmbedderMissing("its file is nowhere")

    monkeypatch.setattr(context.naming.embedders, "load", missing)
    assert measure_due(context) == [id]
    body = client.get(f"/v1/rounds/{id}/saving").json()
    assert body["state"] == "failed"
    assert body["sentence"].endswith("EmbedderMissing: its file is nowhere")
    clock.advance(minutes=59)
    assert measure_due(context) == []
    clock.advance(minutes=1)
    monkeypatch.undo()
    assert measure_due(context) == [id]
    assert client.get(f"/v1/rounds/{id}/saving").json()["state"] == "measured"


def test_the_command_line_says_it_too(client, context: Context, rounds: Rounds, monkeypatch) -> None:
    def request(method: str, url: str, **more: object) -> httpx.Response:
        more.pop("timeout")
        return client.request(method, url.removeprefix("http://127.0.0.1:8000"), **more)

    monkeypatch.setattr("service.cli.remote.httpx.request", request)
    monkeypatch.setenv("SHELFLOOP_KEY", client.headers["Authorization"].removeprefix("Bearer "))
    monkeypatch.setenv("COLUMNS", "200")
    id = rounds.add("1", [Shown(0)] * 4)
    measure_due(context)
    said = "Too few labels to tell (about 40 more random captures needed): 0 random captures judge, 0 teach.\n"
    assert CliRunner().invoke(app, ["savings", "show", id]).stdout == said
    listed = CliRunner().invoke(app, ["savings", "list"]).stdout
    assert listed.startswith(f"{id}  {said}")
    assert "covering_value" in listed
    assert "83%" in listed


def test_annotators_do_not_see_savings(client, key_for) -> None:
    assert client.get("/v1/savings", headers=key_for(Role.ANNOTATOR)).status_code == 403
    assert client.get("/v1/savings", headers=key_for(Role.EXPERT)).status_code == 200


def test_each_round_gives_its_first_picks_in_proportion() -> None:
    tasks = [LabelledTask(name, name, name[0], "value", None, 1, None) for name in ("a1", "a2", "a3", "a4", "b1", "b2")]
    assert [task.capture_id for task in first_of_each_round(tasks)] == ["a1", "b1", "a2", "a3", "b2", "a4"]

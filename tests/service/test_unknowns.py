"""Unknown facings: shown in clusters, and decided many at once."""

from concurrent.futures import ThreadPoolExecutor

import cv2
import numpy as np
import pytest

from service.auth.permissions import Role
from service.records import EmbedderRecord, ReferenceRecord, UnknownFacingRecord
from vision.decoding import decode

GTIN, OTHER = "04006381333931", "00012345678905"
JUICE = {"name": "Apple juice 1 l", "category": ["drinks", "juice"]}
WIDTH = 12  # of the literal embedder's vectors


def clusters(client, **more) -> list[dict]:
    answer = client.get("/v1/unknowns", **more)
    answer.raise_for_status()
    return answer.json()["clusters"]


def states(context, ids) -> list[tuple]:
    with context.database.read() as session:
        found = [session.get_one(UnknownFacingRecord, id) for id in ids]
    return [(one.state, one.gtin, one.reason) for one in found]


def references(context) -> list[ReferenceRecord]:
    with context.database.read() as session:
        return session.query(ReferenceRecord).order_by(ReferenceRecord.id).all()


def reference_pictures(context) -> list[str]:
    stored = context.images.keys()
    return [key for key in stored if key.startswith("references/")]


def test_facings_that_look_alike_are_one_cluster_the_largest_first(client, context, clock, unknown):
    few = unknown(0, 2)
    clock.advance(hours=1)
    many = unknown(1, 3) + unknown(1, 27, "s2")
    answer = client.get("/v1/unknowns").json()
    first, second = answer["clusters"]
    assert set(first["facing_ids"]) == set(many)
    assert set(second["facing_ids"]) == set(few)
    assert (first["count"], second["count"]) == (30, 2)
    assert (first["store_ids"], second["store_ids"]) == (["s1", "s2"], ["s1"])
    assert second["last_seen"] < first["first_seen"]
    assert (answer["cluster_count"], answer["facing_count"], answer["left_out"]) == (2, 32, 0)
    assert len(first["examples"]) == 24
    assert {first["facing_ids"][0], first["facing_ids"][-1]} <= {one["id"] for one in first["examples"]}
    assert first["closest"] == []
    assert len(client.get("/v1/unknowns?limit=1").json()["clusters"]) == 1


def test_only_what_the_naming_embedder_read_is_compared(client, context, unknown):
    with context.database.write() as session:
        session.add(
            EmbedderRecord(id="old", created_at=context.clock(), by="a", source="file", state="retired", progress={})
        )
    unknown(0, 2)
    unknown(1, 3, embedder_id="old")
    answer = client.get("/v1/unknowns").json()
    assert [cluster["count"] for cluster in answer["clusters"]] == [2]
    assert answer["left_out"] == 3


def test_a_key_sees_its_stores_alone(client, key_for, unknown):
    here, there = unknown(0, 2), unknown(0, 3, "s2")
    assert [one["count"] for one in clusters(client)] == [5]
    assert [one["count"] for one in clusters(client, params={"store_id": "s2"})] == [3]
    limited = key_for(Role.ANNOTATOR, ["s1"])
    assert [one["facing_ids"] for one in clusters(client, headers=limited)] == [here]
    assert client.get("/v1/unknowns?store_id=s2", headers=limited).status_code == 403
    assert client.get(f"/v1/unknowns/{there[0]}/crop", headers=limited).status_code == 404
    named = client.post("/v1/unknowns/dismiss", json={"facing_ids": there, "reason": "cannot_tell"}, headers=limited)
    assert (named.status_code, named.json()["code"]) == (404, "unknown-facing-not-found")


def test_a_crop_is_the_facing_as_the_photo_shows_it(client, context, unknown, make_photo):
    id = unknown(0, 2)[1]
    answer = client.get(f"/v1/unknowns/{id}/crop")
    assert answer.headers["content-type"] == "image/jpeg"
    assert "immutable" in answer.headers["cache-control"]
    crop = decode(answer.content).image
    assert crop.shape[:2] == (80, 41)
    photo = cv2.cvtColor(cv2.imdecode(np.frombuffer(make_photo(0), np.uint8), cv2.IMREAD_COLOR), cv2.COLOR_BGR2RGB)
    assert np.abs(photo[20:100, 10:51].astype(int) - crop.astype(int)).mean() < 6


def test_one_decision_names_all_and_the_product_is_known_from_then_on(client, context, unknown, juice):
    ids = unknown(0, 12)
    capture_id = clusters(client)[0]["examples"][0]["capture_id"]
    before = client.get(f"/v1/captures/{capture_id}").json()
    done = client.post("/v1/unknowns/name", json={"facing_ids": ids, "gtin": "4006381333931"})
    assert done.json() == {"decided": 12, "facings": 12, "gtin": juice, "references": 8}
    assert set(states(context, ids)) == {("named", juice, None)}
    assert clusters(client) == []
    kept = references(context)
    assert {one.id for one in kept} <= set(ids)
    assert {(one.variant_id, one.source, one.state) for one in kept} == {(juice, "shelf", "live")}
    assert all(decode(context.images.get(one.image_key)).image.shape[0] == 80 for one in kept)
    found = context.naming.current().gallery.search(np.eye(WIDTH, dtype=np.float32)[:1])
    assert found.gtin(int(found.variants[0, 0])) == juice
    assert found.scores[0, 0] > 0.95
    assert client.get(f"/v1/captures/{capture_id}").json() == before

    again = client.post("/v1/unknowns/name", json={"facing_ids": ids, "gtin": juice})
    assert again.json() == {"decided": 0, "facings": 12, "gtin": juice, "references": 0}
    assert len(references(context)) == 8


def test_a_known_product_is_offered_for_what_looks_like_it(client, unknown, juice):
    ids, _likes = unknown(0, 3), unknown(0, 2, "s2")
    client.post("/v1/unknowns/name", json={"facing_ids": ids, "gtin": juice}).raise_for_status()
    (offered,) = clusters(client)[0]["closest"]
    assert (offered["gtin"], offered["name"]) == (juice, JUICE["name"])
    assert offered["likeness"] > 0.95
    picture = client.get(f"/v1/products/{juice}/references/{offered['reference_id']}/picture")
    assert picture.headers["content-type"] == "image/jpeg"


def test_what_somebody_else_decided_stands_and_nothing_is_half_done(client, context, key_for, unknown, juice):
    ids = unknown(0, 4)
    anna, expert = key_for(Role.ANNOTATOR), key_for(Role.EXPERT)
    taken = {"facing_ids": ids[:1], "reason": "not_a_product"}
    client.post("/v1/unknowns/dismiss", json=taken, headers=expert).raise_for_status()
    refused = client.post("/v1/unknowns/name", json={"facing_ids": ids, "gtin": juice}, headers=anna)
    assert (refused.status_code, refused.json()["code"]) == (409, "facing-decided")
    assert f"{ids[0]} was dismissed (not a product) by a expert" in refused.json()["detail"]
    assert states(context, ids) == [("dismissed", None, "not_a_product"), *[("open", None, None)] * 3]
    assert references(context) == []
    assert client.post("/v1/unknowns/reopen", json={"facing_ids": ids[:1]}, headers=anna).status_code == 409

    client.post("/v1/unknowns/name", json={"facing_ids": ids[1:], "gtin": juice}, headers=anna).raise_for_status()
    refused = client.post("/v1/unknowns/dismiss", json={"facing_ids": ids[1:], "reason": "cannot_tell"}, headers=expert)
    assert "3 facings were decided meanwhile" in refused.json()["detail"]
    assert f"was named {juice} by a annotator" in refused.json()["detail"]
    client.post("/v1/unknowns/reopen", json={"facing_ids": ids}, headers=expert).raise_for_status()
    assert set(states(context, ids)) == {("open", None, None)}


def test_reopening_takes_the_pictures_back(client, context, unknown, juice):
    ids = unknown(0, 3)
    client.post("/v1/unknowns/name", json={"facing_ids": ids, "gtin": juice}).raise_for_status()
    assert clusters(client) == []
    for decided in (3, 0):
        undone = client.post("/v1/unknowns/reopen", json={"facing_ids": ids})
        assert undone.json() == {"decided": decided, "facings": 3, "gtin": None, "references": 0}
    assert references(context) == []
    assert len(context.naming.loaded().gallery) == 0
    assert [one["count"] for one in clusters(client)] == [3]
    assert reference_pictures(context) == []


def test_dismissing_is_idempotent(client, context, unknown):
    ids = unknown(0, 2)
    for decided in (2, 0):
        done = client.post("/v1/unknowns/dismiss", json={"facing_ids": ids, "reason": "cannot_tell"})
        assert (done.json()["decided"], done.json()["facings"]) == (decided, 2)
    assert set(states(context, ids)) == {("dismissed", None, "cannot_tell")}
    assert client.post("/v1/unknowns/dismiss", json={"facing_ids": ids, "reason": "because"}).status_code == 422


@pytest.mark.parametrize(("gtin", "code"), [("123", "invalid-gtin"), (GTIN, "product-unknown")])
def test_a_product_must_be_in_the_catalogue(client, context, unknown, gtin, code):
    ids = unknown(0, 2)
    refused = client.post("/v1/unknowns/name", json={"facing_ids": ids, "gtin": gtin}).json()
    assert (refused["code"], refused["field"]) == (code, "gtin")
    assert refused["remedy"]
    assert set(states(context, ids)) == {("open", None, None)}


def test_facings_are_named_as_what_a_renamed_product_is_today(client, context, unknown, juice):
    client.post(f"/v1/products/{juice}/rename", json={"new_gtin": OTHER}).raise_for_status()
    done = client.post("/v1/unknowns/name", json={"facing_ids": unknown(0, 2), "gtin": juice}).json()
    assert done["gtin"] == OTHER


def test_stores_and_engineers_do_not_label(client, key_for, unknown, juice):
    ids = unknown(0, 1)
    for role in (Role.STORE, Role.ENGINEER):
        for path, more in (("name", {"gtin": juice}), ("dismiss", {"reason": "cannot_tell"}), ("reopen", {})):
            refused = client.post(f"/v1/unknowns/{path}", json={"facing_ids": ids, **more}, headers=key_for(role))
            assert (refused.status_code, refused.json()["code"]) == (403, "role-not-allowed")


def test_no_picture_stays_of_a_decision_that_fails(client, context, unknown, juice, monkeypatch):
    ids = unknown(0, 2)
    before = context.images.keys()

    def fail(*_args: object) -> None:
        raise RuntimeError("the disk is full")

    monkeypatch.setattr("service.unknowns.service.add_shelf_references", fail)
    assert client.post("/v1/unknowns/name", json={"facing_ids": ids, "gtin": juice}).status_code == 500
    assert context.images.keys() == before
    assert set(states(context, ids)) == {("open", None, None)}


def test_of_two_who_name_at_once_one_is_heard(client, context, key_for, unknown, juice):
    client.put(f"/v1/products/{OTHER}", json={**JUICE, "name": "Pear juice 1 l"}).raise_for_status()
    ids = unknown(0, 5)
    wanted = [(gtin, key_for(Role.ANNOTATOR)) for gtin in (juice, OTHER)]
    with ThreadPoolExecutor(2) as pool:
        answers = list(
            pool.map(
                lambda one: client.post("/v1/unknowns/name", json={"facing_ids": ids, "gtin": one[0]}, headers=one[1]),
                wanted,
            )
        )
    assert sorted(answer.status_code for answer in answers) == [200, 409]
    winner = next(answer.json()["gtin"] for answer in answers if answer.status_code == 200)
    assert {gtin for _, gtin, _ in states(context, ids)} == {winner}
    assert {one.variant_id for one in references(context)} == {winner}
    assert len(reference_pictures(context)) == len(references(context))


def test_a_photo_that_is_gone_does_not_keep_its_facings_from_being_named(client, context, unknown, juice):
    ids = unknown(0, 2)
    stored = context.images.keys()
    for key in stored:
        context.images.delete(key)
    assert client.get(f"/v1/unknowns/{ids[0]}/crop").status_code == 404
    done = client.post("/v1/unknowns/name", json={"facing_ids": ids, "gtin": juice}).json()
    assert (done["decided"], done["references"]) == (2, 0)

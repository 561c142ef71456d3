"""The coverage audit over HTTP, on each database."""

from itertools import pairwise

import numpy as np
import pytest

from service.auth.permissions import Role
from service.records import CaptureRecord, SignatureRecord
from service.signature_numbers import packed

USUAL = "neutral/frontal/convenience"
REMOVED = ("warm/oblique/convenience", "cold/frontal/convenience", "dim/frontal/convenience")


def _audit(client):
    answer = client.get("/v1/coverage/audit")
    assert answer.status_code == 200, answer.text
    return answer.json()


def _name(row):
    return f"{row['lighting']}/{row['angle']}/{row['format']}"


def test_a_stratum_removed_from_the_training_set_is_the_first_thing_it_names(client, label, serve_what_is_labelled):
    for count, stratum in enumerate((USUAL, *REMOVED)):
        label(12 - count, boxes=2, stratum=stratum)
    for removed in REMOVED:
        serve_what_is_labelled(of={USUAL, *REMOVED} - {removed})
        found = _audit(client)
        first = found["next"][0]
        assert (_name(first), first["standing"]) == (removed, "never trained")
        assert found["sentence"].startswith(first["words"])
        assert "the serving model was trained on none" in first["words"]
        standings = {_name(row): row["standing"] for row in found["strata"]}
        assert [name for name, standing in standings.items() if standing == "never trained"] == [removed]


def test_the_starter_was_trained_on_none_of_the_photos_here(client, label):
    label(30, boxes=2)
    found = _audit(client)
    assert found["sentence"].startswith("What the serving model was trained on is none of the photos here. Neutral")
    assert (found["model_version"], found["snapshot_hash"], found["trained"]) == (1, None, 0)
    assert (found["next"][0]["action"], found["next"][0]["captures"]) == ("retrain", 0)
    assert found["freshness"]["median_age_days"] is None
    assert found["point_cost"]["words"].startswith("Not enough retrainings")


def test_without_captures_there_is_nothing_to_compare(client):
    found = _audit(client)
    assert found["sentence"].startswith("No capture came in the last 28 days")
    assert (found["next"], found["strata"]) == ([], [])


def test_a_condition_that_is_sent_no_more_and_was_never_trained_is_left_out(client, context, label):
    label(3, boxes=2)
    context.clock.advance(days=40)
    assert _audit(client)["strata"] == []


def test_labels_grow_old_by_time_layout_and_catalogue(client, context, label, serve_what_is_labelled, juice):
    for store in ("s1", "s2", "s3", "s4"):
        label(4, boxes=2, store=store)
    version = serve_what_is_labelled()
    context.clock.advance(days=10)
    client.put("/v1/products/04006381333948", json={"name": "Milk", "category": ["dairy"]}).raise_for_status()
    for slots in ((1,), (1, 2)):
        positions = [{"shelf": 1, "slot": slot, "gtin": juice} for slot in slots]
        client.put("/v1/planograms/p1", json={"positions": positions}).raise_for_status()
        if slots == (1,):
            for bay in ("s2-b", "s3-b"):
                client.put(f"/v1/bays/{bay}/planogram", json={"planogram_id": "p1"}).raise_for_status()
        context.clock.advance(days=1)
    found = _audit(client)
    train = found["trained"]
    outdated = found["freshness"]["outdated"]
    assert (found["model_version"], found["freshness"]["median_age_days"]) == (version, 12)
    assert 0 < outdated < train
    assert found["freshness"]["catalogue_changes"] >= 1
    said = f"Half of the {train} training photos are older than 12 days; {outdated} show bays whose layout has changed"
    assert found["freshness"]["sentence"].startswith(said)


def _sign(session, capture, vector, version):
    place = {"capture_id": capture.id, "store_id": capture.store_id, "bay_id": capture.bay_id}
    session.add(
        SignatureRecord(
            **place,
            stratum=capture.stratum,
            model_version=version,
            received_at=capture.received_at,
            near_duplicate=False,
            image_vector=(vector / np.linalg.norm(vector)).astype("<f2").tobytes(),
            numbers=packed(value=1.0, boxes=3),
            predicted_boxes=3,
            facings=3,
            gaps=0,
            unknown=None,
            confidence=0.8,
            luminance=0.2,
            clipped=0.0,
            temperature=5000.0,
            gradient=0.1,
        )
    )


def test_near_duplicates_in_the_training_set_can_be_pruned(client, context, label, serve_what_is_labelled):
    ids = [*label(6, boxes=3), *label(6, boxes=3, store="s2")]
    version = serve_what_is_labelled()
    luck = np.random.default_rng(0)
    with context.database.write() as session:
        for store in ("s1", "s2"):
            look = luck.normal(size=16)
            for id in ids:
                capture = session.get_one(CaptureRecord, id)
                if capture.store_id == store:
                    _sign(session, capture, look, version)
    found = _audit(client)
    pruned = found["redundancy"]
    bays = 2 if pruned["captures"] == found["trained"] - 2 else 1
    assert pruned["captures"] == found["trained"] - bays
    assert (pruned["boxes"], pruned["not_compared"]) == (3 * pruned["captures"], 0)
    assert pruned["examples"][0]["similarity"] == pytest.approx(1, abs=1e-3)
    assert "an epoch could be" in pruned["sentence"]


def test_a_point_costs_what_new_labels_took(client, context, label, serve_what_is_labelled):
    scores = (0.2, 0.5, 0.52, 0.54, 0.56)
    for champion_ap, ap in pairwise(scores):
        label(3, boxes=2, seconds=40.0)
        context.clock.advance(days=2)
        serve_what_is_labelled(champion_ap=champion_ap, ap=ap)
    found = _audit(client)["point_cost"]
    assert found["retrainings"] == 3, "the step from the starter is another matter"
    assert found["seconds"] == pytest.approx(60, abs=0.5)
    assert found["low"] == pytest.approx(60, abs=0.5)
    assert found["words"].startswith("A point cost 60 s of labelling in the last 3 retrainings")


def test_only_those_who_read_rounds_see_it(client, key_for):
    assert client.get("/v1/coverage/audit", headers=key_for(Role.STORE)).status_code == 403

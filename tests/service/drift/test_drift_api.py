"""What moved, as the API tells it, on each database."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from service.auth.permissions import Role
from service.drift.queries import Scope, list_scopes
from service.drift.service import drifted_strata
from service.drift.watching import look_around
from service.records import (
    CameraRecord,
    CaptureRecord,
    DriftRecord,
    ModelRecord,
    PromotionRecord,
    RetrainingRecord,
    SignatureRecord,
)
from service.signature_numbers import packed

FIRST_DAY = datetime(2026, 1, 1, 9, tzinfo=UTC)
WIDTH = 8


@pytest.fixture
def send(client, context):
    """Record captures of a camera: `send("s1", "c1", days, luminance=0.2)`, three bays a day; returns their ids."""
    numbers = iter(range(1, 10_000))

    def add(store, camera, days, *, luminance=0.2, stratum="neutral/frontal/convenience", model_version=1):
        client.put(f"/v1/stores/{store}", json={"name": store, "format": "convenience"}).raise_for_status()
        for bay in range(3):
            client.put(f"/v1/stores/{store}/bays/{store}-{bay}").raise_for_status()
        ids, records = [], []
        with context.database.write() as session:
            if camera is not None:
                session.merge(CameraRecord(id=camera, store_id=store))
                session.flush()
            for day in days:
                for bay in range(3):
                    number = next(numbers)
                    luck = np.random.default_rng(number)
                    ids.append(f"{number:032x}")
                    taken = FIRST_DAY + timedelta(days=day, minutes=bay)
                    light = luminance * float(luck.uniform(0.9, 1.1)) * (1 + bay / 10)
                    place = {"store_id": store, "camera_id": camera, "bay_id": f"{store}-{bay}", "stratum": stratum}
                    records.append(_records(number, place, taken, light, model_version))
            session.add_all(capture for capture, _ in records)
            session.flush()
            session.add_all(signature for _, signature in records)
        return ids

    return add


def _records(number, place, taken, luminance, model_version):
    id, luck = f"{number:032x}", np.random.default_rng(number)
    kept = {"sha256": id, "image_key": id, "image_sha256": id, "taken_at": taken, "received_at": taken}
    seen = {"width": 640, "height": 480, "truncated": False, "detections": [], "faces_blurred": 0}
    vector = luck.normal(size=WIDTH)
    return CaptureRecord(id=id, **place, **kept, **seen, model_version=model_version), SignatureRecord(
        capture_id=id,
        **place,
        model_version=model_version,
        received_at=taken,
        near_duplicate=False,
        image_vector=(vector / np.linalg.norm(vector)).astype("<f2").tobytes(),
        numbers=packed(value=1.0, boxes=10),
        predicted_boxes=10,
        facings=10,
        gaps=int(luck.integers(3)),
        unknown=None,
        confidence=float(luck.uniform(0.7, 0.8)),
        luminance=luminance,
        clipped=0.0,
        temperature=float(luck.uniform(5000, 6000)),
        gradient=float(luck.uniform(0.1, 0.2)),
    )


def _scopes(client):
    answer = client.get("/v1/drift")
    assert answer.status_code == 200, answer.text
    return {(one["store_id"], one["camera_id"]): one for one in answer.json()["scopes"]}


def test_before_anything_was_looked_at_there_is_nothing_to_tell(client):
    assert client.get("/v1/drift").json() == {
        "looked_at": None,
        "scopes": [],
        "quotas": {},
        "retraining_advised": False,
        "reason": "",
    }


def test_a_camera_that_grew_dark_is_told_from_a_calm_one(client, context, send):
    before = send("s1", "c1", range(70))
    now = send("s1", "c1", range(70, 80), luminance=0.08, stratum="dim/frontal/convenience")
    send("s2", "c2", range(80))
    assert look_around(context) == 2
    scopes = _scopes(client)
    dark, calm = scopes["s1", "c1"], scopes["s2", "c2"]
    assert (dark["drifted"], dark["undecided"], dark["reference"]) == (True, "", "first")
    assert (calm["drifted"], calm["undecided"], calm["since"], calm["pairs"], calm["strata"]) == (
        False,
        "",
        None,
        [],
        [],
    )
    first = dark["signals"][0]
    assert (first["signal"], first["moved"]) == ("luminance", True)
    assert first["words"] == "photos are 60% darker"
    assert first["before"] == pytest.approx(0.22, abs=0.005)
    assert first["now"] == pytest.approx(0.088, abs=0.005)
    assert [one["signal"] for one in dark["signals"] if one["moved"]] == ["luminance"]
    assert datetime.fromisoformat(dark["since"]) == FIRST_DAY + timedelta(days=70)
    assert dark["strata"] == ["dim/frontal/convenience"]
    assert sorted(pair["bay_id"] for pair in dark["pairs"]) == ["s1-0", "s1-1", "s1-2"]
    assert all(pair["before"] in before and pair["now"] in now for pair in dark["pairs"])
    answer = client.get("/v1/drift").json()
    assert answer["quotas"] == {"dim/frontal/convenience": 2.0}
    assert not answer["retraining_advised"]


def test_a_camera_is_looked_at_again_after_ten_captures(client, context, send):
    send("s1", "c1", range(80))
    assert look_around(context) == 1
    assert look_around(context) == 0
    send("s1", "c1", range(80, 83))
    assert look_around(context) == 0
    send("s1", "c1", range(83, 84))
    assert look_around(context) == 1
    assert _scopes(client)["s1", "c1"]["captures"] == 252


def test_drift_that_lasts_advises_a_retraining_and_keeps_its_beginning(client, context, send):
    send("s1", "c1", range(70))
    send("s1", "c1", range(70, 80), luminance=0.08)
    look_around(context)
    since = _scopes(client)["s1", "c1"]["since"]
    send("s1", "c1", range(80, 115), luminance=0.08)
    look_around(context)
    scope = _scopes(client)["s1", "c1"]
    assert (scope["drifted"], scope["since"], scope["lasting_captures"]) == (True, since, 105)
    answer = client.get("/v1/drift").json()
    assert answer["retraining_advised"]
    assert answer["reason"] == "camera c1 of store s1 has drifted for 105 captures (photos are 60% darker)"


def test_drift_that_ends_is_forgotten(client, context, send):
    send("s1", "c1", range(70))
    send("s1", "c1", range(70, 80), luminance=0.08)
    look_around(context)
    send("s1", "c1", range(80, 120))
    look_around(context)
    scope = _scopes(client)["s1", "c1"]
    assert (scope["drifted"], scope["since"], scope["strata"]) == (False, None, [])
    with context.database.read() as session:
        assert drifted_strata(session, 2) == {}


def test_what_the_model_says_is_compared_within_one_model_only(client, context, send):
    send("s1", "c1", range(70), model_version=1)
    with context.database.write() as session:
        _promote(session, context.clock(), ordered=FIRST_DAY)
    send("s1", "c1", range(70, 80), model_version=2)
    look_around(context)
    scope = _scopes(client)["s1", "c1"]
    assert {one["signal"] for one in scope["signals"]} == {"luminance", "temperature", "gradient"}


def test_the_reference_ends_where_the_serving_models_snapshot_was_frozen(client, context, send):
    send("s1", "c1", range(20), luminance=0.05)
    send("s1", "c1", range(20, 50), luminance=0.2)
    send("s1", "c1", range(70, 80), luminance=0.2)
    with context.database.write() as session:
        _promote(session, context.clock(), ordered=FIRST_DAY + timedelta(days=49, hours=12))
    look_around(context)
    scope = _scopes(client)["s1", "c1"]
    assert (scope["reference"], scope["model_version"]) == ("snapshot", 2)
    assert datetime.fromisoformat(scope["reference_until"]) == FIRST_DAY + timedelta(days=49, minutes=2)


def _promote(session, now, ordered):
    states = {"created_at": ordered, "finished_at": now, "by": "test", "state": "succeeded", "reason": ""}
    session.add(RetrainingRecord(id="r" * 32, **states, request={}, base_version=1, progress={}))
    session.flush()
    made = {"created_at": now, "source": "retraining", "retraining_id": "r" * 32}
    session.add(ModelRecord(version=2, **made, artefact_sha256="", metadata_json={}))
    session.flush()
    moved = {"model_version": 2, "previous_version": 1, "action": "promote", "reason": ""}
    session.add(PromotionRecord(**moved, by="test", at=now))


def test_a_young_camera_is_undecided_in_plain_words(client, context, send):
    send("s1", "c1", range(5))
    look_around(context)
    scope = _scopes(client)["s1", "c1"]
    assert (scope["drifted"], scope["signals"]) == (False, [])
    assert scope["undecided"] == "only 0 captures before show the same bays as the newest; 40 are needed"


def test_a_store_is_looked_at_as_a_whole_where_it_has_more_than_one_camera(context, send):
    send("s1", "c1", range(2))
    send("s2", "c2", range(2))
    send("s2", None, range(1))
    with context.database.read() as session:
        assert list_scopes(session) == [Scope("s1", "c1", 6), Scope("s2", "c2", 6), Scope("s2", "", 9)]


@pytest.mark.parametrize(("role", "status"), [(Role.EXPERT, 200), (Role.ENGINEER, 200), (Role.STORE, 403)])
def test_who_reads_rounds_reads_drift(client, key_for, role, status):
    assert client.get("/v1/drift", headers=key_for(role)).status_code == status


def test_the_records_of_looks_name_every_signal_once(context, send):
    send("s1", "c1", range(80))
    look_around(context)
    with context.database.read() as session:
        record = session.get_one(DriftRecord, ("s1", "c1"))
    names = [one["signal"] for one in record.signals]
    assert sorted(names) == ["confidence", "gaps", "gradient", "look", "luminance", "temperature"]

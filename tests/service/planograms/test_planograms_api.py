"""Planograms in versions, who follows them, and which version counts when."""

from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime

import pytest

from retail.catalogue_log import read_event
from retail.catalogue_rules import replay
from retail.gtin import Gtin
from retail.planograms import PlannedShelf, Planogram, Position
from service.auth.permissions import Role
from service.catalogue.loading import load_catalogue
from service.catalogue.queries import list_changes
from service.planograms.queries import in_force, in_force_in_store
from service.planograms.resets import reset_times

A, B, C, D = (f"000000000000{end}" for end in ("17", "24", "31", "48"))


def test_what_is_put_is_read(chain):
    first = {"shelf": 1, "slot": 2, "gtin": "17", "wide": 3, "high": 2, "x": 10, "width": 24.5}
    second = {"shelf": 1, "slot": 1, "gtin": B}
    measures = {"number": 1, "base": 40.0, "clear": 30.0}
    request = {"width": 100, "shelves": [measures], "positions": [{**first, "gtin": A}, second]}
    put = chain.client.put("/v1/planograms/drinks", json=request)
    assert (put.status_code, put.json()["version"], put.json()["changed"], put.json()["diff"]) == (201, 1, True, [])
    read = chain.get("/v1/planograms/drinks")
    assert read["positions"] == [
        {**second, "name": "Banana milk", "wide": 1, "high": 1, "x": None, "width": None, "state": "current"},
        {**first, "gtin": A, "name": "Apple juice", "state": "current"},
    ]
    assert (read["width"], read["shelves"], read["by"]) == (100, [measures], "a admin")
    again = chain.client.put("/v1/planograms/drinks", json=request)
    assert (again.status_code, again.json()["version"], again.json()["changed"]) == (200, 1, False)


def test_versions_and_what_is_otherwise_between_them(chain):
    chain.put("p", "AB", "C")
    tried = chain.put("p", "A", "BC", dry_run=True)
    assert (tried["version"], tried["changed"], chain.get("/v1/planograms/p")["version"]) == (2, True, 1)
    done = chain.put("p", "A", "BC")
    move = "Move Banana milk from shelf 1, position 2 to shelf 2, position 1."
    assert (done["version"], done["diff"], tried["diff"]) == (2, [move], [move])
    chain.put("p", "A", "BCD", width=90)
    diff = chain.get("/v1/planograms/p/diff", **{"from": 1})
    assert diff["sentences"] == [
        move,
        "Add Dates at shelf 2, position 3: 1 facing.",
        "Width of the bay: 90 cm instead of none.",
    ]
    assert (diff["before"]["version"], diff["after"]["version"]) == (1, 3)
    moved, added = diff["differences"]
    assert (moved["kind"], moved["gtin"], moved["before"]["shelf"], moved["after"]["shelf"]) == ("moved", B, 1, 2)
    assert (added["kind"], added["name"], added["before"], added["after"]["slot"]) == ("added", "Dates", None, 3)
    assert [one["version"] for one in chain.get("/v1/planograms/p")["versions"]] == [3, 2, 1]
    assert [p["gtin"] for p in chain.get("/v1/planograms/p", version=1)["positions"]] == [A, B, C]
    assert chain.client.get("/v1/planograms/p?version=9").json()["code"] == "planogram-version-not-found"
    assert chain.client.get("/v1/planograms/q/diff?from=1").json()["code"] == "planogram-not-found"


def test_a_renamed_product_is_no_difference(chain):
    chain.put("p", "AB")
    chain.put("p", "ABC")
    chain.client.post(f"/v1/products/{A}/rename", json={"new_gtin": "00000000000055"}).raise_for_status()
    diff = chain.get("/v1/planograms/p/diff", **{"from": 1})
    assert diff["sentences"] == ["Add Cola at shelf 1, position 3: 1 facing."]


def test_slots_that_are_numbered_anew(chain):
    chain.put("p", "A")
    positions = [{"shelf": 1, "slot": 7, "gtin": A}]
    done = chain.client.put("/v1/planograms/p", json={"positions": positions}).json()
    assert (done["version"], done["diff"]) == (2, ["Only the numbers of slots are otherwise."])


@pytest.mark.parametrize(
    ("change", "code", "field"),
    [
        ({"positions": [{"shelf": 1, "slot": 1, "gtin": A}] * 2}, "invalid-planogram", "positions"),
        ({"positions": [{"shelf": 1, "slot": 1, "gtin": "55"}]}, "invalid-gtin", "positions[0].gtin"),
        ({"positions": [{"shelf": 1, "slot": 1, "gtin": "00000000000055"}]}, "product-unknown", "positions[0].gtin"),
        ({"positions": [{"shelf": 1, "slot": 1, "gtin": A, "x": 3}]}, "invalid-planogram", "positions[0].width"),
        ({"positions": []}, "invalid-request", "positions"),
        ({"valid_from": "2026-03-02", "valid_until": "2026-03-01"}, "invalid-planogram", "valid_until"),
        ({"shelves": [{"number": 1, "base": 9, "clear": 9}] * 2}, "invalid-planogram", "positions"),
        ({"store_format": "kiosk"}, "invalid-request", "store_format"),
    ],
)
def test_what_is_no_planogram(chain, change, code, field):
    request = {"positions": [{"shelf": 1, "slot": 1, "gtin": A}], **change}
    problem = chain.client.put("/v1/planograms/p", json=request).json()
    assert (problem["code"], problem["field"]) == (code, field)
    assert chain.client.get("/v1/planograms/p").json()["code"] == "planogram-not-found"


def test_a_version_for_the_format_beats_one_for_all_while_it_is_valid(chain):
    chain.put("p", "A")
    chain.put("p", "AB", store_format="convenience", valid_from="2026-03-10", valid_until="2026-03-20")
    chain.put("p", "AC")
    chain.follow("small-1", "p")
    chain.follow("large-1", "p")
    days = ("2026-03-09", "2026-03-10", "2026-03-20", "2026-03-21")
    assert [chain.version("small-1", day) for day in days] == [3, 2, 2, 3]
    assert [chain.version("large-1", day) for day in days] == [3, 3, 3, 3]
    assert chain.version("small-1") == 3, "today is the first of March"
    again = chain.put("p", "AB", store_format="convenience", valid_from="2026-03-10", valid_until="2026-03-20")
    assert (again["version"], again["changed"]) == (2, False)


def test_the_usual_layout_and_a_promotion_sent_every_night(chain):
    days = {"valid_from": "2026-03-10", "valid_until": "2026-03-20"}

    def night(usual):
        done = (chain.put("p", usual), chain.put("p", "D", **days))
        return [(one["version"], one["changed"]) for one in done]

    chain.put("p", "A")
    chain.follow("small-1", "p")
    assert night("A") == [(1, False), (2, True)]
    assert night("A") == [(1, False), (2, False)]
    assert chain.version("small-1", "2026-03-15") == 2
    assert night("B") == [(3, True), (4, True)], "the third left the second no day, so it is put again"
    assert night("B") == [(3, False), (4, False)]
    assert chain.version("small-1", "2026-03-15") == 4


def test_a_bay_without_a_planogram_and_days_without_a_version(chain):
    assert chain.version("small-1") == "planogram-not-found"
    chain.put("p", "A", valid_from="2026-03-02")
    assert chain.follow("small-1", "p")["changed"] is True
    assert chain.version("small-1", "2026-03-01") == "planogram-not-found"
    assert chain.version("small-1", "2026-03-02") == 1
    assert chain.version("nowhere") == "bay-not-found"


def test_a_bay_follows_only_what_there_is_for_its_store(chain):
    chain.put("p", "A", store_format="hypermarket")
    answer = chain.client.put("/v1/bays/small-1/planogram", json={"planogram_id": "p"})
    assert (answer.status_code, answer.json()["code"]) == (409, "planogram-not-for-format")
    answer = chain.client.put("/v1/bays/small-1/planogram", json={"planogram_id": "q"})
    assert (answer.status_code, answer.json()["code"]) == (404, "planogram-not-found")
    assert chain.follow("large-1", "p")["version"] == 1


def test_who_else_asks_gets_values(chain):
    request = {
        "width": 100,
        "shelves": [{"number": 1, "base": 40, "clear": 30}],
        "positions": [
            {"shelf": 1, "slot": 2, "gtin": B, "wide": 2, "x": 30, "width": 20},
            {"shelf": 1, "slot": 1, "gtin": A},
        ],
    }
    chain.client.put("/v1/planograms/p", json=request).raise_for_status()
    chain.follow("small-1", "p")
    shelf = PlannedShelf(1, 40, 30)
    cola = Position(1, 2, Gtin(B), 2, 1, 30, 20)
    with chain.context.database.read() as session:
        both = Planogram("p", 1, (Position(1, 1, Gtin(A)), cola), (shelf,), 100)
        assert in_force(session, "small-1", date(2026, 3, 1)) == both
        assert in_force_in_store(session, "small", date(2026, 3, 1)) == {"small-1": both}
        assert in_force(session, "large-1", date(2026, 3, 1)) is None
        assert in_force(session, "no-bay", date(2026, 3, 1)) is None
    for gtin, left in ((A, (cola,)), (B, ())):
        chain.client.post(f"/v1/products/{gtin}/delist", json={"last_day": "2026-03-01"}).raise_for_status()
        with chain.context.database.read() as session:
            found = in_force(session, "small-1", date(2026, 3, 1))
            assert (found.positions if found else ()) == left
    assert [one["state"] for one in chain.get("/v1/bays/small-1/planogram")["positions"]] == ["expired", "expired"]


def test_what_the_catalogue_touches(chain):
    chain.put("p", "A", valid_until="2026-12-31")
    chain.put("p", "A", "B")
    rename = {"new_gtin": "00000000000055"}
    done = chain.client.post(f"/v1/products/{A}/rename", json=rename).json()
    assert done["counts"]["positions"] == 1, "the second version left the first no day"
    assert [one["id"] for one in done["touched"]] == ["p/2/1/1"]
    chain.put("p", "B", valid_from="2027-01-01")
    done = chain.client.post("/v1/products/00000000000055/rename", json={"new_gtin": A}).json()
    assert [one["id"] for one in done["touched"]] == ["p/2/1/1"], "and the third leaves the second this year"
    assert chain.put("p", "B", "A")["changed"] is True
    chain.client.post(f"/v1/products/{A}/delist", json={"last_day": "2026-02-01"}).raise_for_status()
    left = chain.client.put("/v1/planograms/p", json={"positions": [{"shelf": 1, "slot": 1, "gtin": B}]}).json()
    assert left["diff"] == ["Remove Apple juice from shelf 2, position 1: 1 facing."]


# --- resets ---


def test_a_reset_is_an_event_of_the_catalogue(chain):
    start = chain.get("/v1/catalogue/changes")["version"]
    chain.put("p", "A")
    assert chain.get("/v1/catalogue/changes")["version"] == start, "no bay follows it"
    chain.follow("small-1", "p")
    assert chain.follow("small-1", "p") == {
        "bay_id": "small-1",
        "planogram_id": "p",
        "version": 1,
        "changed": False,
        "catalogue_version": start + 1,
    }
    chain.follow("large-1", "p")
    done = chain.put("p", "AB")
    assert (done["reset"], done["catalogue_version"]) == (["large-1", "small-1"], start + 3)
    chain.put("p", "AB")
    assert chain.put("p", "ABC", store_format="hypermarket")["reset"] == ["large-1"]
    chain.put("q", "C")
    chain.follow("small-1", "q")
    log = chain.get("/v1/catalogue/changes", since=start)["changes"]
    assert {(one["kind"], one["gtin"], one["by"]) for one in log} == {("planogram_reset", "", "a admin")}
    assert [one["details"] for one in log] == [
        {"planogram_id": "p", "version": 1, "bays": ["small-1"]},
        {"planogram_id": "p", "version": 1, "bays": ["large-1"]},
        {"planogram_id": "p", "version": 2, "bays": ["large-1", "small-1"]},
        {"planogram_id": "p", "version": 3, "bays": ["large-1"]},
        {"planogram_id": "q", "version": 1, "bays": ["small-1"]},
    ]
    with chain.context.database.read() as session:
        events = [read_event(one.kind, one.gtin, one.details) for one in list_changes(session, 0, 1000)]
        assert replay(events) == load_catalogue(session)
        assert load_catalogue(session).followed == {"small-1": ("q", 1), "large-1": ("p", 3)}


def test_when_bays_were_reset(chain, clock):
    def at(day, hour=9):
        clock.now = datetime(2026, 3, day, hour, tzinfo=UTC)

    def resets(until=None):
        with chain.context.database.read() as session:
            found = reset_times(session, until or clock.now)
        return {bay: time.strftime("%d %H") for bay, time in found.items()}

    at(1)
    chain.put("p", "A")
    chain.put("q", "C")
    chain.follow("small-1", "p")
    chain.follow("large-1", "p")
    assert resets() == {}, "their first planogram"
    at(2)
    chain.put("p", "AB", store_format="hypermarket")
    assert resets() == {"large-1": "02 09"}
    at(3)
    chain.put("p", "B")
    assert resets() == {"large-1": "02 09", "small-1": "03 09"}, "the hypermarket's version beats it"
    at(4)
    chain.put("p", "C", valid_from="2026-03-06", valid_until="2026-03-07")
    assert resets()["small-1"] == "03 09", "not yet"
    at(6)
    assert resets()["small-1"] == "06 00"
    at(8, 12)
    assert resets()["small-1"] == "08 00", "the version before is in force again"
    at(9)
    chain.follow("small-1", "q")
    assert resets() == {"large-1": "02 09", "small-1": "09 09"}
    assert resets(datetime(2026, 3, 5, tzinfo=UTC)) == {"large-1": "02 09", "small-1": "03 09"}, "as it was then"
    assert resets(datetime(2026, 3, 1, 10, tzinfo=UTC)) == {}


# --- who may ---


def test_lists_show_what_the_key_reaches(chain, key_for):
    for id in ("p", "q", "r"):
        chain.put(id, "A")
    chain.follow("small-1", "p")
    chain.follow("large-1", "p")
    first = chain.get("/v1/planograms", limit=2)
    assert [one["planogram_id"] for one in first["planograms"]] == ["p", "q"]
    assert first["planograms"][0] == {"planogram_id": "p", "version": 1, "bays": ["large-1", "small-1"]}
    rest = chain.get("/v1/planograms", after=first["next"])
    assert ([one["planogram_id"] for one in rest["planograms"]], rest["next"]) == (["r"], None)
    key = key_for(Role.STORE, ["small"])
    assert chain.client.get("/v1/planograms/p", headers=key).json()["bays"] == ["small-1"]
    assert chain.client.get("/v1/planograms", headers=key).json()["planograms"][0]["bays"] == ["small-1"]
    assert chain.client.get("/v1/bays/large-1/planogram", headers=key).json()["code"] == "store-out-of-scope"


def test_a_planogram_that_other_stores_follow_is_theirs_too(chain, key_for):
    chain.put("p", "A")
    chain.follow("large-1", "p")
    key = key_for(Role.ENGINEER, ["small"])
    request = {"positions": [{"shelf": 1, "slot": 1, "gtin": B}]}
    assert chain.client.put("/v1/planograms/p", json=request, headers=key).json()["code"] == "store-out-of-scope"
    assert chain.client.put("/v1/planograms/q", json=request, headers=key).status_code == 201
    follow = {"planogram_id": "q"}
    assert chain.client.put("/v1/bays/small-1/planogram", json=follow, headers=key).status_code == 200
    refused = chain.client.put("/v1/bays/large-1/planogram", json=follow, headers=key)
    assert refused.json()["code"] == "store-out-of-scope"


def test_two_versions_put_at_once_are_two(chain):
    with ThreadPoolExecutor(4) as pool:
        done = list(pool.map(lambda shelf: chain.put("p", shelf), ["A", "AB", "ABC", "ABCD"]))
    assert sorted(one["version"] for one in done) == [1, 2, 3, 4]
    assert all(one["changed"] for one in done)
    (current,) = [
        version
        for version in range(1, 5)
        if chain.get("/v1/planograms/p", version=version)["positions"][0]["state"] == "current"
    ]
    assert current == 4

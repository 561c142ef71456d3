"""What stores carry, on each database."""

from datetime import date

import pytest

from service.auth.permissions import Role
from service.catalogue.assortments import assortment_of

TEA, MILK, KEFIR, JUICE = "00000000000017", "00000000000024", "00000000000031", "00000000000048"
DOOR = "/v1/stores/s1/assortment"


@pytest.fixture
def store(client, bay):
    for gtin in (TEA, MILK, KEFIR, JUICE):
        client.put(f"/v1/products/{gtin}", json={"name": gtin, "category": ["drinks"]}).raise_for_status()
    return client


def carried(context, on: date = date(2026, 3, 1)) -> set[str] | None:
    with context.database.read() as session:
        return assortment_of(session, "s1", on)


def test_a_store_without_an_assortment_carries_everything(store, context):
    assert carried(context) is None
    assert store.get(DOOR).json() == {"store_id": "s1", "everything": True, "products": [], "next": None}


def test_an_assortment_is_set_amended_and_lifted(store, context):
    done = store.put(DOOR, json={"products": [TEA[1:], MILK]})
    assert done.json() == {
        "store_id": "s1",
        "catalogue_version": 5,
        "changed": True,
        "dry_run": False,
        "added": 2,
        "removed": 0,
        "carried": 2,
    }
    assert store.put(DOOR, json={"products": [MILK, TEA]}).json()["changed"] is False
    tried = store.put(DOOR, params={"dry_run": True}, json={"add": [KEFIR], "remove": [TEA, JUICE]}).json()
    assert (tried["added"], tried["removed"], tried["carried"]) == (1, 1, 2)
    assert carried(context) == {TEA, MILK}
    store.put(DOOR, json={"add": [KEFIR], "remove": [TEA, JUICE]}).raise_for_status()
    assert carried(context) == {MILK, KEFIR}
    log = store.get("/v1/catalogue/changes", params={"since": 5}).json()["changes"]
    assert [(change["version"], change["kind"]) for change in log] == [(6, "assortment_changed")]
    assert log[0]["details"]["removed"] == [TEA]
    assert store.delete(DOOR).json()["removed"] == 2
    assert carried(context) is None


def test_days_are_honoured(store, context):
    season = {"valid_from": "2026-06-01", "valid_until": "2026-08-31"}
    store.put(DOOR, json={"products": [TEA, {"gtin": MILK, **season}, KEFIR, JUICE]}).raise_for_status()
    store.post(f"/v1/products/{KEFIR}/delist", json={"last_day": "2026-02-28"}).raise_for_status()
    new = {"name": "Juice", "category": ["drinks"], "valid_from": "2026-08-31"}
    store.put(f"/v1/products/{JUICE}", json=new).raise_for_status()
    assert carried(context, date(2026, 2, 28)) == {TEA, KEFIR}
    assert carried(context, date(2026, 3, 1)) == carried(context, date(2026, 5, 31)) == {TEA}
    assert carried(context, date(2026, 6, 1)) == {TEA, MILK}
    assert carried(context, date(2026, 8, 31)) == {TEA, MILK, JUICE}
    assert carried(context, date(2026, 9, 1)) == {TEA, JUICE}
    store.put(DOOR, json={"products": [KEFIR]}).raise_for_status()
    assert carried(context) == set()  # nothing any more is not the same as everything


def test_an_assortment_follows_its_products(store, context):
    store.put(DOOR, json={"products": [TEA, MILK]}).raise_for_status()
    store.post(f"/v1/products/{TEA}/rename", json={"new_gtin": "00000000000055"}).raise_for_status()
    store.post(f"/v1/products/{MILK}/merge", json={"into": KEFIR}).raise_for_status()
    assert carried(context) == {"00000000000055", KEFIR}


def test_pages_and_files(store):
    listing = {"gtin": MILK, "valid_from": "2026-06-01", "valid_until": None}
    store.put(DOOR, json={"products": [JUICE, listing, TEA]}).raise_for_status()
    page = store.get(DOOR, params={"limit": 2}).json()
    assert page["products"] == [{"gtin": TEA, "valid_from": None, "valid_until": None}, listing]
    rest = store.get(DOOR, params={"limit": 2, "after": page["next"]}).json()
    assert ([one["gtin"] for one in rest["products"]], rest["next"], rest["everything"]) == ([JUICE], None, False)
    beyond = store.get(DOOR, params={"after": JUICE}).json()
    assert (beyond["products"], beyond["everything"]) == ([], False)
    file = store.get(f"{DOOR}/export").text
    assert file == f"gtin,valid_from,valid_until\r\n{TEA},,\r\n{MILK},2026-06-01,\r\n{JUICE},,\r\n"
    csv = {"Content-Type": "text/csv"}
    assert store.post(f"{DOOR}/import", content=file, headers=csv).json()["changed"] is False
    smaller = store.post(f"{DOOR}/import", content=f"GTIN\n{KEFIR}\n", headers=csv).json()
    assert (smaller["added"], smaller["removed"]) == (1, 3)
    wrong = store.post(f"{DOOR}/import", content="gtin,valid_until\n4e12,\n\n17,x\n", headers=csv).json()
    assert [(e["line"], e["column"]) for e in wrong["errors"]] == [(2, "gtin"), (4, "gtin"), (4, "valid_until")]
    assert store.post(f"{DOOR}/import", content="gtin\n", headers=csv).json()["code"] == "invalid-assortment"


WRONG = [
    ({}, 422, None),
    ({"products": []}, 422, "products"),
    ({"products": [TEA], "add": [MILK]}, 422, None),
    ({"products": ["123"]}, 422, "products[0]"),
    ({"products": [TEA, {"gtin": TEA, "valid_from": "2026-01-01"}]}, 422, "products[1]"),
    ({"products": [{"gtin": TEA, "valid_from": "2026-01-02", "valid_until": "2026-01-01"}]}, 422, "products[0]"),
    ({"products": ["00000000000062"]}, 409, "added"),
    ({"add": [TEA]}, 422, "add"),
]


def test_what_is_no_assortment(store, context):
    for body, status, field in WRONG:
        refused = store.put(DOOR, json=body)
        assert refused.status_code == status, (body, refused.json())
        assert refused.json()["remedy"], body
        assert field is None or refused.json()["field"].startswith(field), (body, refused.json())
    assert carried(context) is None


def test_nothing_left_and_both_at_once(store, context):
    store.put(DOOR, json={"products": [TEA]}).raise_for_status()
    for body in ({"remove": [TEA]}, {"add": [MILK], "remove": [MILK]}):
        refused = store.put(DOOR, json=body)
        assert (refused.status_code, refused.json()["code"]) == (422, "invalid-assortment")
    assert carried(context) == {TEA}


def test_stores_that_are_none_or_out_of_reach(store, key_for):
    for method, path in (("GET", ""), ("DELETE", ""), ("GET", "/export")):
        answer = store.request(method, f"/v1/stores/s9/assortment{path}")
        assert (answer.status_code, answer.json()["code"]) == (404, "store-not-found")
    other = key_for(Role.ENGINEER, ["s2"])
    assert store.get(DOOR, headers=other).status_code == 403
    assert store.put(DOOR, json={"products": [TEA]}, headers=other).status_code == 403
    assert store.put(DOOR, json={"products": [TEA]}, headers=key_for(Role.STORE, ["s1"])).status_code == 403

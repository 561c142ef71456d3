"""The list of bays, each with how it kept its planogram last."""

from datetime import UTC, datetime

import pytest

from retail.compliance import Verdict
from service.auth.permissions import Role
from service.records import ComplianceRecord

NONE = dict.fromkeys((verdict.value for verdict in Verdict), 0)


@pytest.fixture
def judged(context, client, capture_of):
    """Let a store's bay have a compliance at an hour: `judged("s1", 9, correct=3)`; returns the capture's id."""

    def add(store_id: str, hour: int, fits: bool = True, **counts: int) -> str:
        id = capture_of(store_id, hour)
        compliance = ComplianceRecord(
            capture_id=id,
            bay_id=f"{store_id}-b",
            store_id=store_id,
            planogram_id="fridge",
            version=2,
            at=datetime(2026, 3, 1, hour, tzinfo=UTC),
            photos=[id],
            fits=fits,
            counts=NONE | counts,
            flip=0.0,
            answer={},
        )
        with context.database.write() as session:
            session.add(compliance)
        return id

    return add


def test_bays_come_with_their_newest_compliance(client, judged):
    noon = judged("s1", 12, correct=3, out_of_stock=1)
    judged("s1", 8, correct=4)  # which arrived late
    strange = judged("s2", 7, fits=False)
    client.put("/v1/stores/s1/bays/empty").raise_for_status()
    assert client.get("/v1/bays").json() == {
        "bays": [
            {"id": "empty", "store_id": "s1", "planogram_id": None, "newest": None},
            {
                "id": "s1-b",
                "store_id": "s1",
                "planogram_id": None,
                "newest": {
                    "capture_id": noon,
                    "taken_at": "2026-03-01T12:00:00Z",
                    "planogram_id": "fridge",
                    "planogram_version": 2,
                    "fits": True,
                    "counts": NONE | {"correct": 3, "out_of_stock": 1},
                    "rate": 0.75,
                },
            },
            {
                "id": "s2-b",
                "store_id": "s2",
                "planogram_id": None,
                "newest": {
                    "capture_id": strange,
                    "taken_at": "2026-03-01T07:00:00Z",
                    "planogram_id": "fridge",
                    "planogram_version": 2,
                    "fits": False,
                    "counts": NONE,
                    "rate": None,
                },
            },
        ],
        "next": None,
    }


def test_bays_come_in_pages_and_within_the_keys_scope(client, key_for):
    for store in ("s1", "s2"):
        client.put(f"/v1/stores/{store}", json={"name": store, "format": "convenience"}).raise_for_status()
    for place in ("s1/bays/a", "s2/bays/b", "s1/bays/c"):
        client.put(f"/v1/stores/{place}").raise_for_status()

    def ids(query: str = "", **headers: str) -> tuple[list[str], str | None]:
        answer = client.get(f"/v1/bays{query}", headers=headers).json()
        return [bay["id"] for bay in answer["bays"]], answer["next"]

    assert ids("?limit=2") == (["a", "b"], "b")
    assert ids("?limit=2&after=b") == (["c"], None)
    assert ids("?store_id=s1") == (["a", "c"], None)
    assert ids(**key_for(Role.STORE, ["s2"])) == (["b"], None)
    refused = client.get("/v1/bays?store_id=s1", headers=key_for(Role.STORE, ["s2"]))
    assert (refused.status_code, refused.json()["code"]) == (403, "store-out-of-scope")
    assert client.get("/v1/bays?after=%00").json()["field"] == "after"

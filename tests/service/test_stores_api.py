def test_a_store_with_its_cameras_and_bays(client):
    store = {"name": "Corner shop", "format": "convenience"}
    assert client.put("/v1/stores/s1", json=store).status_code == 201
    assert client.put("/v1/stores/s1", json=store).status_code == 200
    assert client.put("/v1/stores/s1/bays/b1").status_code == 201
    assert client.put("/v1/stores/s1/bays/b1").status_code == 200
    assert client.put("/v1/stores/s1/cameras/c1").json() == {"id": "c1", "store_id": "s1"}
    client.put("/v1/stores/s1", json={**store, "name": "Corner"}).raise_for_status()
    assert client.get("/v1/stores").json() == [
        {"id": "s1", "name": "Corner", "format": "convenience", "cameras": ["c1"], "bays": ["b1"]}
    ]


def test_what_cannot_be_registered(client):
    missing = client.put("/v1/stores/s9/bays/b1")
    assert (missing.status_code, missing.json()["code"], missing.json()["field"]) == (
        404,
        "store-not-found",
        "store_id",
    )
    assert missing.json()["remedy"] == "Register it with PUT /v1/stores/s9."
    for id in ("s1", "s2"):
        client.put(f"/v1/stores/{id}", json={"name": id, "format": "supermarket"}).raise_for_status()
    client.put("/v1/stores/s1/bays/b1").raise_for_status()
    taken = client.put("/v1/stores/s2/bays/b1")
    assert (taken.status_code, taken.json()["code"], taken.json()["field"]) == (409, "bay-in-another-store", "bay_id")
    wrong = client.put("/v1/stores/s3", json={"name": "x", "format": "kiosk"})
    assert (wrong.status_code, wrong.json()["field"]) == (422, "format")
    assert client.put("/v1/stores/a%20b", json={"name": "x", "format": "supermarket"}).json()["field"] == "store_id"
    nul = client.put("/v1/stores/s3", json={"name": "x\0", "format": "supermarket"})
    assert (nul.status_code, nul.json()["field"]) == (422, "name")

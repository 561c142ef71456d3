from concurrent.futures import ThreadPoolExecutor

JUICE = {"name": "Orange juice 1 l", "category": ["drinks", "juice"], "family": "orange juice"}


def test_a_product_is_added_changed_and_read(client):
    added = client.put("/v1/products/4006381333931", json=JUICE)
    assert added.status_code == 201
    product = {"gtin": "04006381333931", **JUICE}
    assert added.json() == {**product, "catalogue_version": 1, "changed": True}
    assert client.get("/v1/products/4006381333931").json() == product
    again = client.put("/v1/products/04006381333931", json=JUICE)
    assert (again.status_code, again.json()["changed"], again.json()["catalogue_version"]) == (200, False, 1)
    renamed = client.put("/v1/products/4006381333931", json={**JUICE, "name": "Orange juice"})
    assert (renamed.status_code, renamed.json()["changed"], renamed.json()["catalogue_version"]) == (200, True, 2)


def test_changes_since_a_version(client):
    client.put("/v1/products/4006381333931", json=JUICE).raise_for_status()
    client.put("/v1/products/4006381333931", json={**JUICE, "family": None}).raise_for_status()
    changes = client.get("/v1/catalogue/changes", params={"since": 1}).json()
    assert changes == {
        "version": 2,
        "changes": [
            {
                "version": 2,
                "at": "2026-03-01T09:30:00Z",
                "kind": "changed",
                "gtin": "04006381333931",
                "details": {"before": JUICE, "after": {**JUICE, "family": None}},
            }
        ],
    }
    assert client.get("/v1/catalogue/changes", params={"since": 2}).json() == {"version": 2, "changes": []}


def test_products_in_pages(client):
    for gtin in ("00000000000017", "00000000000024", "00000000000031"):
        client.put(f"/v1/products/{gtin}", json=JUICE).raise_for_status()
    page = client.get("/v1/products", params={"limit": 2}).json()
    assert [p["gtin"] for p in page["products"]] == ["00000000000017", "00000000000024"]
    rest = client.get("/v1/products", params={"limit": 2, "after": page["next"]}).json()
    assert [p["gtin"] for p in rest["products"]] == ["00000000000031"]
    assert rest["next"] is None


def test_changes_at_once_count_up_by_one(client):
    gtins = ["00000000000017", "00000000000024", "00000000000031", "00000000000048", "00000000000055"]
    with ThreadPoolExecutor(5) as pool:
        answers = list(pool.map(lambda gtin: client.put(f"/v1/products/{gtin}", json=JUICE), gtins))
    assert sorted(a.json()["catalogue_version"] for a in answers) == [1, 2, 3, 4, 5]


def test_what_is_no_product(client):
    unknown = client.get("/v1/products/4006381333931")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "product-not-found")
    for field, wrong in {"name": "  ", "category": []}.items():
        answer = client.put("/v1/products/4006381333931", json={**JUICE, field: wrong})
        assert (answer.status_code, answer.json()["field"]) == (422, field)
    unknown_field = client.put("/v1/products/4006381333931", json={**JUICE, "price": 1})
    assert (unknown_field.status_code, unknown_field.json()["field"]) == (422, "price")

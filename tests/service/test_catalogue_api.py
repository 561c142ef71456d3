from concurrent.futures import ThreadPoolExecutor

JUICE = {"name": "Orange juice 1 l", "category": ["drinks", "juice"], "family": "orange juice"}
FIRST_LOOK = {
    "valid_from": None,
    "valid_until": None,
    "variants": [{"id": "04006381333931", "kind": "regular", "valid_from": None, "valid_until": None}],
}


def test_a_product_is_added_changed_and_read(client):
    added = client.put("/v1/products/4006381333931", json=JUICE)
    assert added.status_code == 201
    product = {"gtin": "04006381333931", **JUICE, **FIRST_LOOK}
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
                "by": "a admin",
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


def gtins(client, **params):
    answer = client.get("/v1/products", params=params)
    assert answer.status_code == 200, answer.text
    return [product["gtin"][-2:] for product in answer.json()["products"]]


def test_products_are_found_by_name_gtin_family_and_category(client, database_url):
    for gtin, name, category, family in (
        ("00000000000017", "Köttbullar 100%", ["food", "frozen"], "meatballs"),
        ("00000000000024", "KöTTBULLAR 500 g", ["food", "frozen", "meat"], None),
        ("04006381333931", "Juice", ["food_", "frozen"], "meatballs"),
    ):
        product = {"name": name, "category": category, "family": family}
        client.put(f"/v1/products/{gtin}", json=product).raise_for_status()
    assert gtins(client, q="köttb") == ["17", "24"]
    if database_url.startswith("sqlite"):  # PostgreSQL goes by its database's locale, which is C in tests
        assert gtins(client, q="KÖTTB") == ["17", "24"]
    assert gtins(client, q="0%") == ["17"]
    assert gtins(client, q="63813339") == ["31"]
    assert gtins(client, q="500") == ["24"]
    assert gtins(client, family="meatballs") == ["17", "31"]
    assert gtins(client, category=["food", "frozen"]) == ["17", "24"]
    assert gtins(client, category=["food", "frozen", "meat"]) == ["24"]
    assert gtins(client, category=["foo"]) == []
    assert gtins(client, q="KöTTBULLAR", category=["food"], limit=1, after="00000000000017") == ["24"]


def test_trying_a_product_keeps_nothing(client):
    tried = client.put("/v1/products/4006381333931?dry_run=true", json=JUICE).json()
    assert (tried["catalogue_version"], tried["changed"]) == (1, True)
    assert client.get("/v1/products").json()["products"] == []
    client.put("/v1/products/4006381333931", json=JUICE).raise_for_status()
    tried = client.put("/v1/products/4006381333931?dry_run=true", json={**JUICE, "name": "Juice"}).json()
    assert (tried["name"], tried["catalogue_version"], tried["changed"]) == ("Juice", 2, True)
    assert client.get("/v1/products/4006381333931").json()["name"] == JUICE["name"]

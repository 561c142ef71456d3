"""From which sides products are known."""

import pytest

from service.records import UnknownFacingRecord

TEA = "04012345678901"


@pytest.fixture
def tea(client):
    client.put(f"/v1/products/{TEA}", json={"name": "Tea", "category": ["drinks"]}).raise_for_status()
    return TEA


def test_views_are_counted_and_missing_ones_asked_for(client, cola, picture, add_reference):
    add_reference(cola, picture("red"), view="front")
    add_reference(cola, picture("red", "blue"), view="front")
    for colours, view in [(("blue",), "back"), (("green",), "top"), (("green", "red"), "bottom")]:
        add_reference(cola, picture(*colours), view=view)
    assert client.get(f"/v1/products/{cola}/views").json() == {
        "gtin": cola,
        "name": "Cola 0.5 l",
        "views": {"front": 2, "back": 1, "side": 0, "top": 1, "bottom": 1, "held": 0},
        "missing": ["side", "held"],
        "came_out_unknown": 0,
        "request": "Please photograph Cola 0.5 l from the side and held in a hand.",
    }


def test_a_product_known_from_every_side_is_not_listed_among_those_with_missing_views(
    client, cola, tea, picture, add_reference
):
    sides = ["front", "back", "side", "top", "bottom", "held"]
    colours = [("red",), ("green",), ("blue",), ("red", "blue"), ("red", "green"), ("green", "blue")]
    for view, halves in zip(sides, colours, strict=True):
        add_reference(cola, picture(*halves), view=view)
    assert client.get(f"/v1/products/{cola}/views").json()["request"] == "Cola 0.5 l is known from every side."
    listed = client.get("/v1/products/views", params={"missing": True}).json()["products"]
    assert [one["gtin"] for one in listed] == [tea]
    assert listed[0]["missing"] == sides
    everything = client.get("/v1/products/views").json()["products"]
    assert [one["gtin"] for one in everything] == [tea, cola]


def test_a_removed_reference_counts_no_more(client, cola, picture, add_reference):
    reference = add_reference(cola, picture("red"), view="side")
    client.delete(f"/v1/products/{cola}/references/{reference['id']}").raise_for_status()
    assert client.get(f"/v1/products/{cola}/views").json()["views"]["side"] == 0


def test_what_came_out_unknown_most_often_comes_first(client, context, cola, tea, unknown, picture, add_reference):
    add_reference(tea, picture("red"))
    for id in unknown(1, 3):
        with context.database.write() as session:
            facing = session.get_one(UnknownFacingRecord, id)
            facing.state, facing.gtin = "named", tea
    first, second = client.get("/v1/products/views").json()["products"]
    assert (first["gtin"], first["came_out_unknown"]) == (tea, 3)  # though the other one has no picture at all
    assert (second["gtin"], second["came_out_unknown"]) == (cola, 0)


def test_a_delisted_product_needs_no_pictures_and_an_unknown_one_is_not_found(client, cola):
    client.post(f"/v1/products/{cola}/delist", json={"last_day": "2026-02-01"}).raise_for_status()
    assert client.get("/v1/products/views").json()["products"] == []
    assert client.get(f"/v1/products/{TEA}/views").json()["code"] == "product-not-found"

"""Checkout with the embedder that ships: real packs, a few references each, and views that are none of them."""

import pytest

from service.captures.upload import Form
from service.checkout.service import recognise
from service.context import Context
from service.naming.embedders import Embedders
from service.naming.policy import UnknownPolicy
from service.naming.serving import Naming

PACKS = {
    "04006381333931": "Juice/Bravo-Apple-Juice/Bravo-Apple-Juice",
    "04012345678901": "Milk/Arla-Standard-Milk/Arla-Standard-Milk",
    "07310865001818": "Yoghurt/Yoggi-Strawberry-Yoghurt/Yoggi-Strawberry-Yoghurt",
}


@pytest.fixture
def shots(shop_data, missing):
    """The real photos of a pack: shots(gtin, numbers)."""
    folder = shop_data / "grocery-store-klasson" / "train" / "Packages"
    if not folder.is_dir():
        missing("the grocery photos")
    return lambda gtin, numbers: [(folder / f"{PACKS[gtin]}_{number:03}.jpg").read_bytes() for number in numbers]


@pytest.fixture
def context(context):
    """The same service with the embedder that ships."""
    embedders = Embedders(context.settings, context.images)
    naming = Naming(context.settings, context.database, context.images, embedders, context.clock)
    naming.refresh()
    assert naming.error is None
    return Context(context.settings, context.database, context.images, context.serving, None, naming, context.clock)


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_three_views_of_a_pack_are_that_pack(client, context, shots):
    for gtin in PACKS:
        client.put(f"/v1/products/{gtin}", json={"name": gtin, "category": ["food"]}).raise_for_status()
        for photo in shots(gtin, (1, 2, 3, 4)):
            client.post(f"/v1/products/{gtin}/references", files={"photo": photo}).raise_for_status()
    for gtin in PACKS:
        form = Form([("photo", photo) for photo in shots(gtin, (8, 10, 12))], {})
        answer = recognise(context, form, None, UnknownPolicy.UNRESOLVED)
        assert answer["gtin"] == gtin

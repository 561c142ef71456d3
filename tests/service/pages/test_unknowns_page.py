"""The page on which unknown facings are named, in a real browser."""

import pytest

from service.auth.permissions import Role
from service.records import UnknownFacingRecord

NEW = "00012345678905"


@pytest.fixture
def page(opened, unknown, juice):
    """Fifty facings that look alike, and four that look otherwise."""
    unknown(0, 30)
    unknown(0, 20, "s2")
    unknown(1, 4)
    page = opened("/unknowns", Role.ADMIN)
    page.wait_for_selector(".cluster >> nth=1")
    return page


def decisions(context) -> dict[str, int]:
    with context.database.read() as session:
        found = session.query(UnknownFacingRecord.state, UnknownFacingRecord.gtin).all()
    words = [f"{state} {gtin}" if gtin else state for state, gtin in found]
    return {word: words.count(word) for word in set(words)}


def test_fifty_new_facings_are_named_in_one_step_without_a_mouse(page, context):
    assert page.inner_text("#summary").startswith("54 unknown facings in 2 clusters")
    assert page.inner_text(".cluster >> nth=0").split() == ["50", "facings", "2", "stores"]
    assert page.locator("#crops img").count() == 24
    page.wait_for_function("document.querySelector('#crops img').naturalWidth")
    page.keyboard.press("n")
    for text in ("012345678905", "Pear juice 1 l", "drinks / juice"):
        page.keyboard.type(text)
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.wait_for_selector("#name:has-text('Name 50 facings: Pear juice 1 l')")
    page.keyboard.press("Enter")
    page.wait_for_selector("#message:has-text('50 facings named in one step: Pear juice 1 l. 8 of them are pictures')")
    page.wait_for_selector("#summary:has-text('4 unknown facings in 1 cluster.')")
    assert decisions(context) == {f"named {NEW}": 50, "open": 4}
    page.keyboard.press("u")
    page.wait_for_selector("#summary:has-text('54 unknown facings in 2 clusters.')")
    assert decisions(context) == {"open": 54}


def test_what_is_left_out_stays_together(page, context, juice):
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#seen:has-text('4 facings')")
    page.keyboard.press("j")
    page.keyboard.press("x")
    page.keyboard.press("/")
    page.keyboard.type("apple")
    page.wait_for_selector("#products li:has-text('Apple juice')")
    page.keyboard.press("Enter")
    page.click(".crop >> nth=2")
    assert page.inner_text("#chosen") == "2 facings left out"
    page.keyboard.press("Enter")
    page.wait_for_selector("#message:has-text('2 facings named in one step')")
    page.wait_for_selector(".cluster >> nth=1 >> text=2 facings")
    assert decisions(context) == {f"named {juice}": 2, "open": 52}
    page.keyboard.press("1")  # the product they are most like by now
    page.wait_for_selector("#name:has-text('Name 2 facings: Apple juice 1 l')")


def test_what_is_no_product_is_dismissed_and_what_somebody_decided_is_told(page, context, client, key_for, juice):
    page.keyboard.press("d")
    page.wait_for_selector("#message:has-text('50 facings dismissed in one step: not a product.')")
    assert decisions(context) == {"dismissed": 50, "open": 4}
    ids = client.get("/v1/unknowns").json()["clusters"][0]["facing_ids"]
    taken = {"facing_ids": ids[:1], "gtin": juice}
    client.post("/v1/unknowns/name", json=taken, headers=key_for(Role.EXPERT)).raise_for_status()
    page.keyboard.press("D")
    page.wait_for_selector("#message[data-kind=wrong]:has-text('One facing was decided meanwhile')")
    page.wait_for_selector("#summary:has-text('3 unknown facings in 1 cluster.')")
    page.keyboard.press("D")
    page.wait_for_selector("#none:has-text('Nothing unknown')")


def test_a_store_can_be_chosen(page):
    page.select_option("#store", "s2")
    page.wait_for_selector("#summary:has-text('20 unknown facings in 1 cluster.')")


@pytest.mark.parametrize("width", [820, 360])
def test_narrow_screens_do_not_scroll_sideways(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width

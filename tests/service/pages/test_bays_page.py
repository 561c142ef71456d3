"""The pages on which bays are watched, in a real browser."""

from dataclasses import replace
from datetime import timedelta

import cv2
import numpy as np
import pytest

from service.auth.permissions import Role
from tests.service.compliance.painted import COLOURS, PLANNED, PaintedServing, gtin, paint


@pytest.fixture
def context(context):
    return replace(context, serving=PaintedServing())


@pytest.fixture
def planned(client, context, bay):
    """Let bay b1 be planned as PLANNED says; the products are plain colours."""
    for colour, rgb in COLOURS.items():
        product = {"name": f"Product {colour}", "category": ["colours"]}
        client.put(f"/v1/products/{gtin(colour)}", json=product).raise_for_status()
        picture = cv2.imencode(".png", np.full((90, 60, 3), rgb[::-1], np.uint8))[1].tobytes()
        client.post(f"/v1/products/{gtin(colour)}/references", files={"photo": ("a.png", picture)}).raise_for_status()
    context.naming.refresh()
    positions = [
        {"shelf": shelf, "slot": slot, "gtin": gtin(colour)}
        for shelf, colours in enumerate(PLANNED, 1)
        for slot, colour in enumerate(colours, 1)
    ]
    client.put("/v1/planograms/colours", json={"positions": positions}).raise_for_status()
    client.put("/v1/bays/b1/planogram", json={"planogram_id": "colours"}).raise_for_status()


@pytest.fixture
def sent(client, clock, bay, planned):
    """Send a photo of bay b1 an hour after another and return the capture's id."""

    def send(hour: int, *shelves: str) -> str:
        form = {**bay, "taken_at": (clock.now + timedelta(hours=hour)).isoformat()}
        answer = client.post("/v1/captures", data=form, files={"photo": ("a.png", paint(*shelves))})
        answer.raise_for_status()
        return answer.json()["id"]

    return send


@pytest.fixture
def history(sent):
    """As planned, then two products out of stock and a stranger, then two products on each other's shelf."""
    return sent(0, *PLANNED), sent(1, "rg yr", "cmwkb"), sent(2, "rgbwr", "cmycb")


def looked_at(page) -> tuple[str, list[str]]:
    """Return the title of what is looked at, and the verdicts of what is emphasised on the photo."""
    boxes = page.eval_on_selector_all(".frame g.at", "found => found.map(({ dataset }) => dataset.verdict)")
    return page.inner_text("#about"), boxes


def test_photo_and_planogram_are_linked_both_ways(opened, history):
    page = opened(f"/bays/b1?capture={history[1]}", Role.STORE)
    page.wait_for_selector("#counts li >> nth=2")
    assert page.inner_text("#counts").split("\n") == ["✓", "8 correct", "∅", "2 out of stock", "+", "1 unexpected"]
    page.wait_for_function("document.querySelector('.frame img').naturalWidth === 640")
    assert page.locator(".slot").count() == 10
    missing = page.locator(".slot[data-verdict=out_of_stock] >> nth=0")
    assert missing.get_attribute("aria-label") == "Shelf 1, position 3, Product b: out of stock, 0/1 facings"
    missing.hover()
    assert looked_at(page) == ("Shelf 1, position 3", ["out_of_stock"])
    box = page.locator("g.at rect >> nth=0").bounding_box()
    photo = page.locator(".frame").bounding_box()
    middle = (box["x"] + box["width"] / 2 - photo["x"]) / photo["width"] * 640
    assert middle == pytest.approx(70 + 2 * 90 + 30, abs=5)  # where the product would stand
    page.hover(".frame g[data-verdict=correct] >> nth=0")
    title, verdicts = looked_at(page)
    assert verdicts == ["correct"]
    assert page.get_attribute(".slot.at", "aria-label").startswith(title)
    page.hover(".frame g[data-verdict=unexpected]")
    assert looked_at(page) == ("Facing", ["unexpected"])
    assert "Product k" in page.inner_text("#facts")
    assert page.locator(".slot.at").count() == 0


def test_positions_are_walked_with_the_keyboard(opened, history):
    page = opened(f"/bays/b1?capture={history[1]}", Role.STORE)
    page.wait_for_selector(".slot")
    walked = []
    for key in ("ArrowRight", "ArrowRight", "ArrowDown", "ArrowLeft", "ArrowUp", "ArrowUp", "ArrowLeft", "j", "j", "k"):
        page.keyboard.press(key)
        words = page.evaluate("document.activeElement.getAttribute('aria-label')").split(", Product")[0]
        assert words == page.inner_text("#about")
        walked.append(tuple(int(part) for part in words.replace(",", "").split()[1::2]))
    assert walked == [(1, 1), (1, 2), (2, 2), (2, 1), (1, 1), (1, 1), (2, 5), (1, 3), (2, 4), (1, 3)]
    page.keyboard.press("o")
    assert not page.is_visible(".frame svg")


def test_the_history_leads_to_every_photo(opened, history):
    page = opened("/bays/b1", Role.STORE)
    page.wait_for_selector("#counts li:has-text('2 wrong shelf')")
    labels = page.eval_on_selector_all(
        "#history button", "all => all.map((one) => one.ariaLabel.split(', ').slice(-2).join(', '))"
    )
    assert [label.split(", ")[-1] for label in labels] == ["100 % correct: 10 correct", "1 unexpected", "2 wrong shelf"]
    assert page.eval_on_selector_all("#history span", "all => all.map(({ style }) => style.height)") == [
        "100%",
        "80%",
        "80%",
    ]
    page.keyboard.press("j")
    assert looked_at(page) == ("Shelf 1, position 4", ["wrong_shelf", "wrong_shelf"])  # its place and where it stands
    page.keyboard.press("[")
    page.wait_for_selector("#counts li:has-text('2 out of stock')")
    assert looked_at(page) == ("Shelf 1, position 4", ["correct"])
    assert page.url.endswith(f"/bays/b1?capture={history[1]}")
    page.click(f"[data-capture='{history[0]}']")
    page.wait_for_selector("#counts li:has-text('10 correct')")
    assert page.get_attribute("#history [aria-current=true]", "data-capture") == history[0]
    assert not page.is_visible("#todo")


def test_what_to_do_is_listed_and_shown(opened, history):
    page = opened(f"/bays/b1?capture={history[1]}", Role.STORE)
    page.wait_for_selector("#actions li >> nth=2")
    page.hover("#actions button:has-text('Refill Product b')")
    assert looked_at(page) == ("Shelf 1, position 3", ["out_of_stock"])
    page.hover("#actions button:has-text('Remove Product k')")
    assert looked_at(page)[1] == ["unexpected"]


def test_a_photo_of_something_else_says_so_and_judges_nothing(opened, sent):
    sent(0, "kkkkk", "kkkkk")
    page = opened("/bays/b1", Role.STORE)
    page.wait_for_selector("#message[data-kind=wrong]:has-text('This photo does not look like bay b1.')")
    assert page.locator("#history [data-fits=false]").count() == 1
    assert page.locator(".slot[data-verdict='']").count() == 10
    assert page.locator(".frame g").count() == 0


def test_a_bay_without_a_photo_shows_its_planogram(opened, planned):
    page = opened("/bays/b1", Role.STORE)
    page.wait_for_selector("#photo:has-text('No photo of this bay was judged yet.')")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#facts").split("\n")[:2] == ["Product", "Product r"]


def test_bays_are_listed_and_opened_with_the_keyboard(opened, client, history):
    client.put("/v1/stores/s2", json={"name": "Second", "format": "hypermarket"}).raise_for_status()
    client.put("/v1/stores/s2/bays/b2").raise_for_status()
    page = opened("/bays", Role.ADMIN)
    page.wait_for_selector("#summary:has-text('2 bays')")
    assert page.inner_text(".cluster >> nth=0").split("\n")[:2] == ["b1", "80 %"]
    assert "No photo of it was judged yet." in page.inner_text(".cluster >> nth=1")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_selector("#title:has-text('Bay b1')")
    page.goto(page.url.replace("/bays/b1", "/bays"))
    page.wait_for_selector("#store option >> nth=2", state="attached")
    page.select_option("#store", "s2")
    page.wait_for_selector("#summary:has-text('1 bay')")


@pytest.mark.parametrize("path", ["/bays", "/bays/b1"])
def test_narrow_screens_do_not_scroll_sideways(opened, history, path):
    page = opened(path, Role.STORE)
    page.wait_for_selector(".cluster, .slot")
    for width in (820, 360):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width

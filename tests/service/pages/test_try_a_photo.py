"""The page on which a photo is tried, in a real browser."""

import pytest

from service.auth.permissions import Role


@pytest.fixture
def page(opened):
    return opened("/", Role.STORE)


def choose(page, photo: bytes) -> None:
    page.set_input_files("#file", {"name": "shelf.jpg", "mimeType": "image/jpeg", "buffer": photo})


def test_a_photo_is_shown_with_what_was_seen(page, make_photo):
    assert page.title() == "Try a photo · Shelfloop"
    assert "key=" not in page.url, "the key must not stay in the address"
    choose(page, make_photo())
    page.wait_for_selector("#stage[data-state=shown]")
    assert page.inner_text("#message").startswith("4 detections in ")
    assert page.inner_text("#counts").split() == ["2", "facings", "1", "edge", "1", "tag", "0", "gaps"]
    assert "640 × 480" in page.inner_text("#facts")
    scale = page.evaluate("document.querySelector('canvas').width") / 640
    x, y = round(60 * scale), round(20 * scale)  # the upper edge of the sure facing is teal
    colour = page.evaluate(f"[...document.querySelector('canvas').getContext('2d').getImageData({x}, {y}, 1, 1).data]")
    assert abs(colour[0] - 30) < 60
    assert abs(colour[1] - 135) < 40


def test_pointing_and_stepping_show_numbers(page, make_photo):
    choose(page, make_photo())
    page.wait_for_selector("#stage[data-state=shown]")
    box = page.locator("#canvas").bounding_box()
    scale = box["width"] / 640
    page.mouse.move(box["x"] + 250 * scale, box["y"] + 100 * scale)
    assert page.inner_text("#detection").split()[:6] == ["Kind", "facing", "Shelf", "1", "Place", "2"]
    assert "50.0 %" in page.inner_text("#detection")
    page.mouse.move(box["x"] + 40 * scale, box["y"] + 240 * scale)
    assert "tag" in page.inner_text("#detection"), "of two boxes the smaller one"
    page.mouse.move(5, 5)
    assert "Point at a box" in page.inner_text("#detection")
    for key, number in (
        ("ArrowRight", "1 of 4"),
        ("ArrowRight", "2 of 4"),
        ("ArrowLeft", "1 of 4"),
        ("ArrowLeft", "4 of 4"),
    ):
        page.keyboard.press(key)
        assert number in page.inner_text("#detection")
    page.keyboard.press("Escape")
    assert "Point at a box" in page.inner_text("#detection")


def detection(kind: str, box: list[float], shelf: int | None = None, place: int | None = None) -> dict:
    uncertainty = {"margin": 1, "localisation": 0.1, "value": 0.2}
    return {
        "kind": kind,
        "box": box,
        "confidence": 0.9,
        "gtin": None,
        "uncertainty": uncertainty,
        "shelf": shelf,
        "place": place,
    }


def answered(page, make_photo, **more) -> None:
    """Show an answer with three facings on two shelves, as if the service had given it."""
    condition = {"lighting": "neutral", "angle": "frontal", "format": "supermarket", "stratum": ""}
    answer = {
        "width": 640,
        "height": 480,
        "condition": condition,
        "retake": [],
        "model_version": 1,
        "detections": [
            detection("facing", [20, 20, 120, 180], 1, 1),
            detection("facing", [420, 20, 520, 180], 1, 2),
            detection("facing", [400, 260, 500, 420], 2, 1),
            detection("shelf", [0, 180, 640, 200]),
        ],
        "shelves": [{"number": 1, "line": [0, 190, 640, 190]}, {"number": 2, "line": [400, 420, 500, 420]}],
        "truncated": False,
        "faces_blurred": 0,
        **more,
    }
    page.route("**/v1/analyze", lambda route: route.fulfill(json=answer))
    choose(page, make_photo())
    page.wait_for_selector("#stage[data-state=shown]")


def pixel(page, x: float, y: float) -> list[int]:
    """Return the colour the canvas shows at a place of the photo."""
    return page.evaluate(
        "([x, y]) => { const c = document.querySelector('canvas'), s = c.width / 640;"
        "return [...c.getContext('2d').getImageData(Math.round(x * s), Math.round(y * s), 1, 1).data].slice(0, 3) }",
        [x, y],
    )


def test_up_and_down_go_to_the_nearest_facing_of_another_shelf(page, make_photo):
    answered(page, make_photo)
    for key, number in (
        ("ArrowRight", "1 of 4"),
        ("ArrowDown", "3 of 4"),
        ("ArrowDown", "3 of 4"),
        ("ArrowUp", "2 of 4"),
    ):
        page.keyboard.press(key)
        assert number in page.inner_text("#detection")


def test_shelves_are_lines_and_boxes_can_be_hidden(page, make_photo):
    answered(page, make_photo)
    assert "Shelves 2" in " ".join(page.inner_text("#facts").split())
    assert min(pixel(page, 300, 190)) > 240, "the first shelf's line is white"
    framed = pixel(page, 70, 20)
    page.keyboard.press("o")
    assert pixel(page, 70, 20) != framed
    assert min(pixel(page, 300, 190)) > 240, "the line stays"
    page.keyboard.press("o")
    assert pixel(page, 70, 20) == framed


def test_advice_and_truncation_are_told(page, make_photo):
    answered(page, make_photo, truncated=True, retake=[{"code": "dark", "message": "Turn on the light."}])
    assert "more than are shown" in page.inner_text("#message")
    assert page.inner_text("#retake") == "Turn on the light."
    page.unroute("**/v1/analyze")
    answered(page, make_photo)
    page.wait_for_function("!document.querySelector('#message').textContent.includes('more than')")
    page.wait_for_selector("#retake", state="hidden")


def test_the_key_is_remembered_and_its_absence_explained(page, make_photo):
    page.reload()
    assert page.input_value("#key").startswith("slk_")
    page.fill("#key", "")
    choose(page, make_photo())
    page.wait_for_selector("#message[data-kind=wrong]")
    assert "API key is needed" in page.inner_text("#message")


def test_a_phone_shows_it_without_scrolling_sideways(page, make_photo):
    page.set_viewport_size({"width": 360, "height": 740})
    choose(page, make_photo())
    page.wait_for_selector("#stage[data-state=shown]")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_the_api_is_described_without_anything_from_elsewhere(page, address):
    asked = []
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{address}/docs")
    page.click("summary:has-text('/v1/captures') >> nth=0")
    assert "store_id" in page.inner_text("details[open]")
    assert all(url.startswith((address, "data:")) for url in asked)

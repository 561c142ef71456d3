"""The pages in a real browser."""

import os
import shutil
import socket
import threading
import time

import pytest
import uvicorn

from service.app import create_app
from service.auth.permissions import Role

FLAGS = [
    "--no-sandbox",
    "--disable-gpu",
    "--disable-dev-shm-usage",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-sync",
    "--metrics-recording-only",
    "--no-first-run",
]


@pytest.fixture(scope="module")
def browser(missing):
    chromium = os.environ.get("CHROMIUM") or shutil.which("chromium")
    if not chromium:
        missing("Chromium (set CHROMIUM or install it)")
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def address(context):
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(create_app(context), log_level="warning", lifespan="on"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def page(browser, address, key_for):
    page = browser.new_page(viewport={"width": 1280, "height": 800})
    errors = []
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.on("console", lambda message: message.type == "error" and errors.append(message.text))
    key = key_for(Role.STORE)["Authorization"].removeprefix("Bearer ")
    page.goto(f"{address}/#key={key}")
    yield page
    page.close()
    assert [error for error in errors if "401" not in error] == []


def choose(page, photo: bytes) -> None:
    page.set_input_files("#file", {"name": "shelf.jpg", "mimeType": "image/jpeg", "buffer": photo})


def test_a_photo_is_shown_with_what_was_seen(page, make_photo):
    assert page.title() == "Try a photo · Shelfloop"
    assert "key=" not in page.url, "the key must not stay in the address"
    choose(page, make_photo())
    page.wait_for_selector("#stage[data-state=shown]")
    assert page.inner_text("#message").startswith("4 detections in ")
    assert page.inner_text("#counts").split() == ["2", "facings", "1", "shelf", "1", "tag", "0", "gaps"]
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
    assert "50.0 %" in page.inner_text("#detection")
    assert "1.000 bit" in page.inner_text("#detection")
    page.mouse.move(box["x"] + 40 * scale, box["y"] + 240 * scale)
    assert "tag" in page.inner_text("#detection"), "of two boxes the smaller one"
    page.mouse.move(5, 5)
    assert "Point at a box" in page.inner_text("#detection")
    page.focus("#canvas")
    for key, number in (
        ("ArrowRight", "1 of 4"),
        ("ArrowDown", "2 of 4"),
        ("ArrowLeft", "1 of 4"),
        ("ArrowUp", "4 of 4"),
    ):
        page.keyboard.press(key)
        assert number in page.inner_text("#detection")
    page.keyboard.press("Escape")
    assert "Point at a box" in page.inner_text("#detection")


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

"""Chromium, and a service for it to open."""

import os
import shutil
import socket
import threading
import time

import pytest
import uvicorn

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

# What the browser and htmx say by themselves when a request fails.
EXPECTED = ("401", "409", "422", "ERR_INTERNET_DISCONNECTED", "htmx:error: Failed to fetch")


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
def database_url(sqlite_template, tmp_path):
    """One database does: a browser cannot tell them apart, and starting one takes long."""
    shutil.copy(sqlite_template, tmp_path / "records.sqlite")
    return f"sqlite:///{tmp_path / 'records.sqlite'}"


@pytest.fixture
def address(client):
    """Where the client's own application listens: a second one would close the context twice."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        server = uvicorn.Server(uvicorn.Config(client.app, log_level="warning", lifespan="off"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        while not server.started:
            time.sleep(0.02)
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
        server.should_exit = True
        thread.join()


@pytest.fixture
def opened(browser, address, key_for):
    """Open a page with a key of a role: `opened("/unknowns", Role.EXPERT)`; what a page complains of fails the test."""
    pages, errors = [], []

    def open_page(path: str, role: Role):
        page = browser.new_page(viewport={"width": 1280, "height": 800})
        pages.append(page)
        page.on("pageerror", lambda error: errors.append(str(error)))
        page.on("console", lambda message: message.type == "error" and errors.append(message.text))
        key = key_for(role)["Authorization"].removeprefix("Bearer ")
        page.goto(f"{address}{path}#key={key}")
        return page

    yield open_page
    for page in pages:
        page.close()
    assert [error for error in errors if not any(word in error for word in EXPECTED)] == []

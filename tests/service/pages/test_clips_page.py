"""Clips in a browser: one is sent, its pieces are labelled by keyboard alone, a reload loses nothing."""

import pytest

from service.auth.permissions import Role
from service.clips import cutting
from tests.service.clips.filmed import cut_waiting, find_magenta, wall, with_person, write_clip

WALK = [wall()] * 20 + [with_person(20 + 3 * number, looking=number % 20 < 15) for number in range(80)] + [wall()] * 60


@pytest.fixture
def film(tmp_path, monkeypatch):
    """The file of a clip with two pieces, at the cut of which somebody is there."""
    monkeypatch.setattr(cutting, "face_finder", lambda settings: find_magenta)
    path = tmp_path / "visit.mp4"
    write_clip(path, WALK)
    return path


@pytest.fixture
def pieces(client, context, bay, film):
    """The two pieces of a clip that is cut, in the order of labelling."""
    client.post("/v1/clips", params={"store_id": "s1"}, content=film.read_bytes()).raise_for_status()
    cut_waiting(context)
    waiting = client.get("/v1/clips/tasks").json()
    assert len(waiting) == 2
    return waiting


def shown(page) -> int:
    """The number of the frame that is drawn, once it is the one that was asked for."""
    page.wait_for_function(f"document.getElementById('frame').dataset.frame === {_AT}")
    return int(page.locator("#frame").get_attribute("data-frame"))


_AT = "document.getElementById('line').getAttribute('aria-valuenow')"


def test_a_clip_is_sent_cut_and_its_events_saved_and_read_back(opened, client, context, bay, film, tmp_path):
    client.put("/v1/stores/s1/cameras/till-2").raise_for_status()
    page = opened("/clips", Role.ADMIN)
    page.set_input_files("#file", film)
    page.select_option("#camera", "till-2")
    page.click("#go")
    page.wait_for_selector("text=Waits to be cut.")
    cut_waiting(context)
    page.wait_for_selector("text=2 pieces in which something moves", timeout=10_000)
    assert "The file that was sent is deleted." in page.locator("#clips").inner_text()
    assert page.locator("#summary").inner_text() == "1 clip, 2 pieces to label"
    with page.expect_download() as download:
        page.click("#json")
    saved = tmp_path / "clip-events.json"
    download.value.save_as(saved)
    page.set_input_files("#back", saved)
    page.wait_for_selector("text=0 pieces read back, 0 changed.")


def test_a_piece_is_labelled_by_keyboard_and_a_reload_loses_nothing(opened, client, pieces):
    page = opened("/clips/label", Role.ANNOTATOR)
    page.wait_for_selector("#strip img[src]")
    press = page.keyboard.press
    assert shown(page) == 0
    press("Shift+ArrowRight")
    assert shown(page) == 10
    press("i")
    for _ in range(4):
        press("ArrowRight")
    press("o")
    press("2")
    assert page.locator("#events li").count() == 1
    assert "Concealment" in page.locator("#events").inner_text()
    for key in ("ArrowRight", "i", "ArrowRight", "1"):
        press(key)
    assert page.locator("#events li").count() == 2
    press("u")
    assert page.locator("#events li").count() == 1
    page.reload()
    page.wait_for_selector("#strip img[src]")
    assert page.locator("#events li").count() == 1
    assert "From" in page.locator("#pending").inner_text()  # the start of the second one is marked still
    press("Enter")
    page.wait_for_selector("text=A start is marked without an event")
    press("Escape")
    press("ArrowDown")
    assert shown(page) == 10
    press("t")
    assert "of " in page.locator("#events").inner_text()
    first = page.locator("#where").inner_text()
    press("Enter")
    page.wait_for_function("text => document.getElementById('where').textContent !== text", arg=first)
    done = client.get("/v1/clips/tasks", params={"state": "labelled"}).json()
    (event,) = client.get(f"/v1/clips/tasks/{done[0]['id']}/annotation").json()["events"]
    assert event["event"] == "concealment"
    assert event["track"] is not None
    assert (event["start"], event["end"]) == (done[0]["start"] + 2.5, done[0]["start"] + 3.75)
    press("Enter")
    page.wait_for_selector("text=Nothing to label.")
    assert page.locator("#message").inner_text() == "0 events kept."
    assert len(client.get("/v1/clips/tasks", params={"state": "labelled"}).json()) == 2


def test_an_event_goes_on_in_the_next_piece(opened, client, pieces, key_for):
    """The first piece was labelled by somebody else, up to its end."""
    first, second = sorted(pieces, key=lambda piece: piece["part"])
    leased = client.post("/v1/clips/tasks/lease", json={"count": 2}).json()
    ids = {"lease_token": leased["lease_token"]}
    dwell = {"event": "long_dwell", "start": first["start"], "end": first["end"]}
    client.post(f"/v1/clips/tasks/{first['id']}/annotations", json={**ids, "events": [dwell]}).raise_for_status()
    client.post(f"/v1/clips/tasks/{second['id']}/release", json=ids).raise_for_status()
    page = opened("/clips/label", Role.ANNOTATOR)
    page.wait_for_selector("text=Long dwell goes on from the piece before")
    for key in ("ArrowRight", "ArrowRight", "c", "Enter"):
        page.keyboard.press(key)
    page.wait_for_selector("text=1 event kept.")
    (event,) = client.get(f"/v1/clips/tasks/{second['id']}/annotation").json()["events"]
    assert (event["event"], event["start"], event["end"]) == ("long_dwell", second["start"], second["start"] + 0.75)
    (joined,) = client.get("/v1/clips/export").json()["events"]
    assert joined["start"] == first["start"]


def test_it_plays_and_stops_at_the_end(opened, client, pieces):
    page = opened(f"/clips/label?clip={pieces[0]['clip_id']}", Role.ANNOTATOR)
    page.wait_for_selector("#strip img[src]")
    for key in ("f", "f", "Space"):
        page.keyboard.press(key)
    assert "Pause" in page.locator("#play").inner_text()
    page.wait_for_function(f"Number({_AT}) >= 8")
    page.keyboard.press("Space")
    assert "Play 4×" in page.locator("#play").inner_text()
    page.keyboard.press("End")
    last = shown(page)
    page.keyboard.press("ArrowRight")
    assert shown(page) == last
    page.click("#strip li:first-child button")
    assert shown(page) == 0

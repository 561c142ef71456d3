"""The page that shows which cameras' photos changed, in a real browser."""

from datetime import UTC, datetime

import pytest

from service.auth.permissions import Role
from service.records import DriftRecord

DARKER = {
    "signal": "luminance",
    "moved": True,
    "p": 0.002,
    "distance": 0.91,
    "before": 0.22,
    "now": 0.088,
    "words": "photos are 60% darker",
}
CALM = {
    "signal": "gaps",
    "moved": False,
    "p": 0.8,
    "distance": 0.1,
    "before": 0.02,
    "now": 0.021,
    "words": "2.1% of the places are gaps, before 2.0%",
}


@pytest.fixture
def look(context):
    """Record what a look at a camera said."""

    def add(store, camera, **said):
        at = datetime(2026, 3, 1, 9, tzinfo=UTC)
        usual = {
            "drifted": False,
            "p": 1.0,
            "undecided": "",
            "since": None,
            "seen_at_captures": None,
            "signals": [],
            "pairs": [],
            "strata": [],
            "captures": 300,
        }
        looked = {"looked_at": at, "model_version": 1, "reference": "first", "reference_until": at}
        with context.database.write() as session:
            session.add(DriftRecord(store_id=store, camera_id=camera, **looked, **{**usual, **said}))

    return add


def test_a_camera_that_moved_is_shown_with_pictures_of_before_and_now(opened, capture_of, look):
    before, now, _ = capture_of("s1", 1), capture_of("s1", 2), capture_of("s2", 3)
    look("s2", "c2", signals=[CALM])
    look(
        "s1",
        "c1",
        drifted=True,
        p=0.002,
        since=datetime(2026, 2, 20, 12, tzinfo=UTC),
        seen_at_captures=180,
        signals=[DARKER, CALM],
        pairs=[{"bay_id": "s1-b", "before": before, "now": now}],
        strata=["dim/frontal/convenience"],
    )
    page = opened("/drift", Role.ENGINEER)
    page.wait_for_selector(".pair img[src^=blob] >> nth=1")
    assert page.inner_text("#summary").startswith("1 camera of 2 moved.")
    assert [text.split("\n")[0] for text in page.locator("#scopes button").all_inner_texts()] == ["c1", "c2"]
    assert page.inner_text("#told") == "Since February 20, 2026: photos are 60% darker."
    assert page.inner_text("#quotas") == "The next round may pick more of dim/frontal/convenience (× 2)."
    assert page.inner_text("#retraining") == "It has lasted for 120 captures: a retraining is advised."
    assert page.locator(".pair img").evaluate_all("all => all.map(one => one.alt)") == ["s1-b, before", "s1-b, now"]
    assert page.inner_text("#signals .moved").split("\t") == ["Brightness", "0.220", "0.088", "0.91", "0.002"]
    assert page.locator("#none").is_hidden()
    page.keyboard.press("ArrowDown")
    assert page.inner_text("#about") == "c2"
    assert page.inner_text("#told") == "Its newest photos look like those before."
    assert page.locator("#effects").is_hidden()
    assert page.locator("#scopes [aria-current=true]").inner_text().startswith("c2")
    page.set_viewport_size({"width": 360, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_where_nothing_moved_the_page_is_calm(opened, capture_of, look):
    page = opened("/drift", Role.ENGINEER)
    page.wait_for_selector("#none:has-text('Nothing to compare yet.')")
    capture_of("s1", 1)
    look("s1", "c1", undecided="only 5 new captures of bays seen before; 20 are needed")
    look("s1", "", signals=[CALM])
    page.reload()
    page.wait_for_selector("#none:has-text('Nothing moved.')")
    assert page.inner_text("#about") == "All of s1"
    page.keyboard.press("ArrowDown")
    assert page.inner_text("#told") == "Only 5 new captures of bays seen before; 20 are needed."

"""The page on which stores and weeks are compared, in a real browser."""

from datetime import UTC, datetime
from itertools import count

import pytest

from retail.compliance import Verdict
from service.auth.permissions import Role
from service.records import (
    CaptureRecord,
    ComplianceRecord,
    PositionVerdictRecord,
    ProductRecord,
    ShelfShareRecord,
)
from service.reports.counting import count_day

JUICE, SODA, BREAD = "04006381333931", "00012345678905", "00000000000017"
LETTERS = {".": Verdict.CORRECT, "o": Verdict.OUT_OF_STOCK, "?": Verdict.UNDECIDED}


@pytest.fixture
def page(opened, client, context):
    """Two kiosks and a supermarket; each bay has a juice, a soda and a bread, in this order."""
    for store, name, kind in (
        ("s1", "Kiosk", "convenience"),
        ("s2", "Corner", "convenience"),
        ("s3", "Market", "supermarket"),
    ):
        client.put(f"/v1/stores/{store}", json={"name": name, "format": kind}).raise_for_status()
        client.put(f"/v1/stores/{store}/bays/{store}-b").raise_for_status()
    numbers = count(1)
    with context.database.write() as session:
        for gtin, category in ((JUICE, ["drinks", "juice"]), (SODA, ["drinks", "soda"]), (BREAD, ["food", "bread"])):
            session.add(ProductRecord(gtin=gtin, name=gtin, category=category))
        for store, day, letters in (
            ("s1", 16, "ooo"),
            ("s1", 24, "..o"),
            ("s1", 26, "o.o"),
            ("s2", 24, "..."),
            ("s3", 24, ".o?"),
        ):
            photograph(session, f"{next(numbers):032x}", store, datetime(2026, 2, day, 10, tzinfo=UTC), letters)
    page = opened("/reports", Role.ADMIN)
    page.wait_for_selector(".heat [aria-current=true]")
    return page


def photograph(session, id, store, at, letters):
    place = {"store_id": store, "bay_id": f"{store}-b"}
    kept = {"id": id, "sha256": id, "image_key": id, "image_sha256": id, "taken_at": at, "received_at": at}
    seen = {"width": 640, "height": 480, "stratum": "", "model_version": 1, "truncated": False, "detections": []}
    session.add(CaptureRecord(faces_blurred=0, **place, **kept, **seen))
    session.flush()
    judged = {"planogram_id": "p", "version": 1, "at": at, "photos": [id], "fits": True}
    session.add(ComplianceRecord(capture_id=id, **place, **judged, counts={}, flip=0.0, answer={}))
    session.flush()
    for slot, (letter, gtin) in enumerate(zip(letters, (JUICE, SODA, BREAD), strict=True), 1):
        told = {"probability": 0.9, "flip": 0.1, "in_view": True, "facings_planned": 1, "facings_seen": 1}
        verdict = {"shelf": 1, "slot": slot, "gtin": gtin, "verdict": LETTERS[letter]}
        session.add(PositionVerdictRecord(capture_id=id, **verdict, **told))
    shares = ((JUICE, 0.5), (SODA, 0.25), (BREAD, 0.25))
    session.add_all(ShelfShareRecord(capture_id=id, gtin=gtin, share=share) for gtin, share in shares)
    count_day(session, place["bay_id"], at)


def rows(page) -> list[list[str]]:
    """The last three weeks of each line."""
    script = "[...document.querySelectorAll('.heat tbody tr')].map(r => [...r.cells].map(c => c.innerText.trim()))"
    return [[line[0], *line[-3:]] for line in page.evaluate(script)]


def test_stores_and_weeks_are_compared_format_by_format(page):
    assert page.inner_text("#summary") == "3 stores, 2025-12-08 to 2026-03-01"
    assert page.locator(".heat caption").all_inner_texts() == ["Convenience", "Supermarket"]
    assert page.locator(".heat >> nth=0 >> thead th").all_inner_texts()[-3:] == ["W07", "W08", "W09"]
    assert rows(page) == [
        ["All 2 stores", "", "0", "67"],
        ["Kiosk", "", "0", "50"],
        ["Corner", "", "", "100"],
        ["All 1 store", "", "", "50"],
        ["Market", "", "", "50"],
    ]
    page.select_option("#figure", "decided")
    assert rows(page)[-1] == ["Market", "", "", "67"]


def test_a_cell_is_walked_to_and_opened_without_a_mouse(page):
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("#about:has-text('Kiosk, convenience, W09 from 2026-02-23')")
    facts = dict(zip(page.locator("dt").all_inner_texts(), page.locator("dd").all_inner_texts(), strict=True))
    assert (facts["Positions × days"], facts["As planned"], facts["Out of stock"]) == ("6", "3", "3")
    page.wait_for_selector("#category-rows tr:has-text('drinks'):has-text('75') >> nth=0")
    assert [text.split() for text in page.locator("#category-rows tr").all_inner_texts()] == [
        ["drinks1", "75", "%", "1", "75", "%"],
        ["food2", "0", "%", "2", "25", "%"],
    ]
    page.keyboard.press("1")
    page.wait_for_selector("#path button:disabled:has-text('drinks')")
    page.wait_for_selector("#category-rows tr:has-text('juice')")
    assert rows(page)[1] == ["Kiosk", "", "0", "75"]
    assert page.inner_text("#about").startswith("Kiosk")
    page.keyboard.press("u")
    page.wait_for_selector("#path button:disabled:has-text('All products')")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("#about:has-text('W08')")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("#facts:has-text('No photo was judged')")
    assert page.locator("#categories").is_hidden()
    page.keyboard.press("f")
    assert page.input_value("#figure") == "on_shelf_availability"
    assert page.locator(".heat [aria-current=true]").get_attribute("aria-label") == "Kiosk, W07: no photo"


def test_the_same_as_a_file(page):
    with page.expect_download() as download:
        page.click("#csv")
    assert download.value.suggested_filename == "compliance-2025-12-08-2026-03-01.csv"
    lines = download.value.path().read_text().splitlines()
    assert lines[0].startswith("format,store_id,store_name,category,week,monday,bays,positions,correct")
    assert "convenience,s1,Kiosk,drinks,2026-W09,2026-02-23,1,4,3,0,0,1,0,0.75,0.75" in lines


def test_weeks_before_are_looked_at(page):
    page.fill("#until", "2026-02-18")
    page.dispatch_event("#until", "change")
    page.wait_for_selector("#summary:has-text('1 store, 2025-12-01 to 2026-02-18')")
    assert rows(page) == [["All 1 store", "", "", "0"], ["Kiosk", "", "", "0"]]
    page.fill("#until", "2025-02-18")
    page.dispatch_event("#until", "change")
    page.wait_for_selector("#none:has-text('Nothing to report')")


@pytest.mark.parametrize("width", [820, 360])
def test_narrow_screens_do_not_scroll_sideways(page, width):
    page.set_viewport_size({"width": width, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= width

"""The page on which tasks are labelled, in a real browser: by keyboard, through a reload and a lost connection."""

from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import select

from service.auth.permissions import Role
from service.ids import new_id
from service.records import AnnotationRecord, CaptureRecord, RoundRecord, TaskRecord
from tests.service.compliance.conftest import plan, planned, products, sent
from tests.service.compliance.painted import PLANNED, PaintedServing, gtin, paint

__all__ = ["plan", "planned", "products", "sent"]
VENDOR = Path("service/pages/static/vendor/annotorious.es.js")
NEXT_TASK_MS = 300
SENT = r"#sending:text-matches('^\\d+ tasks? done$')"


@pytest.fixture
def settings(settings):
    """Settings with which no blind copy comes by chance."""
    return settings.model_copy(update={"quality": settings.quality.model_copy(update={"gold_share": 0.0})})


@pytest.fixture
def context(context, clock, missing):
    if not VENDOR.is_file():
        missing("the browser's libraries (make service/pages/static/vendor/annotorious.css)")
    clock.now = datetime.now(UTC)  # the browser has a clock of its own
    return replace(context, serving=PaintedServing())


@pytest.fixture
def tasks_of(context):
    """Queue a task on each of these captures: `tasks_of(ids, tile=[0, 0, 320, 480])`."""

    def add(capture_ids: list[str], **columns) -> list[str]:
        with context.database.write() as session:
            now = context.clock()
            if session.get(RoundRecord, "r" * 32) is None:
                facts = {"config": {}, "pool_digest": "", "pool_size": 1, "model_version": 1, "near_duplicates": {}}
                session.add(RoundRecord(id="r" * 32, created_at=now, by="a test", **facts))
                session.flush()
            made = []
            for rank, capture_id in enumerate(capture_ids, 1):
                capture = session.get_one(CaptureRecord, capture_id)
                wanted = {
                    "round_id": "r" * 32,
                    "state": "queued",
                    "arm": "value",
                    "reason": "the model doubts 2 facings",
                }
                wanted |= {"predicted_boxes": len(capture.detections), "store_id": capture.store_id, "rank": rank}
                made.append(TaskRecord(id=new_id(now), capture_id=capture_id, created_at=now, **wanted | columns))
            session.add_all(made)
        return [task.id for task in made]

    return add


@pytest.fixture
def shelves(sent, planned, tasks_of):
    """Queue tasks of painted shelves, no two photos alike: `shelves(3)`."""

    def queue(number: int, **columns) -> list[str]:
        photos = [paint(*PLANNED, first=n % 2, brightness=122 + n // 2) for n in range(number)]
        return tasks_of([sent(photo, minute=place)["id"] for place, photo in enumerate(photos)], **columns)

    return queue


@pytest.fixture
def labelled(context):
    """The boxes that count, by the rank of their task."""

    def read() -> dict[int, list[dict]]:
        with context.database.read() as session:
            found = select(TaskRecord.rank, AnnotationRecord.boxes).join(
                AnnotationRecord, AnnotationRecord.task_id == TaskRecord.id
            )
            return {
                rank: boxes for rank, boxes in session.execute(found.where(AnnotationRecord.superseded_by.is_(None)))
            }

    return read


def ready(page) -> str:
    """Wait until a task can be worked on and return its id."""
    page.wait_for_selector("#label[data-state=working]")
    return page.get_attribute("#label", "data-task")


def after(page, earlier: str) -> str:
    """Wait until another task is shown than the earlier one and return its id."""
    page.wait_for_selector(f"#label[data-state=working]:not([data-task='{earlier}'])")
    return ready(page)


def test_twenty_tasks_by_keyboard_through_a_reload_and_a_lost_connection(opened, shelves, labelled):
    tasks = shelves(20)
    page = opened("/label", Role.ANNOTATOR)
    seen = [ready(page)]
    for number in range(1, 21):
        if number % 5 == 2:  # the model is wrong: the first facing shows another product
            page.keyboard.press("Tab")
            page.keyboard.press("/")
            page.keyboard.type("Product m")
            page.wait_for_selector("#products li:has-text('Product m')")
            page.keyboard.press("Enter")
            page.wait_for_selector("#box-title:has-text('Product m')")
        if number == 7:  # with what was just changed still unconfirmed
            page.reload()
            assert ready(page) == seen[-1]
            page.wait_for_selector("#message:has-text('as you left it')")
        if number == 12:
            page.wait_for_selector(SENT)
            page.wait_for_selector("#label[data-ahead='3']")  # this one and two more are here
            page.context.set_offline(True)
        if number == 14:
            page.wait_for_selector("#label[data-offline=true] #sending:has-text('2 tasks kept here')")
            page.context.set_offline(False)
        page.keyboard.press("Enter")  # one key for a correct one
        if number < 20:
            seen.append(after(page, seen[-1]))
    page.wait_for_selector("#label[data-state=resting]")
    page.wait_for_selector(SENT)
    durations = page.evaluate("performance.getEntriesByName('next task').map(({duration}) => duration)")
    middle = sorted(durations)[len(durations) // 2]
    print(f"next task shown after {middle:.0f} ms (middle of {len(durations)}), at most {max(durations):.0f} ms")
    assert seen == tasks
    assert middle < NEXT_TASK_MS, "at most may be more: no person confirms as quickly as this test"
    done = labelled()
    assert sorted(done) == list(range(1, 21))
    for rank, boxes in done.items():
        facings = [box for box in boxes if box["kind"] == "facing"]
        assert len(facings) == 10
        assert (facings[0]["gtin"] == gtin("m")) == (rank % 5 == 2)


def test_boxes_are_drawn_moved_named_deleted_and_brought_back(opened, shelves, labelled):
    shelves(1)
    page = opened("/label", Role.ANNOTATOR)
    ready(page)
    place = page.locator("#stage img").bounding_box()
    scale = place["width"] / 640
    x, y = place["x"], place["y"]
    page.keyboard.press("d")
    page.mouse.move(x + 560 * scale, y + 260 * scale)
    page.mouse.down()
    page.mouse.move(x + 580 * scale, y + 300 * scale)
    page.mouse.move(x + 620 * scale, y + 380 * scale)
    page.mouse.up()
    page.wait_for_selector("#box-title:has-text('Which product is it?')")
    page.keyboard.press("4")
    page.wait_for_selector("#box-title:has-text('Gap')")
    page.mouse.move(x + 590 * scale, y + 320 * scale)
    page.mouse.down()
    page.mouse.move(x + 580 * scale, y + 320 * scale, steps=3)
    page.mouse.up()
    page.wait_for_timeout(50)  # what a pointer moved is told a moment later
    page.keyboard.press("Escape")
    page.keyboard.press("Tab")  # the first facing
    page.wait_for_selector("#box-title:has-text('Product r')")
    page.keyboard.press("x")
    page.wait_for_selector("#box-title:has-text('Product g')")
    page.keyboard.press("u")
    page.keyboard.press("ArrowLeft")
    page.wait_for_selector("#box-title:has-text('Product r')")
    page.keyboard.press("U")
    page.keyboard.press("Tab")
    page.wait_for_selector("#box-title:has-text('Product g')")
    page.keyboard.press("o")
    for keys in ("Shift+ArrowRight", "Control+Shift+ArrowLeft", "Control+ArrowDown"):
        page.keyboard.press(keys)
    page.keyboard.press("c")
    page.wait_for_selector("#box-title:has-text('Which product is it?')")
    page.keyboard.press("n")
    page.keyboard.press("x")
    page.keyboard.press("Control+z")
    page.keyboard.press("Control+z")
    page.keyboard.press("Enter")
    page.wait_for_selector(SENT)
    boxes = labelled()[1]
    gap = next(box for box in boxes if box["kind"] == "gap")
    assert gap["box"] == pytest.approx([550, 260, 610, 380], abs=2 / scale + 1)
    facings = [box for box in boxes if box["kind"] == "facing"]
    assert len(facings) == 9
    changed = next(box for box in facings if box.get("occluded"))
    grain = max(1, round(1 / scale))
    assert changed["gtin"] is None
    assert changed["box"] == [160 + grain, 70 + grain, 220 + grain, 190 + grain]


def test_a_pause_is_no_work(opened):
    page = opened("/label", Role.ANNOTATOR)
    page.wait_for_selector("#label[data-state=resting]")
    seconds = page.evaluate(
        """async () => {
            const { workClock } = await import("/static/label_clock.js");
            let now = 0;
            const clock = workClock(() => now);
            clock.start(2);
            for (now of [10_000, 40_000, 200_000]) dispatchEvent(new Event("pointerdown"));
            now = 205_000;
            return clock.seconds();
        }"""
    )
    assert seconds == 2 + 10 + 30 + 5, "from 40 to 200 s nothing was touched"


def test_what_was_drawn_outlives_the_lease(opened, shelves, labelled, clock):
    shelves(1)
    page = opened("/label", Role.ANNOTATOR)
    task = ready(page)
    page.keyboard.press("Tab")
    page.keyboard.press("i")
    clock.advance(hours=3)
    page.keyboard.press("Enter")
    page.wait_for_selector("#message:has-text('What you drew is kept'), #message:has-text('as you left it')")
    page.wait_for_timeout(300)
    if page.get_attribute("#label", "data-state") == "resting":
        page.keyboard.press("Enter")
    assert ready(page) == task
    page.keyboard.press("Enter")
    page.wait_for_selector(SENT)
    assert sum(box.get("ignore", False) for box in labelled()[1]) == 1


def test_a_task_is_skipped_for_a_reason_and_what_waits_is_told(opened, shelves, context):
    shelves(4)
    page = opened("/label", Role.ANNOTATOR)
    first = ready(page)
    page.wait_for_selector("#waiting:has-text('A few tasks wait')")
    page.keyboard.press("s")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    second = after(page, first)
    page.keyboard.press("e")
    page.fill("#pass-note", "which of the two?")
    page.keyboard.press("Enter")
    after(page, second)
    page.wait_for_function("!document.querySelector('#sending').textContent.startsWith('Sending')")
    with context.database.read() as session:
        skipped, escalated = session.get_one(TaskRecord, first), session.get_one(TaskRecord, second)
    assert (skipped.state, skipped.skip_reason) == ("skipped", "not_a_shelf")
    assert (escalated.state, escalated.expert, escalated.note) == ("queued", True, "which of the two?")


def test_verdicts_are_given_by_digits(opened, sent, planned, client):
    capture = sent(paint("rgby ", "cmwcb"))
    asked = client.post("/v1/tasks/verdicts", json={"capture_ids": [capture["id"]]})
    asked.raise_for_status()
    page = opened("/label", Role.EXPERT)
    task = ready(page)
    assert asked.json()["task_ids"] == [task]
    page.keyboard.press("Tab")
    page.wait_for_selector("#box-title:has-text('Shelf 1, position 1: Product r')")
    page.keyboard.press("3")
    page.keyboard.press("u")
    page.keyboard.press("ArrowRight")
    page.wait_for_selector("#box-title:has-text('Shelf 1, position 2: Product g')")
    page.keyboard.press("2")
    page.keyboard.press("Enter")
    page.wait_for_selector(SENT)
    given = client.get(f"/v1/tasks/{task}/verdicts").json()["verdicts"]
    told = {(one["shelf"], one["slot"]): one["verdict"] for one in given}
    assert told[1, 1] == "correct"
    assert told[1, 2] == "wrong_position"
    assert told[1, 5] == "out_of_stock"


def test_a_tablet_does_it_by_touch(browser, address, key_for, sent, planned, tasks_of, labelled):
    tasks_of([sent(paint(*PLANNED))["id"]], tile=[0, 0, 320, 480], part=1)
    key = key_for(Role.ANNOTATOR)["Authorization"].removeprefix("Bearer ")
    page = browser.new_page(viewport={"width": 820, "height": 1180}, has_touch=True)
    page.goto(f"{address}/label#key={key}")
    ready(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 820
    assert page.evaluate("document.documentElement.scrollHeight") <= 1180
    place = page.locator("#stage img").bounding_box()
    scale = place["width"] / 640
    page.touchscreen.tap(place["x"] + 100 * scale, place["y"] + 130 * scale)
    page.wait_for_selector("#box-title:has-text('Product r')")
    buttons = page.evaluate(
        """[...document.querySelectorAll('.label button')].map((button) => [button.id, button.getBoundingClientRect()])
        .filter(([, { width }]) => width)
        .map(([id, { width, height }]) => [id, Math.round(width), Math.round(height)])"""
    )
    assert len(buttons) > 15
    assert [button for button in buttons if min(button[1:]) < 44] == []
    for id in ("delete", "undo", "confirm"):
        page.tap(f"#{id}")
    page.wait_for_selector(SENT)
    boxes = labelled()[1]
    assert [box["gtin"] for box in boxes if box["kind"] == "facing"][:1] == [gtin("r")]
    assert all(box["box"][0] < 320 for box in boxes)
    page.close()

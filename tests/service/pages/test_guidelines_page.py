"""The page with the annotators' rules, in a real browser."""

import os
from pathlib import Path

import numpy as np
import pytest

from service.auth.permissions import Role
from service.records import TaskRecord
from tests.service.guidelines.bottles import NAMES, SPARKLING, STILL, add_labelled_by_three, add_products
from tests.service.guidelines.conftest import add_task  # noqa: F401

WATERS = (STILL, SPARKLING)
GUESSES = np.random.default_rng(7).integers(0, 2, (100, 3))


def guess(gtin, person, count):
    return WATERS[GUESSES[count, person]] if gtin in WATERS else gtin


def model(gtin, count):
    return WATERS[count // 4 % 2] if gtin in WATERS else gtin


@pytest.fixture
def shelves(context, client, add_task):  # noqa: F811
    add_products(client)
    return add_labelled_by_three(context, add_task, 6, guess, model)


def look(page, name):
    """Keep a picture of the page where a person asked for one."""
    if folder := os.environ.get("SHELFLOOP_SCREENSHOTS"):
        page.screenshot(path=Path(folder) / f"guidelines_{name}.png")


def wait_for_pictures(page, selector):
    """Wait until every piece of a photo is seen; what is out of sight is fetched when it comes into view."""
    every = "(selector) => [...document.querySelectorAll(selector)].every(({ naturalWidth }) => naturalWidth > 20)"
    page.wait_for_function(every, arg=selector)


def queued(context):
    with context.database.read() as session:
        return session.query(TaskRecord).where(TaskRecord.state == "queued").count()


def test_a_rule_is_changed_by_keyboard_and_its_labels_are_queued_again(opened, context, shelves):
    page = opened("/guidelines", Role.EXPERT)
    page.wait_for_selector("#list button >> nth=5")
    assert page.inner_text("#about") == "Always"
    look(page, "always")
    while page.inner_text("#about") != "GTIN when certain":
        page.keyboard.press("ArrowDown")
    assert "Give the GTIN only when" in page.inner_text(".rule-text")
    look(page, "rule")
    page.keyboard.press("e")
    page.keyboard.press("End")
    page.keyboard.type(" Say so where the cap decides.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".found:has-text('6 labelled tasks would be queued again.')")
    assert queued(context) == 0
    look(page, "tried")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#message:has-text('Version 2 is in force. 6 labelled tasks queued again.')")
    assert queued(context) == 6
    page.wait_for_selector("#version option:checked:has-text('2, in force')", state="attached")
    page.wait_for_selector(".rule-text:has-text('where the cap decides.')")
    page.select_option("#version", "1")
    page.wait_for_selector("#summary:has-text('The shelf guideline that comes with Shelfloop.')")
    assert page.locator(".writing").count() == 0


def test_a_missing_rule_is_seen_and_written(opened, context, client, shelves):
    page = opened("/guidelines", Role.EXPERT)
    page.wait_for_selector("#list button")
    page.keyboard.press("2")
    page.wait_for_selector(".pictures img >> nth=3")
    page.wait_for_function(
        "[...document.querySelectorAll('.pictures img')].every(({ naturalWidth }) => naturalWidth > 20)"
    )
    assert page.inner_text("#list h2") == "No rule decides"
    assert set(page.inner_text("#list button span").split(" / ")) == {NAMES[STILL], NAMES[SPARKLING]}
    look(page, "missing")
    page.keyboard.press("e")
    page.keyboard.type("Sparkling water has ribs.")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector(".found:has-text('6 labelled tasks would be queued again.')")
    page.keyboard.press("Control+Enter")
    page.wait_for_selector("#none:has-text('Nothing is taken for something else.')")
    page.keyboard.press("Escape")
    rule = client.get("/v1/guidelines/in-force").json()["rules"][-1]
    assert (rule["boundary"], rule["text"]) == ("product:drinks/water", "Sparkling water has ribs.")
    page.keyboard.press("1")
    page.click("#list button:has-text('Sparkling water')")
    wait_for_pictures(page, ".case img")
    look(page, "with_crops")


def test_the_catalogue_says_what_to_merge(opened, shelves):
    page = opened("/guidelines", Role.ENGINEER)
    page.wait_for_selector("#list button")
    page.keyboard.press("3")
    page.wait_for_selector(".pictures img")
    page.wait_for_function(
        "[...document.querySelectorAll('.pictures img')].every(({ naturalWidth }) => naturalWidth > 20)"
    )
    assert page.inner_text("#list button b") == "Merge"
    assert "merge them" in page.inner_text(".rule-text")
    look(page, "health")


def test_a_pilot_is_started_and_watched(opened, client, context, add_task, shelves):  # noqa: F811
    for _ in range(4):
        add_task()
    pilot = client.post("/v1/pilots", json={"name": "Waters", "tasks": 2, "annotators": 2}).json()
    with context.database.write() as session:  # as if the pilot were of what was labelled
        session.connection().exec_driver_sql("DELETE FROM pilot_tasks")
        values = ", ".join(f"('{pilot['id']}', '{id}')" for id in shelves)
        session.connection().exec_driver_sql(f"INSERT INTO pilot_tasks (pilot_id, task_id) VALUES {values}")
    page = opened("/guidelines", Role.EXPERT)
    page.wait_for_selector("#list button")
    page.keyboard.press("4")
    page.wait_for_selector(".verdict-of:has-text('It would be a no-go.')")
    assert "Sparkling water 1 l and Still water 1 l are taken for each other" in page.inner_text(".reasons")
    page.click("text=End it")
    page.wait_for_selector(".verdict-of:text-is('No-go.')")
    look(page, "pilot")
    page.keyboard.press("ArrowDown")
    page.fill("[name=name]", "Juices")
    page.fill("[name=annotators]", "2")
    look(page, "pilot_start")
    page.click("text='Start'")
    page.wait_for_selector("#message:has-text('4 tasks wait for 2 people each.')")


def test_annotators_read_the_rules_and_change_nothing(opened, shelves):
    page = opened("/guidelines", Role.ANNOTATOR)
    page.wait_for_selector("#list button >> nth=5")
    page.keyboard.press("j")
    assert page.locator(".writing").count() == 0
    assert page.locator("#tab-missing").is_hidden()
    page.keyboard.press("2")
    page.keyboard.press("e")
    assert page.inner_text("#about") != "Always"
    page.set_viewport_size({"width": 820, "height": 1180})
    assert page.evaluate("document.documentElement.scrollWidth") <= 820
    look(page, "tablet")

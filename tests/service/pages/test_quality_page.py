"""The page on which labels are reviewed and measured, in a real browser."""

import cv2
import numpy as np
import pytest

from labeling.quality.simulated import HEIGHT, WIDTH, ErrorRates
from labeling.quality.simulated_model import ModelQuality, SimulatedModel
from retail.boxes import DetectionKind
from service.auth.permissions import Role
from service.quality.label_errors import search_label_errors
from service.records import AnnotationRecord, GoldRecord, ReviewRecord
from tests.service.quality.conftest import CATEGORIES, Person, Shop

SHARP = ModelQuality(recall=1, wrong=0.02, auroc=0.99, edges=0.01, background=0.7, crowding=0.4)


def paint(truth) -> bytes:
    """A photo of the truth: packs in the colour of their product, on shelves, with white tags."""
    image = np.full((HEIGHT, WIDTH, 3), 70, np.uint8)
    colours = np.random.default_rng(1).integers(60, 240, (len(CATEGORIES), 3)).tolist()
    by_kind = {DetectionKind.SHELF: (120, 110, 100), DetectionKind.TAG: (245, 245, 240)}
    for box in truth:
        colour = colours[list(CATEGORIES).index(box.gtin)] if box.gtin else by_kind[box.kind]
        corners = (round(box.x1), round(box.y1)), (round(box.x2), round(box.y2))
        cv2.rectangle(image, *corners, colour, -1)
        cv2.rectangle(image, *corners, (30, 30, 30), 3)
    return bytes(cv2.imencode(".jpg", image)[1])


def put_photos(shop):
    for capture_id, truth in shop.truths.items():
        shop.context.images.put(f"{capture_id}.jpg", paint(truth))


@pytest.fixture
def shop(context, client):
    context.settings.quality.gold_share = context.settings.quality.overlap_share = 0
    return Shop(context, client)


@pytest.fixture
def reviews(shop, context):
    """Twelve tasks, in each of which Ada left out three facings; the search found them."""
    shop.add_tasks(12, model=SimulatedModel(np.random.default_rng(5), SHARP, CATEGORIES))
    put_photos(shop)
    ada = Person(shop, Role.ANNOTATOR, "Ada", ErrorRates(jitter=0.0))
    leased = ada.lease(count=12)
    for task in leased["tasks"]:
        boxes = ada.draw(task["capture_id"])
        left_out = [box for box in boxes if box["kind"] == "facing"][:3]
        ada.label(task, leased["lease_token"], [box for box in boxes if box not in left_out])
    return search_label_errors(context)


def counting(context, source):
    with context.database.read() as session:
        return session.query(AnnotationRecord).filter_by(source=source, superseded_by=None).count()


def test_reviews_are_decided_without_a_mouse(opened, reviews, context, tmp_path):
    page = opened("/quality", Role.EXPERT)
    page.wait_for_selector(f"#summary:has-text('{reviews} annotations to look at a second time')")
    page.wait_for_function("document.querySelector('#waiting img').naturalWidth")
    page.screenshot(path=tmp_path / "waiting.png")
    page.keyboard.press("Enter")
    page.wait_for_selector("#review:not([hidden])")
    page.wait_for_function(
        "document.querySelector('#picture').naturalWidth && document.querySelector('#findings img').naturalWidth"
    )
    assert page.inner_text("#decide") == "Accept as labelled"
    assert "overlooked" in page.inner_text("#findings li >> nth=0")
    assert page.locator("#boxes .pointed").count() == 1
    page.keyboard.press(" ")
    assert page.inner_text("#decide") == "Correct 1 box"
    page.screenshot(path=tmp_path / "review.png")
    page.keyboard.press("Enter")
    page.wait_for_selector("#message:has-text('1 box corrected.')")
    assert counting(context, "review") == 1
    page.keyboard.press("g")
    page.wait_for_selector("#message:has-text('gold now')")
    page.keyboard.press("Enter")
    page.wait_for_selector("#message:has-text('Accepted as labelled.')")
    page.keyboard.press("b")
    page.keyboard.type("the tags are missing")
    page.keyboard.press("Enter")
    page.wait_for_selector("#message:has-text('Sent back to the queue.')")
    page.keyboard.press("r")
    page.wait_for_selector("#message:has-text('Left to others.')")
    with context.database.read() as session:
        decisions = [review.decision for review in session.query(ReviewRecord) if review.decision]
        assert sorted(decisions) == ["accept", "correct", "send_back"]
        assert session.query(GoldRecord).count() == 1
        states = [review.state for review in session.query(ReviewRecord)]
    assert states.count("leased") == 1, "of five that were leased, one is left"


def test_annotators_and_agreement_are_shown(opened, shop, context, clock, tmp_path):
    expert, rita = (Person(shop, Role.EXPERT, name, ErrorRates(jitter=0.0)) for name in ("Expert", "Rita"))
    shop.add_tasks(8, seed=9)
    for task in expert.label_all(8):
        rita.call("POST", "/v1/reviews", json={"task_id": task["id"]})
        token = rita.call("POST", "/v1/reviews/lease", json={"task_id": task["id"]})["lease_token"]
        rita.call("POST", f"/v1/tasks/{task['id']}/review", json={"lease_token": token, "decision": "accept"})
        rita.call("POST", "/v1/gold", json={"task_id": task["id"]})
    people = [
        Person(shop, Role.ANNOTATOR, name, ErrorRates(jitter=0.01, wrong_product=wrong, missing=wrong / 2), seed)
        for seed, (name, wrong) in enumerate((("Ada", 0.05), ("Bob", 0.2), ("Cid", 0.1)))
    ]
    context.settings.quality.gold_share = context.settings.quality.overlap_share = 0.5
    for week in range(3):
        shop.add_tasks(8, seed=week)
        put_photos(shop)
        for one in people:
            one.label_all(8)
        clock.advance(days=7)
    page = opened("/quality", Role.EXPERT)
    page.wait_for_selector("#summary:not(:has-text('Looking'))")
    page.keyboard.press("2")
    page.wait_for_selector("#annotators li")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("#annotator h1:has-text('Bob')")
    page.wait_for_selector("#annotator tr:has-text('presence:missing')")
    assert page.locator("#annotator .trend circle").count() > 10
    page.screenshot(path=tmp_path / "annotators.png", full_page=True)
    page.keyboard.press("3")
    page.wait_for_selector("#agreement tr:has-text('product')")
    assert page.locator("#agreement tbody tr").count() > 6
    page.screenshot(path=tmp_path / "agreement.png", full_page=True)


def test_an_engineer_sees_what_waits(opened, reviews):
    page = opened("/quality", Role.ENGINEER)
    page.wait_for_selector(f"#waiting li >> nth={reviews - 1}")
    page.click("#show-agreement")
    page.wait_for_selector("#none:has-text('Nothing was labelled twice yet.')")

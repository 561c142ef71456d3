"""The pages on which rounds are started and explained, in a real browser."""

import pytest

from service.auth.permissions import Role
from tests.service.rounds.laid_out import lay_out_rounds


@pytest.fixture
def laid_out(context, clock, client, make_photo):
    with context.database.write() as session:
        return lay_out_rounds(session, context.images, make_photo(1, (1280, 960)), clock.now)


@pytest.fixture
def page(opened, laid_out):
    """The second of two rounds: three picks, two of the value arm and one at random."""
    page = opened(f"/rounds/{laid_out.rounds[1]}", Role.ENGINEER)
    page.wait_for_selector("#picks li:nth-child(3)")
    page.wait_for_selector("#coverage-table td button", state="attached")
    return page


def shown(page) -> list[str]:
    """The ranks of the pictures that are shown."""
    return page.locator("#picks li:visible b").all_text_contents()


def test_picks_are_shown_in_the_order_of_labelling_each_with_its_reason(page):
    assert shown(page) == ["1", "2", "3"]
    assert page.locator("#picks .why").all_inner_texts() == ["Reason 1.", "Reason 2.", "Reason 3."]
    assert page.locator("#picks .tag").all_inner_texts() == ["value", "value", "random"]
    assert page.inner_text("#summary").startswith("3 photos out of 6, 3 of 3 boxes; 3 queued; model 1, by ann")
    assert page.inner_text("#notes") == "Drift is off: nothing came lately."
    assert page.inner_text("#coverage-said").startswith("Of 4 combinations of category and condition that the batch")
    page.wait_for_selector("#picks img[src]")
    assert page.eval_on_selector("#picks img[src]", "image => image.decode().then(() => image.naturalWidth)") == 320


def test_picks_are_walked_through_arm_by_arm_without_a_mouse(page):
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#place").split() == ["Pick", "2", "value"]
    rows = [row.split() for row in page.locator("#terms tr").all_inner_texts()]
    assert rows == [["uncertainty", "1"], ["value", "1"], ["boxes", "1"], ["seconds", "14"]]  # drift is off
    bar = page.locator("#terms .bar-of span")
    assert bar.evaluate_all("bars => bars.map(({ style }) => style.width)") == ["67%"]  # of 1.5, the highest
    page.keyboard.press("2")
    assert shown(page) == ["3"]
    assert page.inner_text("#showing") == "1 of 3"
    assert page.inner_text("#place").split() == ["Pick", "3", "random"]
    page.keyboard.press("1")
    assert shown(page) == ["1", "2"]
    page.keyboard.press("0")
    assert shown(page) == ["1", "2", "3"]


def test_a_pick_is_looked_at_closer_and_the_next_one_from_there(page):
    page.keyboard.press("Enter")
    page.wait_for_selector("#closer[open] #closer-photo img[src]")
    assert page.inner_text("#closer-place").split() == ["Pick", "1", "of", "3", "value"]
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    assert page.inner_text("#closer-place").split() == ["Pick", "3", "of", "3", "random"]
    assert "25 %" in page.inner_text("#closer-facts")
    page.keyboard.press("Escape")
    assert page.locator("#closer").is_hidden()
    page.click("#replay")
    page.wait_for_selector("#replayed:not(:empty):not(:has-text('Picking'))")
    assert len(page.inner_text("#replayed")) > 20


def test_coverage_shows_what_is_new_and_the_pictures_behind_it(page):
    page.keyboard.press("c")
    assert page.locator("#pictures").is_hidden()
    head = page.locator("#coverage-table thead th").all_inner_texts()
    assert head == ["warm", "dim", "glare", "Category", "steep", "frontal", "frontal"]
    script = "rows => rows.map((row) => [...row.cells].map((cell) => cell.innerText.trim()))"
    assert page.locator("#coverage-table tbody tr").evaluate_all(script) == [
        ["unknown products", "", "0→1", ""],
        ["drinks", "0→1", "1→2", ""],
        ["food", "0→1", "", "0"],
    ]
    kinds = page.locator("#coverage-table td button").evaluate_all("found => found.map(({ dataset }) => dataset.kind)")
    assert kinds == ["new", "new", "thin", "thin", "bare"]
    bare = page.locator("#coverage-table [data-kind=bare]").get_attribute("title")
    assert bare == "food, glare light, frontal: nothing labelled yet, 1 in the pool"
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    assert shown(page) == ["1"]
    assert page.inner_text("#showing") == "1 of 3: drinks, dim light, frontal: 1 capture labelled, 1 in this batch"
    page.click("#all")
    assert page.locator("#pictures").is_hidden()
    page.click("#coverage-table tbody th button:has-text('drinks')")
    page.wait_for_selector("#coverage-table th:has-text('soda')")
    assert page.locator("#coverage-path button").all_inner_texts() == ["All products", "drinks"]
    page.keyboard.press("u")
    page.wait_for_selector("#coverage-table th:has-text('food')")
    for width in (820, 390):
        page.set_viewport_size({"width": width, "height": 900})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_pick_is_found_on_the_map(page, client, laid_out):
    places = client.get(f"/v1/rounds/{laid_out.rounds[1]}/map").json()["picks"]
    page.wait_for_function("document.getElementById('map').width > 300")
    side = page.locator("#map").bounding_box()["width"]
    at = {name: 10 + places[2][name] * (side - 20) for name in ("x", "y")}
    page.wait_for_timeout(200)  # until the map has its answer
    page.hover("#map", position=at)
    assert page.locator("#picks .under b").all_inner_texts() == ["3"]
    page.click("#map", position=at)
    assert page.inner_text("#place").split() == ["Pick", "3", "random"]


def test_rounds_are_listed_newest_first_above_what_is_labelled_so_far(opened, laid_out):
    page = opened("/rounds", Role.EXPERT)
    page.wait_for_selector("#rounds li:nth-child(2)")
    assert page.inner_text("#summary") == "2 rounds"
    assert ["0 of 3 done" in text for text in page.locator("#rounds li").all_inner_texts()] == [True, False]
    page.wait_for_selector("#coverage-said:has-text('6 combinations of category and condition')")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("Enter")
    page.wait_for_url(f"**/rounds/{laid_out.rounds[1]}")


def test_a_round_is_started_in_minutes_and_opened(opened, client, bay, make_photo):
    page = opened("/rounds", Role.ENGINEER)
    page.wait_for_selector("#none:visible")
    page.click("#go")
    page.wait_for_selector("#message:has-text('the pool is empty')")
    for seed in range(3):
        client.post("/v1/captures", data=bay, files={"photo": make_photo(seed)}).raise_for_status()
    page.keyboard.press("n")
    page.keyboard.press("Control+a")
    page.keyboard.type("2")
    page.select_option("#unit", "minutes")
    page.click("summary")
    page.fill("#random-share", "40")
    page.click("#go")
    page.wait_for_url("**/rounds/*")
    page.wait_for_selector("#picks li")
    config = client.get("/v1/rounds").json()[0]["config"]
    assert (config["boxes"], config["seconds"], config["random_share"]) == (None, 120, 0.4)

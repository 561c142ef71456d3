"""What a round saved, on its page: the sentence, both curves, this round and all of them."""

import pytest

from service.auth.permissions import Role
from service.savings.measuring import measure_due
from tests.service.savings.labelled_rounds import Rounds, Shown, random_arm


@pytest.fixture
def page(opened, context, clock):
    """A second round whose picks cover every product, after a first one with too few labels."""
    rounds = Rounds(context)
    rounds.add("1", [Shown(0)] * 4)
    clock.advance(days=1)
    id = rounds.add("2", [Shown(product) for product in range(30)] + random_arm(judging=50, teaching=30))
    measure_due(context)
    page = opened(f"/rounds/{id}", Role.EXPERT)
    page.wait_for_selector("#saving .learning")
    return page


def test_the_curves_and_the_sentence_are_shown(page):
    assert page.locator("#saving h2").inner_text() == "Labels saved, measured"
    assert page.locator("#saving [role=status]").inner_text().startswith("After 30 boxes each, picked labels name ")
    assert page.locator("#saving polyline").count() == 2
    ends = [text for text in page.locator("#saving .learning text").all_text_contents()]
    assert any(text.startswith("picked ") for text in ends)
    assert any(text.endswith(" boxes") and text.startswith("−") for text in ends)
    heights = [float(line.get_attribute("points").split(",")[-1]) for line in page.locator("#saving polyline").all()]
    assert heights[1] < heights[0]  # random first; the picked curve ends higher
    page.locator("#saving").get_by_role("button", name="All rounds").click()
    assert page.locator("#saving [aria-pressed=true]").inner_text() == "All rounds"
    assert page.evaluate("document.activeElement.textContent") == "All rounds"

"""The page that shows what the serving model was trained on beside what cameras send, in a real browser."""

from service.auth.permissions import Role


def test_what_cameras_send_and_the_starter_never_saw_is_what_to_get_next(opened, capture_of):
    for seed in range(3):
        capture_of("s1", seed)
    page = opened("/coverage", Role.ENGINEER)
    page.wait_for_selector("#strata tr")
    assert page.inner_text("#said").startswith("What the serving model was trained on is none of the photos here.")
    assert page.locator("#next li").first.inner_text().startswith("Neutral light, frontal, convenience: 67% of what")
    rows = {row[0]: row[2:6] for row in (text.split("\t") for text in page.locator("#strata tr").all_inner_texts())}
    assert rows == {
        "neutral, frontal, convenience": ["2", "0", "0", "–"],
        "cold, frontal, convenience": ["1", "0", "0", "–"],
    }
    assert page.inner_text("#costs").startswith("Not enough retrainings")
    page.wait_for_selector("#coverage-table tbody tr")
    page.set_viewport_size({"width": 360, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_an_empty_installation_says_so(opened):
    page = opened("/coverage", Role.ENGINEER)
    page.wait_for_selector("#said:has-text('No capture came')")
    assert page.locator("#compared").is_hidden()
    assert page.locator("#wanted").is_hidden()

"""The page with every model, in a real browser."""

import pytest

from service.auth.permissions import Role
from service.records import ModelRecord, PromotionRecord, RetrainingRecord


def score(ap: float | None, boxes: int = 400, low: float | None = None, high: float | None = None) -> dict:
    return {
        "ap": ap,
        "ap_low": low,
        "ap_high": high,
        "ap50": ap,
        "ap50_low": low,
        "ap50_high": high,
        "captures": boxes // 20,
        "boxes": boxes,
        "evidence": "sufficient" if boxes >= 30 else "insufficient evidence",
    }


def report(overall: float, warm: float, dim: float) -> dict:
    cells = {"warm": score(warm, low=warm - 0.03, high=warm + 0.03), "dim": score(dim, 20, dim - 0.2, dim + 0.2)}
    return {
        "overall": score(overall, low=overall - 0.02, high=overall + 0.02),
        "axes": {"lighting": cells, "angle": {"frontal": score(overall)}, "format": {}},
        "strata": {},
        "categories": {},
        "measures": {},
        "latency_ms": 21.4,
        "megabytes": 10.6,
    }


@pytest.fixture
def models(context):
    """Models 2 (promoted) and 3 (stopped by its gate) beside the starter."""
    reports = {
        2: {"champion": report(0.5, 0.5, 0.3), "candidate": report(0.6, 0.65, 0.35)},
        3: {"champion": report(0.62, 0.6, 0.4), "candidate": report(0.64, 0.5, 0.5)},
    }
    with context.database.write() as session:
        for version in (2, 3):
            session.add(
                RetrainingRecord(
                    id=str(version) * 32,
                    created_at=context.clock(),
                    by="a test",
                    state="promoted" if version == 2 else "gate_failed",
                    reason="more labels",
                    request={},
                    base_version=1,
                    progress={},
                )
            )
            check = {"name": "lighting warm", "champion": 0.6, "candidate": 0.5, "limit": 0.55, "reason": "under"}
            session.flush()
            session.add(
                ModelRecord(
                    version=version,
                    created_at=context.clock(),
                    source="retraining",
                    retraining_id=str(version) * 32,
                    artefact_sha256="0" * 64,
                    metadata_json={"classes": ["product", "shelf"], "input_size": 640},
                    report=reports[version],
                    gate={
                        "passed": version == 2,
                        "champion_version": version - 1,
                        "checks": [{**check, "passed": version == 2}],
                    },
                )
            )
        session.flush()
        session.add(
            PromotionRecord(
                model_version=2,
                previous_version=1,
                action="promote",
                reason="passed its gate",
                by="a test",
                at=context.clock(),
            )
        )


def test_models_are_compared_and_the_champion_is_rolled_back_by_keyboard(opened, models, context):
    page = opened("/models", Role.ENGINEER)
    page.wait_for_selector("#cells .dumbbell >> nth=2")
    assert page.inner_text("#summary").startswith("3 models; model 2 serves.")
    assert page.inner_text("#title") == "Model 2"
    assert "21 ms a photo, 10.6 MB" in page.inner_text("#told")
    names, said = page.locator("#cells dt").all_inner_texts(), page.locator("#cells dd:not(.ends-of)").all_inner_texts()
    assert dict(zip(names, said, strict=True)) == {
        "all": "50.0 % → 60.0 %",
        "warm": "50.0 % → 65.0 %",
        "dim": "30.0 % → 35.0 % (insufficient evidence)",
    }
    assert page.locator("#curve polyline").count() == 2
    page.click("#axes button:has-text('angle')")
    assert page.locator("#cells dt").all_inner_texts() == ["all", "frontal"]
    page.keyboard.press("ArrowUp")
    page.wait_for_selector("#title:has-text('Model 3')")
    assert page.inner_text("#gate-said").endswith("Stopped by 1 of 1 check against model 2: lighting warm.")
    page.keyboard.press("p")
    page.keyboard.type("I know better")
    page.keyboard.press("Enter")
    page.wait_for_selector("#message[data-kind=wrong]:has-text('did not pass its gate')")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("#back:visible")
    page.keyboard.press("b")
    page.wait_for_selector("#sure-title:has-text('Bring back what served before model 2?')")
    page.keyboard.type("it misses tags")
    page.keyboard.press("Enter")
    page.wait_for_selector("#message:has-text('Model 1 serves.')")
    page.wait_for_selector("#title:has-text('Model 1, the starter')")
    page.click("summary:has-text('Moves')")
    assert "model 1 was brought back by" in page.locator("#moves li").first.inner_text()
    page.set_viewport_size({"width": 360, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360

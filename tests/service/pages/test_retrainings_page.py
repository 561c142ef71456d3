"""The page on which retrainings are ordered and watched, in a real browser."""

from datetime import timedelta

import pytest

from service.auth.permissions import Role
from service.records import ModelRecord, RetrainingRecord

HISTORY = [{"epoch": n, "seconds": 4.0, "losses": {"box": 1.5 / n, "class": 2.0 / n}} for n in (1, 2, 3)]
FIT = {
    "stage": "fit",
    "captures": {"train": 40, "validation": 10, "set_aside": 0},
    "split_rule": "by store and day",
    "plan": {"reasons": ["dim light is practised more: 4 of 40 photos, 50 % of what cameras see"]},
    "epoch": 3,
    "epochs": 12,
    "seconds_left": 200.0,
    "history": HISTORY,
    "resumed_after": [2],
}
CHECKS = [
    {"name": "overall", "champion": 0.5, "candidate": 0.6, "limit": 0.5, "passed": True, "reason": "within tolerance"},
    {
        "name": "stratum dim/frontal/convenience",
        "champion": 0.5,
        "candidate": 0.4,
        "limit": 0.45,
        "passed": False,
        "reason": "0.400 is 0.050 under the limit 0.450",
        "difference": -0.1,
        "low": -0.15,
        "high": -0.06,
    },
]


@pytest.fixture
def retraining(context):
    """Record a retraining: `retraining("r1", state="running", …)`; each is a day younger than the one before."""
    made = []

    def add(id: str, state: str, progress: dict, gate: dict | None = None, **columns) -> None:
        record = RetrainingRecord(
            id=id,
            created_at=context.clock() + timedelta(days=len(made)),
            by="a test",
            state=state,
            reason="new lamps in store 3",
            request={},
            base_version=1,
            progress=progress,
            **columns,
        )
        made.append(record)
        with context.database.write() as session:
            session.add(record)
            if gate:
                version = 1 + len(made)
                record.candidate_version = version
                model = {"created_at": record.created_at, "source": "retraining", "artefact_sha256": "0" * 64}
                metadata = {"classes": ["product"], "input_size": 640}
                session.add(
                    ModelRecord(
                        version=version, retraining_id=id, metadata_json=metadata, report=None, gate=gate, **model
                    )
                )

    return add


def test_a_running_one_is_watched_and_called_off(opened, retraining, context):
    retraining("a" * 32, "gate_failed", {"stage": "done"}, {"passed": False, "champion_version": 1, "checks": CHECKS})
    retraining("b" * 32, "running", FIT, snapshot_hash="c" * 64, trigger="drift")
    page = opened("/retrainings", Role.ENGINEER)
    page.wait_for_selector("#stages [data-at=now]:has-text('Fitting')")
    assert page.inner_text("#told") == "New lamps in store 3. Ordered because of drift, from model 1."
    assert page.inner_text("#epoch") == "epoch 3 of 12, about 3 min left"
    assert page.inner_text("#interrupted") == "Interrupted, and gone on with after epoch 2."
    assert page.locator("#losses polyline").count() == 2
    assert "40 train, 10 validation captures" in page.inner_text("#captures")
    assert page.inner_text("#reasons").startswith("Dim light is practised more")
    page.keyboard.press("ArrowDown")
    page.wait_for_selector("#checks .failed")
    assert page.inner_text("#gate-said").endswith(
        "Stopped by 1 of 2 checks against model 1: stratum dim/frontal/convenience."
    )
    assert page.locator("#checks tbody tr").first.inner_text().split("\t") == [
        "stratum dim/frontal/convenience",
        "0.500",
        "0.400",
        "0.450",
        "-0.100 (-0.150 to -0.060)",
        "0.400 is 0.050 under the limit 0.450",
    ]
    assert page.locator("#stages [data-at=stopped]").inner_text() == "Stopped by its gate"
    assert page.locator("#cancel").is_hidden()
    page.keyboard.press("ArrowUp")
    page.click("#cancel")
    page.click("#sure button:has-text('Go on with it')")
    page.click("#cancel")
    page.click("#sure button:has-text('Call it off')")
    page.wait_for_selector("#retrainings button:has-text('Called off')")
    with context.database.read() as session:
        assert session.get_one(RetrainingRecord, "b" * 32).state == "cancelled"
    page.set_viewport_size({"width": 360, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 360


def test_without_a_label_none_can_be_ordered_and_the_page_says_why(opened):
    page = opened("/retrainings", Role.ENGINEER)
    page.wait_for_selector("#none:has-text('No retraining yet.')")
    page.wait_for_selector("#planned:has-text('no annotation')")
    page.keyboard.press("n")
    page.keyboard.type("to see")
    page.keyboard.press("Enter")
    page.wait_for_selector("#message[data-kind=wrong]:has-text('Label tasks first')")

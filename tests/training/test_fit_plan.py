"""What a fit decides is written down, in words too."""

import pytest

from training.fit_config import FitConfig
from training.fit_plan import keep_plan, kept_plan, plan_fit
from training.snapshots import add_synthetic, freeze

DIM = {"dim/frontal/convenience": 60}


@pytest.fixture
def snapshot(make_capture):
    captures = [make_capture(f"c{i:03}", store=f"s{i % 40}") for i in range(240)]
    return freeze(captures, "kinds")


def test_every_decision_has_its_reason(snapshot):
    train = snapshot.split.train
    older = {capture.capture_id for capture in train[:100]}
    config = FitConfig(lighting={"neutral": 1}, replay=0.3, balance=0.1, patience=3)
    plan = plan_fit(snapshot, config, older, DIM)
    assert plan.lighting["dim"] > plan.lighting["neutral"]
    assert set(plan.rates) | set(plan.held_back) == {capture.capture_id for capture in train}
    assert plan.photos < len(plan.rates)
    light, replay, balance, stop = plan.reasons
    assert light.startswith("dim light is 100% of the live captures")
    assert replay.startswith("an epoch shows")
    assert balance == "no class is rare"
    assert stop.startswith(f"{len(plan.held_back)} training photos are held back")


def test_off_is_off(snapshot):
    plan = plan_fit(snapshot, FitConfig(), (), DIM)
    assert plan.lighting == {}
    assert set(plan.rates.values()) == {1.0}
    assert plan.held_back == ()
    assert plan.reasons[0] == "no light is practised"
    configured = plan_fit(snapshot, FitConfig(lighting={"warm": 2}, gap_driven=False), (), DIM)
    assert configured.lighting == {"warm": 2}
    unknown = plan_fit(snapshot, FitConfig(lighting={"warm": 2}), (), {})
    assert unknown.lighting == {"warm": 2}


def test_rare_and_replayed_multiply(make_capture, make_box):
    rare = (make_box(gtin="00012345678905"),)
    captures = [make_capture(f"c{i:03}", store=f"s{i}", boxes=rare if i == 0 else None) for i in range(400)]
    snapshot = freeze(captures, "products")
    older = {capture.capture_id for capture in snapshot.split.train[:200]}
    config = FitConfig(replay=0.5, balance=0.04)
    plan = plan_fit(snapshot, config, older, {})
    plain = plan_fit(snapshot, FitConfig(replay=0.5), older, {})
    assert plan.rates["c000"] == pytest.approx(plain.rates["c000"] * (0.04 * len(plan.rates)) ** 0.5, rel=1e-4)


def test_synthetic_captures_are_shown_and_hold_nothing_back(snapshot, make_capture):
    made = make_capture("synthetic-1", store="synthetic", arm="synthetic")
    plan = plan_fit(add_synthetic(snapshot, [made]), FitConfig(patience=3), (), {})
    assert plan.rates["synthetic-1"] == 1.0
    assert "synthetic-1" not in plan.held_back


def test_a_plan_is_kept_and_a_damaged_one_is_made_anew(snapshot, tmp_path):
    plan = plan_fit(snapshot, FitConfig(lighting={"warm": 1}), (), {})
    assert kept_plan(tmp_path) is None
    keep_plan(plan, tmp_path)
    assert kept_plan(tmp_path) == plan
    (tmp_path / "plan.json").write_text('{"lighting": ')
    assert kept_plan(tmp_path) is None

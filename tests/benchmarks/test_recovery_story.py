"""The recovery study on two bays, in a minute: every door it goes through is the service's own."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from benchmarks.recovery import playing, story
from benchmarks.recovery.counting import FACINGS, photo_counts

pytestmark = [
    pytest.mark.slow,
    pytest.mark.timeout(600),
    pytest.mark.filterwarnings("ignore"),  # the test client's, MLflow's: the study runs outside of the tests
]


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    for name, value in {"STORES": 1, "BAYS_PER_STORE": 2, "PRODUCTS": 60}.items():
        monkeypatch.setattr(story, name, value)
    test = range(1000, 1001)
    monkeypatch.setattr(playing, "FIRST", story.Photos("first", story.Stage.BEFORE, range(0, 3)))
    monkeypatch.setattr(playing, "POOL", story.Photos("pool", story.Stage.PLANOGRAMS, range(40, 48)))
    monkeypatch.setattr(playing, "TESTS", {one: story.Photos(f"test-{one}", one, test) for one in story.Stage})
    monkeypatch.setattr(playing, "ROUND_SHARE", 0.2)
    fit = {"preset": "quick", "overrides": {"epochs": 1, "image_size": 192}}
    monkeypatch.setattr(playing, "FIRST_FIT", fit)
    monkeypatch.setattr(playing, "ROUND_FIT", fit)
    story.worlds.cache_clear()
    yield
    story.worlds.cache_clear()


@pytest.mark.usefixtures("tiny")
def test_two_rounds_are_played_and_not_played_again(tmp_path: Path) -> None:
    playing.prepare(811, tmp_path)
    for _ in range(2):
        playing.play(811, "random", tmp_path)

    champion, steps = (json.loads((tmp_path / f"{name}.json").read_text()) for name in ("champion", "random"))
    assert [step["step"] for step in champion] == [*story.Stage]
    assert [step["step"] for step in steps] == ["round 1", "round 2"]
    for step in steps:
        assert 0 < step["boxes"] < 0.4 * step["pool_boxes"]
        assert step["retraining"]["state"] in ("promoted", "gate_failed")
        assert len(step["photos"]) == 2
    assert photo_counts(champion[0])[:, FACINGS].sum() > 0
    assert steps[1]["references"] > champion[0]["references"] > 0

from pathlib import Path

import pytest
import yaml
from pydantic import ValidationError

from service.settings import Settings

DEFAULTS = Path(__file__).parents[2] / "configs" / "default.yaml"


def test_the_explained_defaults_are_the_defaults(monkeypatch):
    monkeypatch.delenv("SHELFLOOP_CONFIG", raising=False)
    assert Settings(**yaml.safe_load(DEFAULTS.read_text())) == Settings()


def test_a_setting_that_does_not_exist_is_refused(tmp_path, monkeypatch):
    (tmp_path / "mine.yaml").write_text("lease_minute: 5")
    monkeypatch.setenv("SHELFLOOP_CONFIG", str(tmp_path / "mine.yaml"))
    with pytest.raises(ValidationError, match="lease_minute"):
        Settings()


def test_the_environment_wins_over_the_file(tmp_path, monkeypatch):
    (tmp_path / "mine.yaml").write_text("vision: {threads: 1}\nlease_minutes: 7")
    monkeypatch.setenv("SHELFLOOP_CONFIG", str(tmp_path / "mine.yaml"))
    monkeypatch.setenv("SHELFLOOP_VISION__THREADS", "4")
    assert (Settings().vision.threads, Settings().lease_minutes) == (4, 7)

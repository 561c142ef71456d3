"""Clips that a test makes: somebody with a magenta face walks before a wall."""

from collections.abc import Callable
from functools import partial
from pathlib import Path

import pytest

from service.clips import cutting
from service.context import Context
from tests.service.clips.filmed import cut_waiting, find_magenta, wall, with_person, write_clip


@pytest.fixture
def literal_faces(monkeypatch: pytest.MonkeyPatch) -> None:
    """Faces are what is magenta."""
    monkeypatch.setattr(cutting, "face_finder", lambda settings: find_magenta)


@pytest.fixture
def visit(tmp_path: Path) -> Callable[..., bytes]:
    """A clip of 18 seconds: nobody, then somebody for 8 seconds who looks away for one of them, then nobody."""

    def make(seed: int = 0) -> bytes:
        walk = [with_person(20 + 7 * number, seed, looking=not 14 <= number < 18) for number in range(32)]
        return write_clip(tmp_path / f"visit-{seed}.mp4", [wall(seed)] * 20 + walk + [wall(seed)] * 20)

    return make


@pytest.fixture
def send(client, bay, visit):
    """Send a clip and return what is answered."""

    def post(data: bytes | None = None, store_id: str = "s1", **others: str):
        params = {"store_id": store_id, "recorded_at": "2026-03-01T09:00:00+01:00", **others}
        return client.post("/v1/clips", params=params, content=visit() if data is None else data)

    return post


@pytest.fixture
def cut_all(context: Context, literal_faces: None) -> Callable[[], None]:
    """Do what the worker's job does for each clip that waits."""

    return partial(cut_waiting, context)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Cut ten minutes on SQLite in every run; on PostgreSQL, where it takes as long again, in slow ones."""
    for item in items:
        if item.path.name == "test_ten_minutes.py" and "postgresql" in item.name:
            item.add_marker(pytest.mark.slow)

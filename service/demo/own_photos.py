"""The demo on a person's own photos: what the starter sees in them, and which it would have labelled first."""

from pathlib import Path
from statistics import mean
from typing import Any

from rich.progress import Progress
from rich.table import Table

from service.demo.installation import DemoFailed
from service.demo.loop import Loop

_SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
_STORE, _BAY = "your-store", "your-bay"
_BUDGET_BOXES = 300
_KINDS = ("facing", "shelf", "tag", "gap")


def find_photos(folder: Path) -> list[Path]:
    """Return the photos of a folder, in order of their names.

    Raises:
        DemoFailed: if there are none.
    """
    found = sorted(path for path in folder.rglob("*") if path.suffix.lower() in _SUFFIXES)
    if not found:
        raise DemoFailed(f"{folder} holds no photo: expected files ending in {', '.join(_SUFFIXES)}.")
    return found


def show_own_photos(loop: Loop, photos: list[Path], progress: Progress) -> Table:
    """Send the photos, run a round over them, and lay out what came of each."""
    loop.engineer.call("PUT", f"/v1/stores/{_STORE}", json={"name": "Your store", "format": "supermarket"})
    loop.engineer.call("PUT", f"/v1/stores/{_STORE}/bays/{_BAY}", json={})
    answers: dict[Path, dict[str, Any]] = {}
    refused: dict[Path, str] = {}
    for path in progress.track(photos, description="Your photos"):
        try:
            answers[path] = _send(loop, path)
        except DemoFailed as refusal:
            refused[path] = str(refusal)
    return _table(answers, refused, _reasons(loop) if answers else {})


def _send(loop: Loop, path: Path) -> dict[str, Any]:
    fields = {"store_id": _STORE, "bay_id": _BAY}
    answer: dict[str, Any] = loop.store.call("POST", "/v1/captures", files={"photo": path.read_bytes()}, data=fields)
    return answer


def _reasons(loop: Loop) -> dict[str, str]:
    made = loop.engineer.call("POST", "/v1/rounds", json={"boxes": _BUDGET_BOXES, "seed": 7})
    return {pick["capture_id"]: pick["reason"] for pick in made["picks"]}


def _table(answers: dict[Path, dict[str, Any]], refused: dict[Path, str], reasons: dict[str, str]) -> Table:
    table = Table(title="Your photos", title_justify="left")
    for column in ("photo", *_KINDS, "mean doubt", "condition", "label next?"):
        table.add_column(column)
    for path, answer in answers.items():
        found = answer["detections"]
        counts = (str(sum(d["kind"] == kind for d in found)) for kind in _KINDS)
        doubt = f"{mean(d['uncertainty']['value'] for d in found):.2f}" if found else "–"
        table.add_row(path.name, *counts, doubt, answer["condition"]["stratum"], reasons.get(answer["id"], ""))
    for path, why in refused.items():
        table.add_row(path.name, *"–" * len(_KINDS), "–", "–", why)
    return table

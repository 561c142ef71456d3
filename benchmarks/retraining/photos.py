"""Real photos as captures that annotators labelled: a fridge on three days, and shops and homes in Freiburg.

Photos of Freiburg that were taken one after the other are alike. So ten neighbours in the numbering are a day, and
days are never divided between training and validation.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from benchmarks.photo_sets import freiburg_capture
from benchmarks.photo_sets import fridge as fridge_captures
from labeling.annotations import as_array
from retail.conditions import Condition, Lighting
from retail.stores import StoreFormat
from training.captures import LabelledCapture
from vision.conditions import estimate_lighting, estimate_yaw, light_statistics, viewing_angle
from vision.decoding import decode

FORMATS = {"fridge": StoreFormat.CONVENIENCE, "freiburg": StoreFormat.SUPERMARKET}
_FIRST = datetime(2026, 1, 1, 9, tzinfo=UTC)
_FRIDGE_DAYS = (0, 1, 3)  # five photos each; the split's hash holds out the last one
_BLOCK, _EVERY = 10, 3  # photos of a day, and of so many blocks one is used
_NEUTRAL = 2  # photos of a day in the light that three quarters have


def fridge(data: Path) -> Iterator[LabelledCapture]:
    """Yield the 15 photos of `fridge-azure`, five a day, the empty-handed ones included."""
    for number, capture in enumerate(fridge_captures(data)):
        yield _placed(capture, "fridge", _FRIDGE_DAYS[number // 5])


def freiburg(data: Path) -> Iterator[LabelledCapture]:
    """Yield about a seventh of the Freiburg photos: every third day, of its neutral light two photos at most.

    Some photos are there twice; the second one is left out.
    """
    seen: set[str] = set()
    paths = sorted((data / "groceries-freiburg" / "images").iterdir())
    for day, start in enumerate(range(0, len(paths), _BLOCK * _EVERY)):
        neutral = 0
        for path in paths[start : start + _BLOCK]:
            capture = _placed(freiburg_capture(path), "freiburg", day)
            is_neutral = Condition.from_stratum(capture.stratum).lighting is Lighting.NEUTRAL
            neutral += is_neutral
            if capture.boxes and capture.sha256 not in seen and (not is_neutral or neutral <= _NEUTRAL):
                seen.add(capture.sha256)
                yield capture


def _placed(capture: LabelledCapture, store_id: str, day: int) -> LabelledCapture:
    """Say where and when a photo counts as taken, and under which condition as far as the photo tells."""
    image = decode(capture.image.read_bytes()).image
    yaw = estimate_yaw(as_array(capture.boxes), (capture.width, capture.height))
    condition = Condition(estimate_lighting(light_statistics(image)), viewing_angle(yaw), FORMATS[store_id])
    return replace(
        capture,
        capture_id=f"{store_id}-{capture.image.stem}"[-32:],
        store_id=store_id,
        bay_id=store_id,
        taken_at=_FIRST + timedelta(days=day),
        stratum=condition.stratum,
    )

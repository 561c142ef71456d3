"""Three generated stores: what their cameras send, and what is true about it."""

from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import cv2

from labeling.annotations import AnnotatedBox
from training.synthetic.truth import SyntheticCapture
from training.synthetic.world import ShelfWorld, WorldSpec
from vision.decoding import encode_jpeg

SPEC = WorldSpec(seed=7, stores=3, bays_per_store=6)  # no seed that the starter was trained on
POOL_DAYS = range(0, 10)
HELD_OUT_DAYS = range(100, 103)
_FIRST_DAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
_QUALITY = 90


@dataclass(frozen=True, slots=True)
class Photo:
    """A JPEG, where and when it was taken, and its true boxes."""

    jpeg: bytes
    store_id: str
    bay_id: str
    camera_id: str
    taken_at: datetime
    lighting: str
    truth: tuple[AnnotatedBox, ...]


def photograph(world: ShelfWorld, days: Sequence[int]) -> Iterator[Photo]:
    """Photograph every bay once on each day, drawing two photos at a time."""
    wanted = [(bay.id, day) for day in days for bay in world.bays]
    with ProcessPoolExecutor(2, initializer=_open_world, initargs=(world.spec,)) as pool:
        yield from pool.map(_photograph, wanted)


_world: ShelfWorld | None = None


def _open_world(spec: WorldSpec) -> None:
    global _world
    cv2.setNumThreads(1)
    _world = ShelfWorld.build(spec)


def _photograph(wanted: tuple[str, int]) -> Photo:
    assert _world is not None
    capture = _world.capture(*wanted)
    return Photo(
        encode_jpeg(capture.image, _QUALITY),
        capture.store_id,
        capture.bay_id,
        capture.camera_id,
        _FIRST_DAY + timedelta(days=capture.day),
        capture.condition.lighting,
        truth_of(capture),
    )


def truth_of(capture: SyntheticCapture) -> tuple[AnnotatedBox, ...]:
    """Return what a perfect annotator would draw."""
    return tuple(
        AnnotatedBox(kind, x1, y1, x2, y2, gtin)
        for kind, (x1, y1, x2, y2), gtin in zip(capture.kinds, capture.boxes.tolist(), capture.gtins, strict=True)
    )

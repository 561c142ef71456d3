"""Photos of the story, drawn once and kept in a folder with what is true about them."""

import hashlib
import pickle
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

from benchmarks.recovery.story import Photos, lamps, worlds
from labeling.annotations import AnnotatedBox
from training.synthetic.truth import SyntheticCapture
from vision.decoding import encode_jpeg

LONGER_SIDE, _QUALITY = 1120, 90
START = datetime(2026, 3, 2, tzinfo=UTC)


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """A JPEG, when it was taken, and what is true about it, without its pixels."""

    jpeg: bytes
    taken_at: datetime
    truth: SyntheticCapture

    @property
    def boxes(self) -> tuple[AnnotatedBox, ...]:
        """What a perfect annotator would draw."""
        rows = zip(self.truth.kinds, self.truth.boxes.tolist(), self.truth.gtins, strict=True)
        return tuple(AnnotatedBox(kind, x1, y1, x2, y2, gtin) for kind, (x1, y1, x2, y2), gtin in rows)


def photos_of(seed: int, photos: Photos, folder: Path | None = None) -> list[Photo]:
    """Return a set of photos in the order in which they were taken; a folder keeps those that were drawn."""
    world = worlds(seed)[photos.stage]
    wanted = [(bay.id, day) for day in photos.days for bay in world.bays]
    if folder is None:
        return [_draw(seed, photos, *one) for one in wanted]
    folder.mkdir(parents=True, exist_ok=True)
    return [_kept(folder, seed, photos, *one) for one in wanted]


def digest(photos: Sequence[Photo]) -> str:
    """Name a set of photos by its pictures."""
    return hashlib.sha256(b"".join(hashlib.sha256(photo.jpeg).digest() for photo in photos)).hexdigest()


def _kept(folder: Path, seed: int, photos: Photos, bay_id: str, day: int) -> Photo:
    path = folder / f"{photos.name}-{bay_id}-{day}.pickle"
    if path.exists():
        kept: Photo = pickle.loads(path.read_bytes())  # our own, of this run
        return kept
    photo = _draw(seed, photos, bay_id, day)
    partial = path.with_suffix(".partial")
    partial.write_bytes(pickle.dumps(photo))
    partial.replace(path)
    return photo


def _draw(seed: int, photos: Photos, bay_id: str, day: int) -> Photo:
    drawn = worlds(seed)[photos.stage].capture(bay_id, day, lighting=lamps(photos.stage), width=LONGER_SIDE)
    truth = replace(drawn, image=np.empty((0, 0, 3), np.uint8))
    return Photo(encode_jpeg(drawn.image, _QUALITY), START + timedelta(days=day, hours=9), truth)

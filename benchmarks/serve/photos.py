"""The photos that are sent: large ones as phones take them, small ones as cheap cameras do."""

import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from training.synthetic.world import ShelfWorld, WorldSpec
from vision.decoding import decode, encode_jpeg

SEED = 20
_SYNTHETIC = 4
_LARGE, _SMALL = 3000, 1333  # longer side of a synthetic photo in pixels
_START = b"\xff\xd8"


@dataclass(frozen=True, slots=True)
class PhotoSet:
    """JPEGs that every contestant is sent, in this order and over again."""

    name: str
    source: str
    photos: tuple[bytes, ...]

    def row(self) -> dict[str, str | int | float]:
        """Describe the set for the report."""
        sizes = [decode(photo, long_side=1) for photo in self.photos]
        return {
            "photo_set": self.name,
            "source": self.source,
            "photos": len(self.photos),
            "megapixels_mean": round(sum(size.width * size.height for size in sizes) / len(sizes) / 1e6, 2),
            "megabytes_mean": round(sum(map(len, self.photos)) / len(self.photos) / 1e6, 2),
        }


def load_photo_sets() -> tuple[PhotoSet, PhotoSet]:
    """Return the large and the small set.

    Real photos are taken from the folder that SHELFLOOP_DATA names; synthetic shelves complete the large set, and
    stand in for the small one where there is no such folder.
    """
    shop = os.environ.get("SHELFLOOP_DATA")
    real_large = _files(Path(shop) / "shelf-k4r") if shop else ()
    real_small = _files(Path(shop) / "fridge-azure" / "images") if shop else ()
    synthetic = tuple(_synthetic(_LARGE))
    return (
        PhotoSet("large", "real and synthetic" if real_large else "synthetic", (*real_large, *synthetic)),
        PhotoSet("small", *(("real", real_small) if real_small else ("synthetic", tuple(_synthetic(_SMALL))))),
    )


def distinct(photo: bytes, number: int) -> bytes:
    """Return the same picture as other bytes: a comment after the start marker, so that no upload repeats another."""
    comment = b"%020d" % number
    return b"".join((_START, b"\xff\xfe", (len(comment) + 2).to_bytes(2, "big"), comment, memoryview(photo)[2:]))


def _files(folder: Path) -> tuple[bytes, ...]:
    return tuple(path.read_bytes() for path in sorted(folder.glob("*.jpg")))


def _synthetic(longer_side: int) -> Iterator[bytes]:
    world = ShelfWorld.build(WorldSpec(seed=SEED))
    for bay in world.bays[:_SYNTHETIC]:
        yield encode_jpeg(world.capture(bay.id, 0, width=longer_side).image)

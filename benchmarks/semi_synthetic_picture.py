"""Draw docs/images/semi-synthetic.jpg: photos of drawn shelves, and what they become for products without labels.

python -m benchmarks.semi_synthetic_picture
"""

from pathlib import Path
from tempfile import TemporaryDirectory

import cv2
import numpy as np

from benchmarks.refit import BAYS, PRODUCTS, SEASON, SEEDS, STORES, keep, pack_shot, photos
from training.semi_synthetic.cutouts import cut_out
from training.semi_synthetic.shelves import SynthesisConfig, semi_synthetic
from training.synthetic.world import ShelfWorld, WorldSpec
from vision.decoding import decode, encode_jpeg

PICTURE = Path(__file__).parents[1] / "docs" / "images" / "semi-synthetic.jpg"
PHOTOS, HEIGHT, QUALITY = 2, 420, 80


def main() -> None:
    """Compose photos of one season with the next one's new products."""
    before = ShelfWorld.build(WorldSpec(seed=SEEDS[0], products=PRODUCTS, stores=STORES, bays_per_store=BAYS))
    after, _ = before.advance(1, SEASON)
    shots = {gtin: [cut_out(pack_shot(world, gtin))] for world in (after, before) for gtin in world.by_gtin}
    with TemporaryDirectory() as name:
        folder = Path(name)
        labelled = photos(before, 0, 6, folder)
        config = SynthesisConfig(share=1, enough=30)
        made = semi_synthetic(labelled, shots, lambda picture: keep(folder, picture), config)
        real = {(capture.bay_id, capture.taken_at): capture for capture in labelled}
        pairs = [(real[capture.bay_id, capture.taken_at], capture) for capture in made]
        pairs.sort(key=lambda pair: -sum(old != new for old, new in zip(pair[0].boxes, pair[1].boxes, strict=True)))
        columns = []
        for old, new in pairs[:PHOTOS]:
            upper, lower = (decode(capture.image.read_bytes()).image.copy() for capture in (old, new))
            for was, box in zip(old.boxes, new.boxes, strict=True):
                if was != box:
                    corners = [round(edge) for edge in (box.x1, box.y1, box.x2, box.y2)]
                    cv2.rectangle(lower, corners[:2], corners[2:], (255, 40, 40), 2)
            columns.append(
                np.vstack([_scaled(upper), np.full((8, *_scaled(upper).shape[1:]), 255, np.uint8), _scaled(lower)])
            )
    PICTURE.write_bytes(encode_jpeg(np.hstack(columns), quality=QUALITY))


def _scaled(photo: np.ndarray) -> np.ndarray:
    width = round(photo.shape[1] * HEIGHT / photo.shape[0])
    return np.asarray(cv2.resize(photo, (width, HEIGHT), interpolation=cv2.INTER_AREA))


if __name__ == "__main__":
    main()

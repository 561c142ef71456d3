"""Semi-synthetic photos of a retraining: products that have a pack-shot, and too few labels on shelves as yet."""

import hashlib
import logging
import sys
from collections import Counter
from pathlib import Path

from retail.gtin import Gtin
from service.naming.pictures import View
from service.naming.queries import pack_shots
from service.retrainings.work import Work
from service.snapshots.labelled import put
from training.captures import LabelledCapture
from training.semi_synthetic.cutouts import Image, cut_out
from training.semi_synthetic.shelves import SynthesisConfig, semi_synthetic
from training.snapshots import Snapshot
from vision.decoding import BadPhoto, DecodeLimits, decode

log = logging.getLogger(__name__)
MOST_PRODUCTS = 300  # whose pictures are held in memory, of those with too few labels and of the others each
MOST_PICTURES = 4  # of a product, the newest
LONG_SIDE = 640
_KEPT = DecodeLimits(sys.maxsize, sys.maxsize, sys.maxsize)  # was checked when it came


def synthetic_captures(work: Work, snapshot: Snapshot) -> tuple[LabelledCapture, ...]:
    """Make semi-synthetic photos beside the photos of a retraining, from those that train alone.

    The same snapshot, pack-shots and knobs give the same photos. There are none where products are not told apart: a
    detector of kinds knows a new product for a product already.

    Args:
        work: the retraining.
        snapshot: as it was frozen, without synthetic captures.
    """
    names_products = work.record.model == "embedder" or work.request.classes == "products"
    if not names_products or not work.config.synthetic_share:
        return ()
    config = SynthesisConfig(share=work.config.synthetic_share, seed=work.config.seed)
    train = snapshot.split.train

    def keep(picture: bytes) -> tuple[str, Path]:
        sha256 = hashlib.sha256(picture).hexdigest()
        put(work.photo(sha256), picture)
        return sha256, work.photo(sha256)

    return semi_synthetic(train, _cut_outs(work, train, config.enough), keep, config)


def _cut_outs(work: Work, train: tuple[LabelledCapture, ...], enough: int) -> dict[Gtin, list[Image]]:
    """Return pictures of products with too few labels, the newest ones first, and of those labelled most often."""
    with work.context.database.read() as session:
        shots = pack_shots(session, work.context.clock().date(), View.FRONT)
    shown = Counter(box.gtin for capture in train for box in capture.boxes if box.gtin)
    listed = [Gtin(gtin) for gtin in dict.fromkeys(gtin for gtin, _ in shots)]
    lacking = [gtin for gtin in listed if shown[gtin] < enough][:MOST_PRODUCTS]
    known = sorted((gtin for gtin in listed if gtin not in lacking), key=lambda gtin: -shown[gtin])[:MOST_PRODUCTS]
    chosen = set(lacking) | set(known)
    pictures: dict[Gtin, list[Image]] = {gtin: [] for gtin in chosen}
    for gtin, key in shots:
        if gtin in chosen and len(pictures[Gtin(gtin)]) < MOST_PICTURES:
            pictures[Gtin(gtin)] += _read(work, key)
    return {gtin: found for gtin, found in pictures.items() if found}


def _read(work: Work, key: str) -> list[Image]:
    try:
        return [cut_out(decode(work.context.images.get(key), _KEPT, long_side=LONG_SIDE).image)]
    except (FileNotFoundError, BadPhoto) as error:
        log.warning("The pack-shot %s is left out: it cannot be read: %s", key, error)
        return []

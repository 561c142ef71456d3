"""The starter looks at drawn bays as the service does: its detector, its embedder, a gallery filled by the stores."""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from enum import StrEnum

import cv2
import numpy as np
from numpy.typing import NDArray

from benchmarks.planogram.bays import LONGER_SIDE, DrawnBay, facings_of, seen_perfectly
from benchmarks.planogram.scoring import same_facings
from benchmarks.starter import load_starter
from retail.boxes import DetectionKind
from retail.gtin import Gtin
from service.captures.looking import look_at
from service.captures.photos import open_photo
from service.models.serving import ServingModel
from service.naming.serving import NamingModel
from service.settings import Settings
from training.synthetic.camera import Shot
from training.synthetic.packs import Pack
from training.synthetic.seeds import stream
from training.synthetic.truth import SyntheticCapture
from training.synthetic.world import ShelfWorld
from vision.bays.chances import bay_photo, facing_chances
from vision.bays.photo import BayPhoto
from vision.crops import cut_crops
from vision.decoding import encode_jpeg
from vision.detections import Floats
from vision.detector import Detector
from vision.embedder import OnnxEmbedder, load_embedder
from vision.gallery import Gallery, Reference
from vision.naming_calibration import NamingCalibration
from vision.recognition import Recogniser

SHELF_CROPS = 4  # references of a product beside its pack picture
_EARLIER, _DAYS = 1000, 12  # of the photos that they are cut from; none of them is judged
_SMALLEST = 24  # pixels of a crop's longer side
_MARGIN = 0.04  # around a pack on its picture


class SeenBy(StrEnum):
    """Who looks at a bay."""

    PERFECT = "nobody errs"
    STARTER = "starter"
    FOUND = "its boxes alone"  # and true names
    NAMED = "its names alone"  # and true boxes
    ONE_PICTURE = "one picture"  # of each look of a product in the gallery, else as the starter


@dataclass(frozen=True, slots=True)
class Eyesight:
    """How well the starter saw the facings of one bay.

    Attributes:
        facings: how many there are.
        found: how many of them have a box.
        boxes, wrong: how many boxes of facings there are anywhere in the photo, and how many outline none.
        first: how many true boxes are named right, by the likeliest product.
        planned, first_planned: how many show planned products, and are named right by the likeliest of these.
    """

    facings: int
    found: int
    boxes: int
    wrong: int
    first: int
    planned: int
    first_planned: int


class Eyes:
    """The starter, and a gallery of the products of some stores."""

    def __init__(self, world: ShelfWorld) -> None:
        """Fill the gallery as the stores would: pack pictures, and a few facings of each product that people named."""
        self._settings = Settings()
        vision = self._settings.vision
        runtime, metadata = load_starter(vision.threads)
        detector = Detector(runtime, metadata, confidence=vision.confidence, max_detections=vision.max_detections)
        self.detector = ServingModel(1, detector, metadata, vision.most_tiles)
        embedder = load_embedder(threads=vision.threads)
        calibration = embedder.metadata.calibration or NamingCalibration.assumed()
        packs = list(_pack_pictures(world, embedder))
        gallery, self._packs = (_recogniser(world, embedder, calibration) for _ in range(2))
        gallery.gallery.change([*packs, *_named_facings(world, embedder)])
        self._packs.gallery.change(packs)
        self.naming = NamingModel(1, embedder, gallery.gallery, calibration, gallery)

    def look(self, bay: DrawnBay) -> Mapping[SeenBy, BayPhoto]:
        """Return a photo as the starter sees it, and as it would be seen if a part of it never erred."""
        photo = open_photo(encode_jpeg(bay.truth.image), self.detector, None, self._settings.photo)
        seen = look_at(photo, bay.truth.condition.format, self.detector, self.naming)
        found, vectors, planned = seen.detections, seen.names.vectors, bay.planogram.gtins
        starter = bay_photo(found, self.detector.metadata, vectors, self.naming.recogniser, planned)
        packs = bay_photo(found, self.detector.metadata, vectors, self._packs, planned)
        return {
            SeenBy.PERFECT: seen_perfectly(bay.truth),
            SeenBy.STARTER: starter,
            SeenBy.FOUND: _truly_named(starter, bay.truth),
            SeenBy.NAMED: self._truly_found(bay),
            SeenBy.ONE_PICTURE: packs,
        }

    def _truly_found(self, bay: DrawnBay) -> BayPhoto:
        perfect = seen_perfectly(bay.truth)
        rows = perfect.of_kind(DetectionKind.FACING)
        recogniser = self.naming.recogniser
        crops = cut_crops(bay.truth.image, perfect.boxes[rows], recogniser.embedder.crop_size)
        names = facing_chances(recogniser, recogniser.embedder.embed(crops), bay.planogram.gtins)
        return _with_chances(perfect, dict(zip(rows.tolist(), names, strict=True)))


def eyesight(bay: DrawnBay, photos: Mapping[SeenBy, BayPhoto]) -> Eyesight:
    """Count what the starter saw of a bay."""
    truth, starter, named = bay.truth, photos[SeenBy.STARTER], photos[SeenBy.NAMED]
    own, same = facings_of(truth), same_facings(starter, truth)
    boxes = len(starter.of_kind(DetectionKind.FACING))
    asked = [row for row in own if truth.positions[row] is not None]
    planned = bay.planogram.gtins
    return Eyesight(
        facings=len(own),
        found=len(set(own) & set(same.values())),
        boxes=boxes,
        wrong=boxes - len(same),
        first=sum(_likeliest(named.chances[row]) == truth.gtins[row] for row in own),
        planned=len(asked),
        first_planned=sum(
            _likeliest({gtin: one for gtin, one in named.chances[row].items() if gtin in planned}) == truth.gtins[row]
            for row in asked
        ),
    )


def _likeliest(chances: Mapping[Gtin, float]) -> Gtin | None:
    return max(chances, key=chances.__getitem__, default=None)


def _truly_named(seen: BayPhoto, truth: SyntheticCapture) -> BayPhoto:
    """Call what outlines a facing by its true name; what outlines none shows no product."""
    names = ((row, truth.gtins[true]) for row, true in same_facings(seen, truth).items())
    return _with_chances(seen, {row: {gtin: 1.0} for row, gtin in names if gtin is not None})


def _with_chances(photo: BayPhoto, chances: Mapping[int, Mapping[Gtin, float]]) -> BayPhoto:
    return replace(photo, chances=tuple(chances.get(row, {}) for row in range(len(photo.kinds))))


def _recogniser(world: ShelfWorld, embedder: OnnxEmbedder, calibration: NamingCalibration) -> Recogniser:
    families = {article.product.gtin: article.product.family for article in world.articles}
    return Recogniser(embedder, Gallery(embedder.id, embedder.width), calibration, families.get)


def _pack_pictures(world: ShelfWorld, embedder: OnnxEmbedder) -> Iterator[Reference]:
    """Yield a reference of every look of every product, as its maker photographs it: alone, on white."""
    looks = [(article.product.gtin, *look) for article in world.articles for look in enumerate(article.designs)]
    pictures = np.concatenate([_pack_crop(world.press(design), embedder.crop_size) for *_, design in looks])
    for (gtin, look, _), vector in zip(looks, embedder.embed(pictures), strict=True):
        yield Reference(f"{gtin}-pack-{look}", f"{gtin}-{look}", gtin, vector)


def _pack_crop(pack: Pack, size: int) -> NDArray[np.uint8]:
    drawn = pack.levels[0]
    on_white = drawn[..., :3] + (255 - drawn[..., 3:])
    edge = max(2, round(_MARGIN * max(on_white.shape[:2])))
    picture = cv2.copyMakeBorder(on_white, edge, edge, edge, edge, cv2.BORDER_CONSTANT, value=(255, 255, 255))
    everything = np.array([[0, 0, picture.shape[1], picture.shape[0]]], np.float32)
    return cut_crops(np.asarray(picture, np.uint8), everything, size)


def _named_facings(world: ShelfWorld, embedder: OnnxEmbedder) -> Iterator[Reference]:
    """Yield a few references of each planned product, cut out of photos of earlier days, in any light, one a photo."""
    have: dict[Gtin, int] = defaultdict(int)
    for day in range(_DAYS):
        for bay in world.bays:
            wanted = {gtin for gtin in world.planograms[bay.id].gtins if have[gtin] < SHELF_CROPS}
            if not wanted:
                continue
            luck = stream(world.spec.seed, "earlier", bay.id, day)
            shot = Shot(float(luck.uniform(-25, 25)), float(luck.uniform(-4, 4)))
            photo = world.capture(bay.id, _EARLIER + day, width=LONGER_SIDE, shot=shot)
            for gtin, vector in _largest_of_each(photo, wanted, embedder):
                yield Reference(f"{gtin}-shelf-{have[gtin]}", f"{gtin}-0", gtin, vector)
                have[gtin] += 1


def _largest_of_each(
    photo: SyntheticCapture, wanted: set[Gtin], embedder: OnnxEmbedder
) -> Iterator[tuple[Gtin, Floats]]:
    sides = photo.boxes[:, 2:] - photo.boxes[:, :2]
    rows: dict[Gtin, int] = {}
    for row in np.argsort(-sides.prod(1), kind="stable").tolist():
        gtin = photo.gtins[row]
        if gtin in wanted and gtin is not None and sides[row].max() >= _SMALLEST:
            rows.setdefault(gtin, row)
    crops = cut_crops(photo.image, photo.boxes[list(rows.values())], embedder.crop_size)
    yield from zip(rows, embedder.embed(crops), strict=True)

"""What a trial is: an embedder learned from some of the photos, a gallery of some, and the others to be named."""

from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from benchmarks.recognition.folds import FOLDS, Ints, Klasson, assign_folds, read_klasson
from retail.boxes import Boxes
from retail.conditions import Lighting
from retail.gtin import Gtin
from training.embedder.features import FeatureExtractor
from training.embedder.metric import MetricConfig, fit
from training.embedder.projection import balanced, project
from training.embedder.views import make_views
from vision.conditions import estimate_lighting, light_statistics
from vision.crops import cut_crops
from vision.decoding import decode
from vision.detections import Floats
from vision.gallery import Gallery, Reference
from vision.recognition import SHORTLIST, ProductShortlists, shortlist

CROP = 128  # pixels
VIEWS = 3  # of each picture that is learned from
SEED = 11
_AT_ONCE = 256  # pictures whose views are held in memory


@dataclass(frozen=True, slots=True, eq=False)
class Photos:
    """All photos, and behind them the pack-shot of each product.

    Attributes:
        klasson: the lists.
        features: (n + products, VIEWS, width): of each picture and of its views.
        lights: the light of each of the n photos.
    """

    klasson: Klasson
    features: Floats
    lights: list[Lighting]

    @property
    def vectors(self) -> Floats:
        """Unit vectors (n, width) by which near-duplicates are found; nothing was learned for them."""
        features = self.features[: len(self.klasson.paths), 0]
        parts = balanced(features, features.mean(0))
        alike: Floats = (parts / np.linalg.norm(parts, axis=1, keepdims=True)).astype(np.float32)
        return alike


def look_at(data: Path) -> Photos:
    """Read all pictures and run the frozen backbone over them, minutes on two cores."""
    klasson = read_klasson(data)
    paths = [*klasson.paths, *klasson.packs]
    extractor = FeatureExtractor(CROP, threads=2)
    features, lights = [], []
    places = [*range(0, len(paths), _AT_ONCE), len(paths)]
    for first, end in track(list(pairwise(places)), "pictures", transient=True):
        images = [decode(path.read_bytes()).image for path in paths[first:end]]
        lights += [estimate_lighting(light_statistics(image)) for image in images]
        crops = np.concatenate([cut_crops(image, _whole(image), CROP) for image in images])
        features.append(extractor.extract(make_views(crops, VIEWS, SEED + first)))
    return Photos(klasson, np.concatenate(features), lights[: len(klasson.paths)])


def _whole(image: NDArray[np.uint8]) -> Boxes:
    return np.array([[0, 0, image.shape[1], image.shape[0]]], np.float32)


@dataclass(frozen=True, eq=False)
class Trials:
    """Embedders learned without some folds and products; each is learned once.

    Attributes:
        photos: pictures and features.
    """

    photos: Photos
    _learned: dict[tuple[frozenset[int], frozenset[int]], Floats] = field(default_factory=dict)
    _named: dict[tuple[str, frozenset[int], bytes, bytes], ProductShortlists] = field(default_factory=dict)

    @cached_property
    def folds(self) -> Ints:
        """The fold (n,) of each photo."""
        return assign_folds(self.photos.klasson.products, self.photos.vectors)

    @property
    def products(self) -> Ints:
        """The product of every picture: of the n photos, then of the pack-shots."""
        klasson = self.photos.klasson
        return np.concatenate([klasson.products, np.arange(len(klasson.packs))])

    def fold(self, number: int, products: Ints | None = None) -> Ints:
        """Return the photos of a fold, of some products if given."""
        rows = np.flatnonzero(self.folds == number)
        return rows if products is None else rows[np.isin(self.products[rows], products)]

    def vectors(self, without: frozenset[int], products: Ints) -> Floats:
        """Return all pictures as an embedder sees them that knows neither those folds nor other products."""
        key = (without, frozenset(products.tolist()))
        if key not in self._learned:
            rows = self.gallery_rows("all", without, products) + [len(self.folds) + p for p in products.tolist()]
            learned = fit(self.photos.features[rows], self.products[rows], MetricConfig(seed=SEED))
            self._learned[key] = project(learned, np.ascontiguousarray(self.photos.features[:, 0]))
        return self._learned[key]

    def gallery_rows(self, kind: str, without: frozenset[int], products: Ints) -> list[int]:
        """Return the pictures that a gallery knows: ``pack-shots``, ``5 shots`` of other folds, or ``all`` of them."""
        if kind == "pack-shots":
            return [len(self.folds) + product for product in products.tolist()]
        outside = np.flatnonzero(
            ~np.isin(self.folds, list(without)) & np.isin(self.products[: len(self.folds)], products)
        )
        if kind == "all":
            return list(outside.tolist())
        rng = np.random.default_rng(SEED)
        of_each = [outside[self.products[outside] == product] for product in products.tolist()]
        return [row for rows in of_each for row in rng.permutation(rows)[: int(kind.split()[0])].tolist()]

    def named(self, kind: str, without: frozenset[int], products: Ints, rows: Ints) -> ProductShortlists:
        """Return the shortlists of some photos: which of `products` an embedder and a gallery without folds find."""
        key = (kind, without, products.tobytes(), rows.tobytes())
        if key not in self._named:
            vectors = self.vectors(without, products)
            gallery = self._gallery(vectors, self.gallery_rows(kind, without, products))
            self._named[key] = shortlist(gallery.search(vectors[rows], most=SHORTLIST))
        return self._named[key]

    def _gallery(self, vectors: Floats, rows: list[int]) -> Gallery:
        gallery = Gallery("trial", vectors.shape[1])
        gallery.change(
            Reference(str(row), gtin_of(self.products[row]), gtin_of(self.products[row]), vectors[row]) for row in rows
        )
        return gallery


def gtin_of(product: int) -> Gtin:
    """Name a product for the gallery."""
    return Gtin(f"{product:014d}")


def others(fold: int) -> list[int]:
    """Return all folds but one."""
    return [one for one in range(FOLDS) if one != fold]

"""A seeded world of stores, bays and products that can be photographed on any day."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from retail.catalogue import Catalogue
from retail.conditions import Lighting, ViewingAngle
from retail.gtin import Gtin
from retail.planograms import Planogram
from retail.stores import Bay, Camera, Store, StoreFormat
from training.synthetic.assortment import Article, make_articles
from training.synthetic.camera import Shot
from training.synthetic.changes import CatalogueChange
from training.synthetic.groups import Group
from training.synthetic.layout import BayLayout, lay_out, zipf
from training.synthetic.packs import PackPress
from training.synthetic.photographs import take_photo
from training.synthetic.season import USUAL, Turnover, next_season
from training.synthetic.seeds import stream
from training.synthetic.spec import WorldSpec
from training.synthetic.truth import SyntheticCapture
from training.synthetic.violations import BayState, disturb

__all__ = ["ShelfWorld", "WorldSpec"]

_FORMATS = (StoreFormat.HYPERMARKET, StoreFormat.SUPERMARKET, StoreFormat.CONVENIENCE)


@dataclass(frozen=True, eq=False)
class ShelfWorld:
    """The world at one catalogue version. Nothing in it changes: ``advance`` returns the next one.

    Attributes:
        articles: the listed products and their looks.
        popularity: how often each article is met, parallel to ``articles``, summing to 1.
        planogram_versions: by bay.
    """

    spec: WorldSpec
    version: int
    articles: tuple[Article, ...]
    popularity: tuple[float, ...]
    stores: tuple[Store, ...]
    cameras: tuple[Camera, ...]
    bays: tuple[Bay, ...]
    layouts: dict[str, BayLayout]
    planogram_versions: dict[str, int]
    press: PackPress

    @classmethod
    def build(cls, spec: WorldSpec, textures: Sequence[NDArray[np.uint8]] | None = None) -> "ShelfWorld":
        """Invent a world; ``textures`` are RGB photo crops (h, w, 3) to print on about a third of the packs."""
        press = PackPress(textures or ())
        articles = make_articles(spec.seed, spec.products, len(press.photos), spec.art)
        ranks = stream(spec.seed, "popularity").permutation(len(articles))
        weights = zipf(len(articles))
        popularity = tuple(weights[int(rank)] for rank in ranks)
        formats = [_FORMATS[i % len(_FORMATS)] for i in range(spec.stores)]
        stores = tuple(Store(f"store-{i + 1}", f"Store {i + 1}", kind) for i, kind in enumerate(formats))
        cameras = tuple(Camera(f"{store.id}-{kind}", store.id) for store in stores for kind in ("fixed", "phone"))
        bays = tuple(Bay(f"{store.id}-bay-{n + 1}", store.id) for store in stores for n in range(spec.bays_per_store))
        kinds = {store.id: store.format for store in stores}
        layouts = {
            bay.id: lay_out(
                bay.id,
                kinds[bay.store_id],
                articles,
                popularity,
                stream(spec.seed, "layout", bay.id, 1),
                spec.fixtures,
                spec.widest,
            )
            for bay in bays
        }
        versions = {bay.id: 1 for bay in bays}
        return cls(spec, 1, articles, popularity, stores, cameras, bays, layouts, versions, press)

    @cached_property
    def catalogue(self) -> Catalogue:
        """All listed products at this version."""
        return Catalogue(self.version, tuple(article.product for article in self.articles))

    @cached_property
    def by_gtin(self) -> dict[Gtin, Article]:
        """Articles by their GTIN."""
        return {article.product.gtin: article for article in self.articles}

    @cached_property
    def planograms(self) -> dict[str, Planogram]:
        """The planogram in force, by bay."""
        return {bay: layout.planogram(self.planogram_versions[bay]) for bay, layout in self.layouts.items()}

    def advance(self, seed: int, turnover: Turnover = USUAL) -> tuple["ShelfWorld", tuple[CatalogueChange, ...]]:
        """Let a season pass: return the world after it and what changed, in order."""
        season = next_season(
            self.spec,
            seed,
            self.version + 1,
            self.articles,
            self.popularity,
            self.layouts,
            self.planogram_versions,
            len(self.press.photos),
            turnover,
        )
        later = replace(
            self,
            version=self.version + 1,
            articles=season.articles,
            popularity=season.popularity,
            layouts=season.layouts,
            planogram_versions=season.planogram_versions,
        )
        return later, season.changes

    def relit(self, light: Group) -> "ShelfWorld":
        """Return the same world under other lamps, photographed by other cameras."""
        return replace(self, spec=replace(self.spec, light=light))

    def capture(
        self,
        bay_id: str,
        day: int,
        *,
        lighting: Lighting | None = None,
        angle: ViewingAngle | None = None,
        width: int = 1280,
        shot: Shot | None = None,
    ) -> SyntheticCapture:
        """Photograph a bay on a day; the same arguments always give the same photo.

        Lighting and angle are drawn where not given, and change neither the shelf nor the rest of the photo's luck.

        Args:
            bay_id: one of this world's bays.
            day: any day number, from 0.
            lighting: the light to take the photo in.
            angle: the bin of the camera's yaw.
            width: the longer side of the picture in pixels; pictures are upright or lying, 4:3, 16:9 or square.
            shot: where to stand and how much is to be in the way, instead of `angle` and of chance.

        Raises:
            KeyError: for a bay that this world does not have.
        """
        return take_photo(self, bay_id, day, lighting, angle, width, shot)

    def state(self, bay_id: str, day: int) -> BayState:
        """Return what stands on a bay on a day, and the verdicts on it."""
        rng = stream(self.spec.seed, "state", bay_id, day, self.planogram_versions[bay_id])
        return disturb(self.layouts[bay_id], self.by_gtin, self.articles, rng)

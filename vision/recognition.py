"""Which product a facing shows: shortlist, probabilities, conformal set, sibling margin, unknown or not."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from retail.gtin import Gtin
from vision.detections import Floats
from vision.embedder import Embedder
from vision.gallery import Assortment, Gallery, Matches
from vision.naming_calibration import NamingCalibration

SHORTLIST = 20  # variants


@dataclass(frozen=True, slots=True)
class NamedFacing:
    """What a facing is called.

    Attributes:
        gtin: the likeliest product; None where it shows none of the known ones.
        variant_id: its packaging look.
        probability: calibrated, of that product; of the likeliest one where the facing is unknown.
        products: the conformal set, best first with their probabilities: it holds the true product as often as the
            calibration's coverage says. Empty where no product is likely enough.
        margin: lead over the likeliest sibling, a product of the same family; 1 where none is on the shortlist.
        unknown_score: share of right matches that stand out more, in 0..1.
        unknown: whether that is too much for a known product.
    """

    gtin: Gtin | None
    variant_id: str | None
    probability: float
    products: tuple[tuple[Gtin, float], ...]
    margin: float
    unknown_score: float
    unknown: bool


@dataclass(frozen=True, slots=True, eq=False)
class ProductShortlists:
    """The most similar products of n facings.

    Attributes:
        scores: (n, m) best first, minus infinity where there are no more.
        nearest: (n,) cosine to the most alike reference of any product; minus infinity where there is none.
        gtins: n lists of the products.
        variants: n lists of the variant that made each of them similar.
    """

    scores: Floats
    nearest: Floats
    gtins: list[list[Gtin]]
    variants: list[list[str]]


class Recogniser:
    """Names facings by what they look like; several threads may share one."""

    def __init__(
        self,
        embedder: Embedder,
        gallery: Gallery,
        calibration: NamingCalibration,
        families: Callable[[Gtin], str | None],
    ) -> None:
        """Put the parts together.

        Raises:
            WrongEmbedder: if the gallery's vectors are another embedder's.
        """
        gallery.require(embedder.id)
        self.embedder, self.gallery, self.calibration, self._families = embedder, gallery, calibration, families

    def name(self, vectors: Floats, assortment: Assortment | None = None) -> list[NamedFacing]:
        """Name facings by what the embedder made of them, (n, width); only products of the assortment, if given."""
        return self.name_shortlists(self.shortlists(vectors, assortment))

    def shortlists(
        self, vectors: Floats, assortment: Assortment | None = None, most: int = SHORTLIST
    ) -> ProductShortlists:
        """Return the products most like vectors (n, width), of the `most` variants most like them."""
        return shortlist(self.gallery.search(vectors, assortment, most=most))

    def name_shortlists(self, lists: ProductShortlists, views: int = 1) -> list[NamedFacing]:
        """Name facings by their shortlists, each the mean of so many views."""
        calibration = self.calibration.of_views(views)
        chances = calibration.probabilities(lists.scores)
        sets = calibration.sets(lists.scores)
        firsts = [gtins[0] if gtins else "" for gtins in lists.gtins]
        unknown = calibration.unknown_scores(lists.scores, lists.nearest, firsts)
        return [
            self._named(gtins, variants, chances[row].tolist(), sets[row].tolist(), float(unknown[row]))
            for row, (gtins, variants) in enumerate(zip(lists.gtins, lists.variants, strict=True))
        ]

    def _named(
        self, gtins: list[Gtin], variants: list[str], chances: list[float], sets: list[bool], unknown_score: float
    ) -> NamedFacing:
        if not gtins:
            return NamedFacing(None, None, 0.0, (), 1.0, 1.0, unknown=True)
        unknown = unknown_score >= self.calibration.refused
        return NamedFacing(
            gtin=None if unknown else gtins[0],
            variant_id=None if unknown else variants[0],
            probability=chances[0],
            products=tuple((gtin, chances[place]) for place, gtin in enumerate(gtins) if sets[place]),
            margin=self._margin(gtins, chances),
            unknown_score=unknown_score,
            unknown=unknown,
        )

    def _margin(self, gtins: list[Gtin], chances: list[float]) -> float:
        family = self._families(gtins[0])
        siblings = (place for place, gtin in enumerate(gtins) if place and family and self._families(gtin) == family)
        nearest = next(siblings, None)
        return 1.0 if nearest is None else chances[0] - chances[nearest]


def shortlist(matches: Matches) -> ProductShortlists:
    """Turn variants into products: each is as similar as its most similar variant."""
    gtins: list[list[Gtin]] = []
    variants: list[list[str]] = []
    scores = np.full(matches.scores.shape, -np.inf, np.float32)
    for place, rows in enumerate(matches.variants.tolist()):
        first: dict[Gtin, int] = {}
        for column, row in enumerate(rows):
            if row >= 0:
                first.setdefault(matches.gtin(row), column)
        columns = list(first.values())
        gtins.append(list(first))
        variants.append([matches.variant(rows[column]) for column in columns])
        scores[place, : len(columns)] = matches.scores[place, columns]
    return ProductShortlists(scores, matches.nearest, gtins, variants)

"""What recognition found, as the matcher takes it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from retail.azure_planogram import AzurePlanogram
from retail.boxes import DetectionKind
from retail.gtin import Gtin
from service.azure.places import Numbers
from service.azure.schemas import DetectedObject, DetectedProductsRequest
from vision.bays.photo import BayPhoto

_NO_NAME = "product"  # what recognition calls a product where it was not taught any


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What recognition found in a photo: n products and g gaps.

    Attributes:
        boxes: (n, 4) x1, y1, x2, y2 of the products in pixels.
        gaps: (g, 4) of the gaps.
        chances: by product, how likely it shows which of the planogram's; under the planogram's own ids, taken for
            GTINs, which nobody needs to be told here. What is not in the planogram has an id that is in none.
        size: width and height of the photo.
    """

    boxes: Numbers
    gaps: Numbers
    chances: tuple[Mapping[Gtin, float], ...]
    size: tuple[int, int]

    @classmethod
    def read(cls, request: DetectedProductsRequest, planogram: AzurePlanogram) -> "Found":
        """Read what was sent; a product is told by the planogram's name for it, or by its id."""
        ids = {name.strip().casefold(): Gtin(one.id) for one in planogram.products for name in (one.id, one.name)}
        size = (request.image_metadata.width, request.image_metadata.height)
        chances = tuple(_chances(thing, ids) for thing in request.products)
        return cls(_boxes(request.products), _boxes(request.gaps), chances, size)

    @property
    def likeliest(self) -> list[Gtin | None]:
        """What each product shows; None for one without a name."""
        return [max(chances, key=chances.__getitem__, default=None) for chances in self.chances]

    def photo(self) -> BayPhoto:
        """Return it for the matcher, the products before the gaps."""
        products, gaps = len(self.boxes), len(self.gaps)
        return BayPhoto(
            size=self.size,
            boxes=np.vstack([self.boxes, self.gaps]).astype(np.float32),
            kinds=(DetectionKind.FACING,) * products + (DetectionKind.GAP,) * gaps,
            confidences=np.ones(products + gaps, np.float32),
            chances=self.chances + ({},) * gaps,
        )


def _chances(thing: DetectedObject, ids: Mapping[str, Gtin]) -> dict[Gtin, float]:
    chances: dict[Gtin, float] = {}
    for name, confidence in thing.names:
        key = name.strip().casefold()
        if key in ids or key != _NO_NAME:
            gtin = ids.get(key, Gtin(f"not planned: {key}"))
            chances[gtin] = chances.get(gtin, 0.0) + confidence
    too_much = max(1.0, sum(chances.values()))
    return {gtin: chance / too_much for gtin, chance in chances.items()}


def _boxes(things: Sequence[DetectedObject]) -> Numbers:
    sides = [one.bounding_box for one in things]
    return np.array([(b.x, b.y, b.x + b.w, b.y + b.h) for b in sides], np.float64).reshape(-1, 4)

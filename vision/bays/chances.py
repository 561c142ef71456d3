"""Which products a facing may show, with the planogram's own among them, and how likely each is."""

from collections.abc import Mapping, Sequence

import numpy as np

from retail.boxes import DetectionKind
from retail.gtin import Gtin
from vision.artefact import ArtefactMetadata
from vision.bays.photo import BayPhoto
from vision.detections import Detections, Floats
from vision.gallery import Assortment, Matches
from vision.recognition import SHORTLIST, Recogniser

LEAST = 1e-4  # a chance below it is none
_VARIANTS = 3  # of a planned product, on average, that may be on its list


def bay_photo(
    detections: Detections,
    metadata: ArtefactMetadata,
    vectors: Mapping[int, Floats],
    recogniser: Recogniser | None,
    planned: frozenset[Gtin],
    assortment: Assortment | None = None,
) -> BayPhoto:
    """Return a photo as a planogram is matched with it.

    Args:
        detections: what was found in it.
        metadata: of the detector, which may know products itself.
        vectors: by row of the detections, what the embedder made of those that a recogniser is to name.
        recogniser: None if the detector alone names products.
        planned: the planogram's products.
        assortment: what else a facing may show; None for everything known.
    """
    kinds = tuple(metadata.kind_of(id) for id in detections.class_ids.tolist())
    gtins = [metadata.gtin_of(id) for id in range(len(metadata.classes))]
    chances: list[dict[Gtin, float]] = [{} for _ in kinds]
    own = [row for row, id in enumerate(detections.class_ids.tolist()) if gtins[id] is not None]
    for row, one in zip(own, class_chances(detections.probabilities[own], gtins), strict=True):
        chances[row] = one
    rows = [row for row in vectors if kinds[row] is DetectionKind.FACING]
    if recogniser is not None and rows:
        seen = np.stack([vectors[row] for row in rows])
        for row, one in zip(rows, facing_chances(recogniser, seen, planned, assortment), strict=True):
            chances[row] = one
    return BayPhoto(detections.size, detections.boxes, kinds, detections.confidences, tuple(chances))


def facing_chances(
    recogniser: Recogniser, vectors: Floats, planned: frozenset[Gtin], assortment: Assortment | None = None
) -> list[dict[Gtin, float]]:
    """Return the probability of each product that facings may show; what lacks to 1 is that of none of them.

    Beside the products most like a facing, all planned ones are compared with it: in a large assortment the right one
    of many siblings may be too far down to be listed, and yet be by far the likeliest where the planogram asks for it.

    Args:
        recogniser: whose calibration tells how likely a score is.
        vectors: (n, width) what the embedder made of the facings.
        planned: the planogram's products.
        assortment: what else a facing may show; None for everything known.
    """
    if not len(vectors):
        return []
    gallery = recogniser.gallery
    expected = gallery.search(vectors, gallery.assortment(planned), most=max(1, _VARIANTS * len(planned)))
    gtins, scores = _of_products((gallery.search(vectors, assortment, most=SHORTLIST), expected))
    chances = recogniser.calibration.probabilities(scores)[:, :-1]
    return [{gtins[column]: float(row[column]) for column in np.flatnonzero(row >= LEAST).tolist()} for row in chances]


def class_chances(probabilities: Floats, gtins: Sequence[Gtin | None]) -> list[dict[Gtin, float]]:
    """Return the probability of each product where a detector's own classes are products.

    How sure it is that there is a facing at all, the detection's confidence says; here its product is what is asked,
    so a product's probability is its share among those of all products.

    Args:
        probabilities: (n, c) of the classes.
        gtins: (c,) what each stands for; None for those that stand for no product.
    """
    columns = [column for column, gtin in enumerate(gtins) if gtin is not None]
    of_products = probabilities[:, columns].astype(np.float64)
    sums = of_products.sum(1, keepdims=True)
    shares = np.divide(of_products, sums, out=np.zeros_like(of_products), where=sums > 0)
    names = [gtin for gtin in gtins if gtin is not None]
    return [{names[place]: float(row[place]) for place in np.flatnonzero(row >= LEAST).tolist()} for row in shares]


def _of_products(searches: Sequence[Matches]) -> tuple[list[Gtin], Floats]:
    """Return the products that some searches found, and (n, products) how alike each is: as its most similar variant.

    Minus infinity where none of its variants was found.
    """
    found = [(one, np.unique(one.variants[one.variants >= 0]).tolist()) for one in searches]
    gtins = sorted({one.gtin(row) for one, rows in found for row in rows})
    column = {gtin: place for place, gtin in enumerate(gtins)}
    scores = np.full((len(searches[0].scores), len(gtins)), -np.inf, np.float32)
    for one, rows in found:
        places, ranks = np.nonzero(one.variants >= 0)
        columns = np.array([column[one.gtin(row)] for row in rows], np.int64)
        columns = columns[np.searchsorted(rows, one.variants[places, ranks])]
        np.maximum.at(scores, (places, columns), one.scores[places, ranks])
    return gtins, scores

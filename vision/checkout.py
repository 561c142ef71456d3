"""Several views of one product, say at a checkout, become one answer."""

import numpy as np

from retail.gtin import Gtin
from vision.detections import Floats
from vision.gallery import Assortment
from vision.recognition import NamedFacing, ProductShortlists, Recogniser

_SHORTLIST = 60  # variants; the views' lists should overlap


def recognise_views(recogniser: Recogniser, vectors: Floats, assortment: Assortment | None = None) -> NamedFacing:
    """Name one product by what the embedder made of its views, (n, width); `unknown` where it stays unresolved.

    Raises:
        ValueError: without a view.
    """
    if not len(vectors):
        raise ValueError("no views of the product, expected at least one")
    fused = fuse_views(recogniser.shortlists(vectors, assortment, most=_SHORTLIST))
    return recogniser.name_shortlists(fused, views=len(vectors))[0]


def fuse_views(lists: ProductShortlists) -> ProductShortlists:
    """Average the scores of each product over n views into one shortlist, best first; its variant is the best view's.

    The mean of scores is the mean of logits: the views' posteriors multiplied and taken to the power 1/n. A product
    that is missing in a view's list counts there as much as the last one that is listed. Of the nearest references'
    cosines the mean counts too.
    """
    best: dict[Gtin, tuple[float, str]] = {}
    tables: list[tuple[dict[Gtin, float], float]] = []
    for scores, gtins, variants in zip(lists.scores.tolist(), lists.gtins, lists.variants, strict=True):
        listed = scores[: len(gtins)]
        tables.append((dict(zip(gtins, listed, strict=True)), min(listed, default=-np.inf)))
        for gtin, score, variant in zip(gtins, listed, variants, strict=True):
            best[gtin] = max(best.get(gtin, (-np.inf, "")), (score, variant))
    means = {gtin: float(np.mean([table.get(gtin, last) for table, last in tables])) for gtin in best}
    ranked = sorted(means, key=lambda gtin: (-means[gtin], gtin))
    fused = np.array([[means[gtin] for gtin in ranked]], np.float32)
    nearest = lists.nearest.mean(keepdims=True)
    return ProductShortlists(fused, nearest, [ranked], [[best[gtin][1] for gtin in ranked]])

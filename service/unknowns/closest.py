"""The known products that unknown facings are a little like: often a sibling, or the same product in a new look."""

import numpy as np

from service.context import Context
from service.problems import Problem
from service.unknowns.clusters import Cluster
from vision.gallery import Gallery

MOST = 5
_SEARCHED = 20  # variants: several of them may be of one product


def closest_products(context: Context, embedder_id: str, clusters: list[Cluster]) -> list[list[tuple[str, float]]]:
    """Return for each cluster GTINs and how alike they are, the most alike first.

    Nothing where the gallery is empty, still being loaded or another embedder's.
    """
    gallery = _gallery(context, embedder_id)
    if gallery is None or not clusters:
        return [[] for _ in clusters]
    found = gallery.search(np.stack([cluster.centre for cluster in clusters]), most=_SEARCHED)
    return [
        _best_of_each([(found.gtin(row), score) for row, score in zip(rows, scores, strict=True) if row >= 0])
        for rows, scores in zip(found.variants.tolist(), found.scores.tolist(), strict=True)
    ]


def _best_of_each(ranked: list[tuple[str, float]]) -> list[tuple[str, float]]:
    best: dict[str, float] = {}
    for gtin, score in ranked:
        best.setdefault(gtin, score)
    return list(best.items())[:MOST]


def _gallery(context: Context, embedder_id: str) -> Gallery | None:
    try:
        model = context.naming.current()
    except Problem:  # it is still being loaded: the clusters can be seen all the same
        return None
    return model.gallery if model is not None and model.embedder.id == embedder_id else None

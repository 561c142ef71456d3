"""The calibration that an embedder is shipped with: how it names photos and products that it did not learn from.

The shipped map has seen every picture, so its own scores would be too good. Maps learned in the same way without a
fold, and without every fifth product, name that fold instead.
"""

from collections.abc import Iterator
from typing import Final

import numpy as np

from retail.gtin import Gtin
from training.embedder.metric import MetricConfig, fit_worlds
from training.embedder.network import Floats
from training.embedder.projection import project
from training.embedder.scenes import FOLDS, Ints
from vision.gallery import Gallery, Reference
from vision.naming_calibration import NamingCalibration, Shortlists, fit_calibration
from vision.recognition import SHORTLIST, shortlist

# Pictures of a product in the gallery: its maker's alone, a few, and as many as the service keeps. With few of them
# scores are lower; a calibration that knew only many would call a product's first week unknown.
REFERENCES: Final = (1, 5, 24)
# Of known facings; a catalogue that nothing was measured on rather asks than guesses. The random arm decides later.
REFUSED: Final = 0.15
_ANY = "any"  # product: nobody's catalogue holds these very products, so nothing is learned about single ones


def calibrate(
    features: Floats, labels: Ints, folds: Ints, drawn: list[tuple[Floats, Ints]], config: MetricConfig, on: str
) -> NamingCalibration:
    """Fit a calibration on photos of five folds, a fifth of them of products that the gallery does not have.

    Args:
        features: (n, views, FEATURES) of photos and pack-shots.
        labels: (n,) product of each.
        folds: (n,) fold of each photo; -1 for what is learned from in every fold, and never named.
        drawn: features and labels of drawn worlds, learned from as the shipped map does.
        config: how the shipped map was learned.
        on: what the photos are, for people.
    """
    lists = joined(list(_trials(features, labels, folds, drawn, config)))
    # Scores of right matches by product mean nothing to another catalogue.
    fitted = fit_calibration(lists, refuse=REFUSED, on=on)
    return fitted.model_copy(update={"offsets": {}, "facings": fitted.facings // len(REFERENCES)})


def _trials(
    features: Floats, labels: Ints, folds: Ints, drawn: list[tuple[Floats, Ints]], config: MetricConfig
) -> Iterator[Shortlists]:
    for fold in range(FOLDS):
        withheld = labels % FOLDS == fold
        learned = np.flatnonzero((folds != fold) & ~withheld)
        projection = fit_worlds([(features[learned], labels[learned]), *drawn], config)
        vectors = project(projection, np.ascontiguousarray(features[:, 0]))
        for most in REFERENCES:
            yield shortlists(vectors, labels, learned, np.flatnonzero(folds == fold), most)


def shortlists(vectors: Floats, labels: Ints, references: Ints, queries: Ints, most: int) -> Shortlists:
    """Name rows of `vectors` by the last of the references; a product without any is one from outside the catalogue."""
    gallery = Gallery("calibration", vectors.shape[1])
    gallery.change(
        Reference(str(row), _gtin(product), _gtin(product), vectors[row])
        for product in np.unique(labels[references]).tolist()
        for row in references[labels[references] == product][-most:].tolist()
    )
    found = shortlist(gallery.search(vectors[queries], most=SHORTLIST))
    true = [_gtin(product) for product in labels[queries].tolist()]
    place = [gtins.index(gtin) if gtin in gtins else -1 for gtin, gtins in zip(true, found.gtins, strict=True)]
    known = np.isin(labels[queries], labels[references])
    return Shortlists(found.scores, found.nearest, np.array(place, np.int64), known, [_ANY] * len(true))


def joined(lists: list[Shortlists]) -> Shortlists:
    """Put shortlists of the same length one below the other."""
    return Shortlists(
        np.concatenate([part.scores for part in lists]),
        np.concatenate([part.nearest for part in lists]),
        np.concatenate([part.truth for part in lists]),
        np.concatenate([part.known for part in lists]),
        [product for part in lists for product in part.products],
    )


def _gtin(product: int) -> Gtin:
    return Gtin(f"{product:014d}")

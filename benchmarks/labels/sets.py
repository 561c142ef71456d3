"""The sets that recipes are compared on, each cut into folds that share no scene."""

import numpy as np
from numpy.typing import NDArray

from benchmarks.labels.seeing import Seen, narrowed, unit_vectors
from labeling.costs import DRAW_SECONDS, LOOK_SECONDS
from sampling.simulation.labelled_set import Ints, LabelledSet, Vectors
from training.embedder.scenes import FOLDS, assign_folds

_BLOCKS = 10  # of each class, contiguous in shooting order; the folds take turns through them


def klasson_set(seen: Seen) -> LabelledSet:
    """Each photo is a capture with one box; scenes, told by looks, stay in one fold."""
    vectors = unit_vectors(seen.features)
    return _of_boxes("Klasson", seen, narrowed(vectors), 81, assign_folds(seen.labels, vectors))


def freiburg_crops(seen: Seen) -> LabelledSet:
    """Each labelled box is a capture of its own."""
    folds = block_folds(seen)[seen.owners]
    return _of_boxes("Freiburg, crops", seen, narrowed(unit_vectors(seen.features)), 25, folds)


def freiburg_photos_set(seen: Seen) -> LabelledSet:
    """Each photo is a capture, and all its boxes are labelled or none."""
    boxes = np.bincount(seen.owners, minlength=len(seen.photos))
    return LabelledSet(
        name="Freiburg, photos",
        vectors=narrowed(unit_vectors(seen.features)),
        labels=seen.labels,
        owners=seen.owners,
        classes=25,
        boxes=boxes,
        seconds=LOOK_SECONDS + DRAW_SECONDS * boxes.astype(np.float64),
        strata=seen.lights,
        folds=block_folds(seen),
    )


def block_folds(seen: Seen) -> Ints:
    """Return the fold (n,) of each photo: blocks of neighbours in the numbering of a class, which are alike."""
    return _blocks(seen) % FOLDS


def _blocks(seen: Seen) -> Ints:
    names = np.array([photo.path.name.partition("__")[0] for photo in seen.photos])
    blocks = np.zeros(len(names), np.int64)
    for name in np.unique(names):
        mine = np.flatnonzero(names == name)
        blocks[mine] = np.arange(len(mine)) * _BLOCKS // len(mine)
    return blocks


def _of_boxes(name: str, seen: Seen, vectors: Vectors, classes: int, folds: Ints) -> LabelledSet:
    count = len(seen.labels)
    return LabelledSet(
        name=name,
        vectors=vectors,
        labels=seen.labels,
        owners=np.arange(count),
        classes=classes,
        boxes=np.ones(count, np.int64),
        seconds=np.full(count, LOOK_SECONDS + DRAW_SECONDS),
        strata=seen.lights[seen.owners],
        folds=folds,
    )


def later_half(seen: Seen) -> NDArray[np.bool_]:
    """Return Freiburg's boxes (b,) of the second half of each class, in shooting order."""
    return (_blocks(seen) >= _BLOCKS // 2)[seen.owners]

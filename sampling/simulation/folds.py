"""Folds that share no scene: what looks alike or belongs together lies in one fold."""

import numpy as np
import scipy

from sampling.simulation.labelled_set import Ints, Vectors

FOLDS = 5
ALIKE = 0.9  # cosine of image vectors from which two captures may show one scene
_AT_ONCE = 1024


def scene_folds(images: Vectors, groups: Ints | None = None, alike: float = ALIKE) -> Ints:
    """Return the fold (n,) of each capture.

    Captures of one group, and captures whose image vectors reach a cosine, are joined, and so is what is joined with
    them. The largest of these components first, each goes to the fold that has the fewest captures.

    Args:
        images: (n, w) unit image vectors.
        groups: (n,) what belongs together whatever it looks like, a store on one day for example; None for nothing.
        alike: that cosine.
    """
    pairs = [np.empty((0, 2), np.int64)]
    for start in range(0, len(images), _AT_ONCE):
        one, other = np.nonzero(images[start : start + _AT_ONCE] @ images.T >= alike)
        pairs.append(np.stack([one + start, other], 1))
    if groups is not None:
        _, first, of = np.unique(groups, return_index=True, return_inverse=True)
        pairs.append(np.stack([first[of], np.arange(len(groups))], 1))
    one, other = np.concatenate(pairs).T
    joined = scipy.sparse.coo_array((np.ones(len(one), bool), (one, other)), shape=(len(images), len(images)))
    _, components = scipy.sparse.csgraph.connected_components(joined, directed=False)
    return _spread(components)


def _spread(components: Ints) -> Ints:
    sizes, loads = np.bincount(components), np.zeros(FOLDS, np.int64)
    folds = np.zeros(len(sizes), np.int64)
    for component in np.argsort(-sizes, kind="stable"):
        folds[component] = loads.argmin()
        loads[folds[component]] += sizes[component]
    return folds[components]

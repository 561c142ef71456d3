"""Things of other photos that look most alike."""

import numpy as np
from numpy.typing import NDArray

_AT_ONCE = 512
_MOST = 20_000


def nearest_elsewhere(
    vectors: NDArray[np.float32],
    photos: NDArray[np.int64],
    asked: NDArray[np.int64],
    known: NDArray[np.int64],
    most: int,
) -> NDArray[np.int64]:
    """Return, for each asked row, the known rows of other photos with the highest cosine: (asked, most) row numbers.

    Args:
        vectors: (n, d) unit vectors.
        photos: (n,) number of each row's photo.
        asked, known: row numbers; of more than 20,000 known ones an even share is searched.
        most: how many; fewer columns if there are not as many known rows. A row of the own photo stands in where too
            few others are known, as -1.
    """
    known = known[:: len(known) // _MOST + 1]
    most = min(most, len(known))
    found = np.empty((len(asked), most), np.int64)
    for start in range(0, len(asked) if most else 0, _AT_ONCE):
        some = asked[start : start + _AT_ONCE]
        cosines = vectors[some] @ vectors[known].T
        own = photos[some][:, None] == photos[known][None, :]
        cosines[own] = -2
        best = np.argpartition(-cosines, most - 1, axis=1)[:, :most]
        found[start : start + _AT_ONCE] = np.where(np.take_along_axis(own, best, 1), -1, known[best])
    return found

"""What a round knows of the loop so far."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from sampling.looks import Looks


@dataclass(frozen=True, slots=True, eq=False)
class LoopState:
    """What is labelled, what came lately and what moved.

    Where a field is None nobody knows: the term that needs it is then off, and the round's notes say so.

    Attributes:
        labelled: unit image vector, float32 (k,), of each capture that is labelled or in an open task, by its id.
        labelled_strata: how many of these captures each stratum has.
        recent_strata: how many captures each stratum had lately, whatever became of them.
        difficulty: per class, 1 is average, see ``sampling.difficulty``; a class that is missing is average.
        labelled_classes: facings labelled per class.
        drifted: factor, at least 1, on the quota of a stratum that drifted.
        looks: reads the looks of captures by id; those without looks are missing from its answer.
    """

    labelled: Mapping[str, NDArray[np.float32]]
    labelled_strata: Mapping[str, int] | None = None
    recent_strata: Mapping[str, int] | None = None
    difficulty: Mapping[str, float] | None = None
    labelled_classes: Mapping[str, int] | None = None
    drifted: Mapping[str, float] | None = None
    looks: Callable[[Sequence[str]], Mapping[str, "Looks"]] | None = None

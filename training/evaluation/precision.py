"""Average precision of the whole, of single classes and of cells, with draws of each for intervals."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from training.coco_ap import average_precisions
from training.evaluation.report import Score, evidence_of
from training.matching import Comparison, bootstrap_ap

Floats = NDArray[np.float64]
HEAD, MIDDLE = 100, 10  # training boxes of a product; LVIS (Gupta et al., CVPR 2019) cuts its categories so, too
QUANTILES = (0.025, 0.975)


@dataclass(frozen=True, slots=True)
class Scored:
    """A score and the AP of each draw of captures, (replicates,), NaN where a draw shows no such box."""

    score: Score
    draws: Floats


class Precision:
    """Average precision of each of some labels on some captures."""

    def __init__(self, comparisons: Sequence[Comparison], names: Sequence[str]) -> None:
        """Match and draw; labels of the comparisons are places in `names`."""
        self._names = names
        self._points = average_precisions(comparisons, len(names))
        self._draws = bootstrap_ap(comparisons, len(names))
        self._shown = np.array([np.bincount(c.truth_labels, minlength=len(names)) for c in comparisons])

    @cached_property
    def each(self) -> dict[str, Scored]:
        """Each name that the truth shows."""
        return {name: self.of([name]) for place, name in enumerate(self._names) if self._shown[:, place].any()}

    @property
    def whole(self) -> Scored:
        """All of them together."""
        return self.of(self._names)

    @property
    def tail(self) -> Scored | None:
        """Those that are too thin alone, together; None if there are none."""
        thin = [name for name, one in self.each.items() if not one.score.supported]
        return self.of(thin) if thin else None

    def bands(self, trained: Mapping[str, int]) -> dict[str, Scored]:
        """Return head, middle and tail by the number of training boxes, as far as the truth shows any."""
        members: dict[str, list[str]] = {"head": [], "middle": [], "tail": []}
        for name in self.each:
            boxes = trained.get(name, 0)
            members["head" if boxes >= HEAD else "middle" if boxes >= MIDDLE else "tail"].append(name)
        return {band: self.of(names) for band, names in members.items() if names}

    def of(self, names: Iterable[str]) -> Scored:
        """Return the mean over some names."""
        places = [self._names.index(name) for name in names]
        chosen = [place for place in places if self._shown[:, place].any()]
        return _scored(self._points[chosen], self._draws[:, chosen], self._shown[:, chosen])


def by_cell(comparisons: Sequence[Comparison], names: Sequence[str], cell_of: Sequence[str]) -> dict[str, Precision]:
    """Return the precision on the captures of each cell."""
    return {
        cell: Precision([one for one, its in zip(comparisons, cell_of, strict=True) if its == cell], names)
        for cell in sorted(set(cell_of))
    }


def quantiles(draws: Floats) -> tuple[float, float] | tuple[None, None]:
    """Return the interval of draws (replicates,), None where no draw tells anything."""
    told = draws[~np.isnan(draws)]
    if not len(told):
        return None, None
    low, high = np.quantile(told, QUANTILES)
    return float(low), float(high)


def _scored(points: Floats, draws: Floats, shown: NDArray[np.int64]) -> Scored:
    captures, boxes = int(shown.any(axis=1).sum()), int(shown.sum())
    means = np.full((len(draws), 2), np.nan)
    told = ~np.isnan(draws[..., 0]).all(axis=1)
    if boxes:
        means[told] = np.nanmean(draws[told], axis=1)
    (ap_low, ap_high), (ap50_low, ap50_high) = quantiles(means[:, 0]), quantiles(means[:, 1])
    ap, ap50 = points.mean(axis=0).tolist() if boxes else (None, None)
    score = Score(
        ap=ap,
        ap_low=ap_low,
        ap_high=ap_high,
        ap50=ap50,
        ap50_low=ap50_low,
        ap50_high=ap50_high,
        captures=captures,
        boxes=boxes,
        evidence=evidence_of(captures, boxes),
    )
    return Scored(score, means[:, 0])

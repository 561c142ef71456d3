"""All suspects of a set, the likeliest first."""

from collections.abc import Iterator, Sequence

import numpy as np

from labeling.annotations import AnnotatedBox
from labeling.quality.label_errors.displaced import badly_located
from labeling.quality.label_errors.overlooked import overlooked
from labeling.quality.label_errors.pairing import Pairing, pair
from labeling.quality.label_errors.seen import Floats, LabelError, LabelledPhoto, Seen, Suspect
from labeling.quality.label_errors.swapped import Swaps, swapped
from retail.boxes import DetectionKind
from retail.gtin import Gtin

_LEAST = 0.02


def find_label_errors(photos: Sequence[LabelledPhoto], clean: float = 0.15) -> list[Suspect]:
    """Return the suspects, the likeliest first: as many as let at most a share ``clean`` be expected to be right.

    The kinds of error are ObjectLab's (Tkachenko, Thyagarajan & Mueller 2023, arXiv 2309.00832); in place of its fixed
    scores, each suspect has a probability. The whole set is looked at at once: how often people overlook, displace or
    swap boxes, and how far the model can be trusted, is estimated from the very labels that are searched, so some
    hundred boxes are needed. The list is cut where the mean probability falls below 1 - ``clean`` (Efron's Bayesian
    false discovery rate, 2010).
    """
    if not photos:
        return []
    pairings = [pair(photo) for photo in photos]
    judged = zip(pairings, overlooked(pairings), badly_located(pairings), swapped(pairings), strict=True)
    suspects = [one for parts in judged for one in _suspects(*parts) if one.probability >= _LEAST]
    suspects.sort(key=lambda one: -one.probability)
    wrong = np.cumsum([1 - one.probability for one in suspects]) / np.arange(1, len(suspects) + 1)
    return suspects[: int((wrong <= clean).sum())]


def _suspects(pairing: Pairing, missing: Floats, displaced: Floats, swaps: Swaps) -> Iterator[Suspect]:
    photo, seen = pairing.photo, pairing.photo.seen
    for probability, detection in zip(missing.tolist(), pairing.free.tolist(), strict=True):
        box = _suggested(seen, detection)
        yield Suspect(photo.id, LabelError.OVERLOOKED, probability, None, _edges(box), box)
    pairs = np.concatenate([pairing.same, pairing.loose]).tolist()
    for probability, (label, detection) in zip(displaced.tolist(), pairs, strict=True):
        drawn = photo.labels[label]
        box = _suggested(seen, detection, drawn.gtin if drawn.kind is seen.kinds[detection] else None)
        yield Suspect(photo.id, LabelError.BADLY_LOCATED, probability, label, _edges(drawn), box)
    for place, (label, detection) in enumerate(pairing.same.tolist()):
        box = _suggested(seen, detection, swaps.products[place])
        drawn = photo.labels[label]
        yield Suspect(photo.id, LabelError.SWAPPED, float(swaps.probabilities[place]), label, _edges(drawn), box)


def _suggested(seen: Seen, detection: int, gtin: Gtin | None = None) -> AnnotatedBox:
    x1, y1, x2, y2 = seen.boxes[detection].tolist()
    kind, chances = seen.kinds[detection], seen.products[detection]
    if gtin is None and chances:
        gtin = max(chances, key=lambda one: chances[one])
    return AnnotatedBox(kind, x1, y1, x2, y2, gtin if kind is DetectionKind.FACING else None)


def _edges(box: AnnotatedBox) -> tuple[float, float, float, float]:
    return box.x1, box.y1, box.x2, box.y2

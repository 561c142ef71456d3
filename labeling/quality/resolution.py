"""Whether two products that are confused could be told apart at all at the size that photos show them in."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum

import scipy

_FEWEST = 10
_TOLD_APART = 0.9
_SURE = 0.01


class Advice(StrEnum):
    """What to do about two products that are confused."""

    MERGE = "merge"  # at no size are they told apart
    CLOSER_PHOTO = "closer_photo"  # larger facings are told apart
    RULE = "rule"  # the model tells them apart, people do not: a guideline rule is missing
    MORE_LABELS = "more_labels"  # people tell them apart, the model does not
    FINE = "fine"  # both tell them apart
    WAIT = "wait"  # too few decisions to say


@dataclass(frozen=True, slots=True)
class Look:
    """One decision between two products: the facing's shorter side in pixels, and whether it was right.

    For people "right" is agreeing with gold, a review or the other person; for a model, with the label that counts.
    """

    side: float
    right: bool


@dataclass(frozen=True, slots=True)
class Limit:
    """What is advised about a pair of products.

    Attributes:
        advice: what to do.
        side: shorter side in pixels from which on they are told apart; None unless a closer photo is advised.
        people, model: share that was right, None without a decision.
    """

    advice: Advice
    side: float | None
    people: float | None
    model: float | None


def advise(people: Sequence[Look], model: Sequence[Look]) -> Limit:
    """Advise about two products from how people and a model decided between them at each size.

    Told apart is what is right nine times in ten. A size counts as the limit if decisions above it are, those below
    are not, and chance would hardly part them so (Fisher's exact test, p below 0.01).
    """
    by_people, by_model = _share(people), _share(model)
    if by_people is None or len(people) < _FEWEST:
        return Limit(Advice.WAIT, None, by_people, by_model)
    model_can = by_model is not None and len(model) >= _FEWEST and by_model >= _TOLD_APART
    if by_people >= _TOLD_APART:
        unlearnt = by_model is not None and len(model) >= _FEWEST and by_model < _TOLD_APART
        return Limit(Advice.MORE_LABELS if unlearnt else Advice.FINE, None, by_people, by_model)
    side = _limit(people)
    if side is not None:
        return Limit(Advice.CLOSER_PHOTO, side, by_people, by_model)
    return Limit(Advice.RULE if model_can else Advice.MERGE, None, by_people, by_model)


def _share(looks: Sequence[Look]) -> float | None:
    return sum(look.right for look in looks) / len(looks) if looks else None


def _limit(looks: Sequence[Look]) -> float | None:
    """Return the side that parts right from wrong decisions best, None if size makes no difference."""
    ordered = sorted(looks, key=lambda look: look.side)
    right = [look.right for look in ordered]
    best: tuple[float, float] | None = None
    for place in range(_FEWEST // 2, len(right) - _FEWEST // 2 + 1):
        below, above = right[:place], right[place:]
        if ordered[place - 1].side == ordered[place].side or sum(above) < _TOLD_APART * len(above):
            continue
        table = [[sum(below), len(below) - sum(below)], [sum(above), len(above) - sum(above)]]
        p_value = float(scipy.stats.fisher_exact(table, alternative="less").pvalue)
        if sum(below) < _TOLD_APART * len(below) and (best is None or p_value < best[0]):
            best = p_value, ordered[place].side
    return best[1] if best is not None and best[0] < _SURE else None

"""The figures of many scored bays: F1 by verdict, accuracy by coverage, reliability of the probabilities."""

from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.planogram.scoring import Asked, ScoredBay, ScoredPosition
from retail.compliance import Verdict

Row = dict[str, Any]
CLASSES = (
    Verdict.CORRECT,
    Verdict.WRONG_POSITION,
    Verdict.WRONG_SHELF,
    Verdict.OUT_OF_STOCK,
    Verdict.UNEXPECTED,
)
COVERAGES = (1.0, 0.98, 0.95, 0.9, 0.8, 0.6)
_DRAWS = 1000


def counts(bay: ScoredBay) -> NDArray[np.int64]:
    """Return right, wrongly given and wrongly withheld answers of each of CLASSES, (5, 3); of facings at last."""
    table = [
        [
            sum(one.truth is verdict is one.answer for one in bay.judged),
            sum(one.answer is verdict is not one.truth for one in bay.judged),
            sum(one.truth is verdict is not one.answer for one in bay.judged),
        ]
        for verdict in CLASSES[:-1]
    ]
    return np.array([*table, [len(bay.found), len(bay.invented), len(bay.missed)]], np.int64)


def f1(table: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return F1 of tables (..., 3) as of `counts`; NaN where there is neither a case nor an answer."""
    right, given, withheld = np.moveaxis(table, -1, 0)
    whole = 2 * right + given + withheld
    scores: NDArray[np.float64] = np.divide(2.0 * right, whole, out=np.full(whole.shape, np.nan), where=whole > 0)
    return scores


def f1_row(title: Row, bays: Sequence[ScoredBay]) -> Row:
    """Return macro-F1 over the classes that occur, its 95 % interval over photos drawn with replacement, each F1."""
    tables = np.stack([counts(bay) for bay in bays])
    each = f1(tables.sum(0))
    rng = np.random.default_rng(0)
    drawn = tables[rng.integers(len(bays), size=(_DRAWS, len(bays)))].sum(1)
    low, high = np.nanquantile(np.nanmean(f1(drawn), axis=1), [0.025, 0.975])
    return {
        **title,
        "bays": len(bays),
        "positions": sum(len(bay.judged) for bay in bays),
        "macro_f1": float(np.nanmean(each)),
        "low": float(low),
        "high": float(high),
        **{verdict.value: float(value) for verdict, value in zip(CLASSES, each.tolist(), strict=True)},
    }


def answered_row(title: Row, bays: Sequence[ScoredBay]) -> Row:
    """Return how many positions got an answer as served and how many of those are right; and of the unseen ones, how
    many were left undecided."""
    judged = [one for bay in bays for one in bay.judged]
    answered = [one for one in judged if one.answer is not Verdict.UNDECIDED]
    unseen = [one for bay in bays for one in bay.positions if one.asked is Asked.UNSEEN]
    left_open = sum(one.answer is Verdict.UNDECIDED for one in unseen)
    return {
        **title,
        "coverage": len(answered) / max(1, len(judged)),
        "accuracy": _accuracy(answered),
        "unseen": len(unseen),
        "left_undecided": left_open / len(unseen) if unseen else None,
    }


def abstention_rows(title: Row, bays: Sequence[ScoredBay]) -> Iterator[Row]:
    """Yield the accuracy of the likeliest verdicts when only the surest share of the positions is answered."""
    judged = sorted((one for bay in bays for one in bay.judged), key=lambda one: -one.probability)
    for coverage in COVERAGES:
        kept = judged[: max(1, round(coverage * len(judged)))]
        right = sum(one.likeliest is one.truth for one in kept) / len(kept)
        yield {**title, "answered": coverage, "right": right, "least_probability": kept[-1].probability}


def reliability_rows(title: Row, bays: Sequence[ScoredBay]) -> Iterator[Row]:
    """Yield by tenths of the probability how often the likeliest verdict is right."""
    judged = [one for bay in bays for one in bay.judged]
    tenths = np.minimum([int(one.probability * 10) for one in judged], 9)
    for tenth in sorted(set(tenths.tolist())):
        ones = [one for one, other in zip(judged, tenths.tolist(), strict=True) if other == tenth]
        said = sum(one.probability for one in ones) / len(ones)
        right = sum(one.likeliest is one.truth for one in ones) / len(ones)
        yield {**title, "said": said, "are_right": right, "of": len(ones)}


def _accuracy(answered: Sequence[ScoredPosition]) -> float | None:
    return sum(one.answer is one.truth for one in answered) / len(answered) if answered else None

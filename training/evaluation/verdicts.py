"""Verdicts on bays: the matcher as it serves on what the models saw, against itself on what people drew."""

from collections.abc import Mapping, Sequence

import numpy as np

from labeling.annotations import AnnotatedBox, as_array
from retail.boxes import DetectionKind
from retail.compliance import Verdict
from retail.planograms import Planogram, Position
from training.captures import LabelledCapture
from training.evaluation.naming import Knowledge
from training.evaluation.tallies import Floats, Tally
from vision.bays.judging import judge
from vision.bays.photo import BayPhoto

VERDICTS = (Verdict.CORRECT, Verdict.WRONG_POSITION, Verdict.WRONG_SHELF, Verdict.OUT_OF_STOCK)
_NAMED = 0.5  # share of the facings whose product people said, from which the truth can be told
Truth = Mapping[Position, Verdict]


def true_verdicts(capture: LabelledCapture, planogram: Planogram) -> Truth:
    """Return the verdicts that the labels themselves lead to; empty where they do not suffice to tell.

    Positions out of view are left out, and those that even the labels leave undecided.
    """
    facings = [box for box in capture.boxes if box.kind is DetectionKind.FACING]
    named = sum(box.gtin is not None for box in facings)
    if not facings or named < _NAMED * len(facings):
        return {}
    compliance = judge(planogram, [_as_drawn(capture.boxes, (capture.width, capture.height))])
    if not compliance.fits:
        return {}
    told = (one for one in compliance.positions if one.in_view and one.verdict is not Verdict.UNDECIDED)
    return {one.position: one.verdict for one in told}


def verdict_tally(
    truths: Sequence[Truth],
    photos: Sequence[BayPhoto | None],
    planograms: Sequence[Planogram | None],
    least: float,
    knowledge: Knowledge,
) -> Tally:
    """Tally true verdicts against answered ones, capture by capture; an undecided answer is a wrong one.

    Args:
        truths: of each capture, empty where it is not asked.
        photos: as the models saw them; None where a capture is not asked.
        planograms: of their bays.
        least: probability of a verdict, below which it is undecided.
        knowledge: of categories.
    """
    categories = sorted({knowledge.categories.get(one.gtin, "") for truth in truths for one in truth} | {""})
    size = len(VERDICTS)
    sums = np.zeros((len(truths), len(categories), size, size + 1))
    for place, (truth, photo, planogram) in enumerate(zip(truths, photos, planograms, strict=True)):
        if not truth or photo is None or planogram is None:
            continue
        for one in judge(planogram, [photo], least).positions:
            if (true := truth.get(one.position)) is not None:
                answer = VERDICTS.index(one.verdict) if one.verdict in VERDICTS else size
                category = categories.index(knowledge.categories.get(one.position.gtin, ""))
                sums[place, category, VERDICTS.index(true), answer] += 1
    flat = sums.reshape(len(truths), len(categories), -1)
    return Tally(categories, flat, flat.sum(axis=2), macro_f1)


def macro_f1(sums: Floats) -> Floats:
    """Finish tables (r, 4 × 5) of true by answered verdicts: mean F1 over the verdicts that are true anywhere."""
    tables = sums.reshape(len(sums), len(VERDICTS), len(VERDICTS) + 1)
    hits = np.einsum("rvv->rv", tables[:, :, :-1])
    true, answered = tables.sum(axis=2), tables[:, :, :-1].sum(axis=1)
    f1 = np.divide(2 * hits, true + answered, out=np.zeros_like(hits), where=true + answered > 0)
    shown = true > 0
    number = shown.sum(axis=1)
    return np.divide((f1 * shown).sum(axis=1), number, out=np.full(len(sums), np.nan), where=number > 0)


def _as_drawn(boxes: Sequence[AnnotatedBox], size: tuple[int, int]) -> BayPhoto:
    return BayPhoto(
        size=size,
        boxes=as_array(boxes),
        kinds=tuple(box.kind for box in boxes),
        confidences=np.ones(len(boxes), np.float32),
        chances=tuple({box.gtin: 1.0} if box.gtin else {} for box in boxes),
    )

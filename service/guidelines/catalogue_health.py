"""How well one can label by the catalogue: products that nobody tells apart, products that are two, and the tree."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeling.annotations import AnnotatedBox
from labeling.looks import two_looks
from labeling.quality.boundaries import CANNOT_TELL, PRODUCT
from labeling.quality.category_tree import Filed, check_tree
from labeling.quality.resolution import Advice, Limit, Look, advise
from retail.gtin import Gtin
from service.catalogue.queries import in_parts
from service.guidelines.crops import box_of, crop, side
from service.guidelines.labelled import LabelledCapture, read_labelled, read_looks
from service.guidelines.missing_rules import Evidence, read_evidence
from service.guidelines.schemas_reports import (
    ConfusedProducts,
    CropAnswer,
    HealthAnswer,
    ProductHint,
    SplitAdvice,
    TreeProblemAnswer,
)
from service.records import ProductRecord, VariantRecord

FEWEST = 2  # facings that were confused: fewer are slips
_MOST_CROPS = 4
_WHY = {
    Advice.MERGE: "At no size are they told apart: merge them, or label the family alone.",
    Advice.CLOSER_PHOTO: "Large facings are told apart, small ones are not: the label is finer than the photo.",
    Advice.RULE: "The model tells them apart, people do not: write the rule that says how.",
    Advice.MORE_LABELS: "People tell them apart, the model does not yet: label more of both.",
    Advice.WAIT: "Too few facings of the two were compared to say.",
}
Shown = tuple[str, AnnotatedBox]  # capture and box
Pair = tuple[str, str]  # GTINs in order


@dataclass
class _Decided:
    """Who said what about facings of products, with where they are.

    Attributes:
        right: by product, facings of it that were told.
        wrong: by pair, facings that were taken for the other.
    """

    right: dict[str, list[Shown]] = field(default_factory=lambda: defaultdict(list))
    wrong: dict[Pair, list[Shown]] = field(default_factory=lambda: defaultdict(list))

    def looks(self, pair: Pair) -> list[Look]:
        """Return every decision between two products."""
        right = [Look(side(box), True) for gtin in pair for _, box in self.right[gtin]]
        return right + [Look(side(box), False) for _, box in self.wrong[pair]]


def catalogue_health(session: Session, today: date, limit: int) -> HealthAnswer:
    """Return what the newest labels say about the catalogue, the worst first."""
    evidence, labelled = read_evidence(session), read_labelled(session)
    people, model = _by_people(evidence), _by_model(labelled)
    pairs = _confused(people, model)[:limit]
    parted = _two_looks(session, labelled)[:limit]
    gtins = {gtin for pair in pairs for gtin in pair} | {one.gtin for one in parted}
    hints = _hints(session, gtins, labelled)
    variants = _variants(session, gtins)
    return HealthAnswer(
        labelled=len(labelled),
        compared=len(evidence.together),
        confused=[found for pair in pairs if (found := _confusion(pair, people, model, hints)) is not None],
        split=[_split(one, hints[one.gtin], variants.get(one.gtin, 0)) for one in parted],
        tree=_tree(session, today),
    )


def _by_people(evidence: Evidence) -> _Decided:
    decided = _Decided()
    for together, units in evidence.together:
        for unit in units:
            said = [word for word in unit.said if word is not None]
            if unit.boundary != PRODUCT or len(said) < 2 or CANNOT_TELL in said:
                continue
            box, words = box_of(together, unit), sorted(set(said))
            if box is not None and len(words) == 1:
                decided.right[words[0]].append((together.capture.id, box))
            elif box is not None and len(words) == 2:
                decided.wrong[words[0], words[1]].append((together.capture.id, box))
    return decided


def _by_model(labelled: Sequence[LabelledCapture]) -> _Decided:
    decided = _Decided()
    for one in labelled:
        for place, box, gtin in one.facings:
            said = one.by_model.get(place)
            if said == gtin:
                decided.right[gtin].append((one.capture_id, box))
            elif said is not None:
                decided.wrong[min(gtin, said), max(gtin, said)].append((one.capture_id, box))
    return decided


def _confused(people: _Decided, model: _Decided) -> list[Pair]:
    """Return pairs that are confused, those that people and model both confuse first."""
    counts = {
        pair: (len(people.wrong.get(pair, ())), len(model.wrong.get(pair, ())))
        for pair in people.wrong.keys() | model.wrong.keys()
    }
    kept = [pair for pair, (by_people, by_model) in counts.items() if max(by_people, by_model) >= FEWEST]
    return sorted(kept, key=lambda pair: (min(counts[pair]) < FEWEST, -sum(counts[pair]), pair))


def _confusion(
    pair: Pair, people: _Decided, model: _Decided, hints: Mapping[str, ProductHint]
) -> ConfusedProducts | None:
    """Return what to do about two products, None where they are told apart but for slips."""
    limit = advise(people.looks(pair), model.looks(pair))
    if limit.advice is Advice.FINE:
        return None
    by_people, by_model = people.wrong[pair], model.wrong[pair]
    return ConfusedProducts(
        one=hints[pair[0]],
        other=hints[pair[1]],
        by_people=len(by_people),
        by_model=len(by_model),
        both=min(len(by_people), len(by_model)) >= FEWEST,
        people_right=limit.people,
        model_right=limit.model,
        advice=limit.advice.value,
        side_needed=limit.side,
        why=_why(limit),
        crops=_crops(pair, people, model, hints),
    )


def _why(limit: Limit) -> str:
    if limit.side is None:
        return _WHY[limit.advice]
    return f"{_WHY[limit.advice]} They are told apart from {limit.side:.0f} pixels on."


def _crops(pair: Pair, people: _Decided, model: _Decided, hints: Mapping[str, ProductHint]) -> list[CropAnswer]:
    """Return one of each product that was told, and disputed ones; the largest, on which most is to be seen."""
    told = [
        (shown, hints[gtin].name) for gtin in pair for shown in _largest(people.right[gtin] or model.right[gtin], 1)
    ]
    disputed = _largest([*people.wrong[pair], *model.wrong[pair]], _MOST_CROPS - len(told))
    return [crop(capture_id, box, [said]) for (capture_id, box), said in told] + [
        crop(capture_id, box, [hints[gtin].name for gtin in pair]) for capture_id, box in disputed
    ]


def _largest(shown: Sequence[Shown], most: int) -> list[Shown]:
    return sorted(shown, key=lambda one: -side(one[1]))[:most]


@dataclass(frozen=True, slots=True)
class _Parted:
    gtin: Gtin
    second: int
    silhouette: float
    typical: tuple[Shown, Shown]


def _two_looks(session: Session, labelled: Sequence[LabelledCapture]) -> list[_Parted]:
    """Return products whose facings are of two looks, those farthest apart first."""
    looks = read_looks(session, labelled)
    shown: dict[Gtin, list[tuple[Shown, np.ndarray[tuple[int], np.dtype[np.float32]]]]] = defaultdict(list)
    for one in labelled:
        vectors = looks.get(one.annotation_id, {})
        for place, box, gtin in one.facings:
            if place in vectors:
                shown[gtin].append(((one.capture_id, box), vectors[place]))
    parted = []
    for gtin, facings in shown.items():
        found = two_looks(np.stack([vector for _, vector in facings]))
        if found is not None:
            first, second = (facings[row][0] for row in found.typical)
            parted.append(_Parted(gtin, int(found.second.sum()), found.silhouette, (first, second)))
    return sorted(parted, key=lambda one: (-one.silhouette, one.gtin))


def _split(parted: _Parted, hint: ProductHint, variants: int) -> SplitAdvice:
    known = f"the catalogue knows {variants} looks of it" if variants > 1 else "the catalogue knows one look of it"
    return SplitAdvice(
        product=hint,
        second=parted.second,
        silhouette=round(parted.silhouette, 3),
        variants=variants,
        why=f"Its facings are of two looks, and {known}: split it if they are two products, else add a variant.",
        crops=[crop(capture_id, box, [hint.name]) for capture_id, box in parted.typical],
    )


def _hints(session: Session, gtins: set[str], labelled: Sequence[LabelledCapture]) -> dict[str, ProductHint]:
    sides: dict[str, list[float]] = defaultdict(list)
    for one in labelled:
        for _, box, gtin in one.facings:
            sides[gtin].append(side(box))
    products = (
        product
        for some in in_parts(gtins)
        for product in session.scalars(select(ProductRecord).where(ProductRecord.gtin.in_(some)))
    )
    found = {product.gtin: (product.name, "/".join(product.category)) for product in products}
    return {gtin: _hint(gtin, *found.get(gtin, (gtin, "")), sides[gtin]) for gtin in gtins}


def _hint(gtin: str, name: str, category: str, sides: Sequence[float]) -> ProductHint:
    median = round(float(np.median(sides)), 1) if sides else None
    return ProductHint(gtin=gtin, name=name, category=category, facings=len(sides), side=median)


def _variants(session: Session, gtins: set[str]) -> dict[str, int]:
    counted = select(VariantRecord.gtin, func.count()).group_by(VariantRecord.gtin)
    return {
        gtin: count
        for some in in_parts(gtins)
        for gtin, count in session.execute(counted.where(VariantRecord.gtin.in_(some)))
    }


def _tree(session: Session, today: date) -> list[TreeProblemAnswer]:
    products = session.scalars(select(ProductRecord).where(ProductRecord.became.is_(None)))
    filed = [
        Filed(Gtin(one.gtin), one.name, (tuple(one.category),) if one.category else (), one.family)
        for one in products
        if one.valid_until is None or one.valid_until >= today
    ]
    return [
        TreeProblemAnswer(
            fault=problem.fault,
            categories=["/".join(path) for path in problem.categories],
            products=list(problem.gtins),
            advice=f"{problem.advice[0].upper()}{problem.advice[1:]}.",
        )
        for problem in check_tree(filed)
    ]

"""What a decision about a box is about, and what several people decided about the same box."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from labeling.annotations import AnnotatedBox, as_array
from retail.boxes import iou
from retail.gtin import Gtin

Boundary = str
Categories = Mapping[Gtin, tuple[str, ...]]

PRESENCE: Boundary = "presence"  # is there a box
MISSING: Boundary = "presence:missing"  # of what is there: was it drawn
SPURIOUS: Boundary = "presence:spurious"  # of what was drawn: is it there
EDGES: Boundary = "edges"  # do the edges fit
KIND: Boundary = "kind"
CATEGORY: Boundary = "category"  # leaf category of named facings
PRODUCT: Boundary = "product"
IGNORE: Boundary = "ignore"
OCCLUDED: Boundary = "occluded"
TRUNCATED: Boundary = "truncated"
VERDICT: Boundary = "verdict"

THERE, NOTHING = "there", "nothing"
CANNOT_TELL = "cannot tell"
YES, NO = "yes", "no"
SAME_BOX_IOU = 0.5

# Decisions about a box that is there, in the order in which they are reported.
_LABELS = (KIND, CATEGORY, PRODUCT, IGNORE, OCCLUDED, TRUNCATED)


@dataclass(frozen=True, slots=True)
class Unit:
    """One decision that several people were asked for.

    Attributes:
        boundary: what it is about.
        said: what each person said, None where somebody was not asked or had no box to say it about.
        places: index of the box in each person's answer, None without one.
    """

    boundary: Boundary
    said: tuple[str | None, ...]
    places: tuple[int | None, ...]


def product_boundary(category: Sequence[str]) -> Boundary:
    """Return the finer boundary between the products of one category: ``product:drinks/juice``."""
    return f"{PRODUCT}:{'/'.join(category)}"


def said(box: AnnotatedBox, categories: Categories) -> dict[Boundary, str]:
    """Return what a box says at each boundary.

    Of an ignored box only that; ``product`` of facings alone, CANNOT_TELL where they have no GTIN; ``category`` of
    facings whose product is in ``categories``.
    """
    if box.ignore:
        return {IGNORE: YES}
    words = {KIND: box.kind.value, IGNORE: NO, OCCLUDED: _word(box.occluded), TRUNCATED: _word(box.truncated)}
    if box.kind == "facing":
        words[PRODUCT] = CANNOT_TELL if box.gtin is None else str(box.gtin)
        if box.gtin is not None and box.gtin in categories:
            words[CATEGORY] = "/".join(categories[box.gtin])
    return words


def group_boxes(answers: Sequence[Sequence[AnnotatedBox]]) -> list[tuple[int | None, ...]]:
    """Group the boxes of several answers about one photo into things: at most one box of each answer.

    Pairs of IoU 0.5 or more are joined from the highest IoU down; kinds and products play no part, so that a
    disagreement about the label is none about the box. Returned are the boxes' places in their answers, None where an
    answer has no box there; every box is in exactly one group.
    """
    owner = np.repeat(np.arange(len(answers)), [len(answer) for answer in answers])
    place = np.concatenate([np.arange(len(answer)) for answer in answers]) if answers else np.zeros(0, int)
    edges = as_array([box for answer in answers for box in answer])
    overlaps = np.triu(iou(edges, edges), k=1) * (owner[:, None] != owner[None, :])
    candidates = np.argwhere(overlaps >= SAME_BOX_IOU)
    group = list(range(len(edges)))
    members = {number: {int(owner[number]): int(place[number])} for number in group}
    for left, right in candidates[np.argsort(-overlaps[tuple(candidates.T)], kind="stable")].tolist():
        a, b = group[left], group[right]
        if a != b and not members[a].keys() & members[b].keys():
            members[a] |= members.pop(b)
            group = [a if number == b else number for number in group]
    return [tuple(found.get(i) for i in range(len(answers))) for found in members.values()]


def decisions(
    answers: Sequence[Sequence[AnnotatedBox]],
    categories: Categories,
    beforehand: Sequence[AnnotatedBox] = (),
) -> list[Unit]:
    """Return every decision that several people took about one photo, boundary by boundary.

    Args:
        answers: the boxes of each person.
        categories: leaf category by product.
        beforehand: boxes that all were shown; one that everybody deleted is an agreement that nothing is there,
            without which agreement about presence could not be told from chance.
    """
    units: list[Unit] = []
    for group in group_boxes([*answers, beforehand]):
        units += _of_group(group[:-1], answers, categories)
    return units


def _of_group(
    places: tuple[int | None, ...], answers: Sequence[Sequence[AnnotatedBox]], categories: Categories
) -> list[Unit]:
    words = [{} if i is None else said(answer[i], categories) for i, answer in zip(places, answers, strict=True)]
    units = [Unit(PRESENCE, tuple(NOTHING if i is None else THERE for i in places), places)]
    units += [
        Unit(label, tuple(word.get(label) for word in words), places)
        for label in _LABELS
        if any(label in word for word in words)
    ]
    leaves = Counter(word[CATEGORY] for word in words if CATEGORY in word)
    if leaves:
        leaf = leaves.most_common(1)[0][0]
        units.append(Unit(product_boundary(leaf.split("/")), tuple(word.get(PRODUCT) for word in words), places))
    return units


def _word(flag: bool) -> str:
    return YES if flag else NO

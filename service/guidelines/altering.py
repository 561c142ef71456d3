"""Which labelled tasks a changed rule alters, and only these: by the boxes that were drawn, and by what was not."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Row, Select, null, select, true
from sqlalchemy.orm import Session

from labeling.annotations import FLAGS
from labeling.guidelines import RuleChange
from labeling.leases import Purpose, TaskKind, TaskState
from service.catalogue.queries import in_parts
from service.catalogue.states import State
from service.records import (
    AnnotationRecord,
    CaptureRecord,
    FacingLabelRecord,
    ProductRecord,
    TaskCategoryRecord,
    TaskRecord,
)

AT_THE_EDGE = 2.0  # pixels from the photo's edge: what touches it is cut, flagged or not
_AT_ONCE = 500  # annotations


@dataclass(frozen=True, slots=True)
class Altered:
    """A labelled task in which a box may have to be labelled otherwise, and the rules because of which."""

    task_id: str
    rules: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Categories:
    """Categories of what some annotations show, with all above them.

    Attributes:
        drawn: by annotation and place in its boxes, of the product that a facing shows today.
        around: by task, of the products that seem to be there.
    """

    drawn: Mapping[tuple[str, int], frozenset[str]]
    around: Mapping[str, frozenset[str]]


def altered_tasks(
    session: Session,
    version: int,
    changes: Sequence[RuleChange],
    since_drafts: Mapping[int, Sequence[RuleChange]],
    since: datetime | None = None,
) -> list[Altered]:
    """Return the tasks that were labelled by an earlier version than this one and that a changed rule alters.

    Tasks that wait to be labelled again are not among them: who labels them reads the new rules.

    Args:
        session: for reading.
        version: the one that changed the rules.
        changes: the rules in which it differs from what held before.
        since_drafts: by draft that a pilot was labelled by, the rules in which the version differs from that.
        since: only what was labelled from then on; None for all.
    """
    every = [change for some in (changes, *since_drafts.values()) for change in some if change.alters_labels]
    if not every:
        return []
    query = _labelled_before(version, since, with_detections=any(change.decides_presence for change in every))
    by_category = any(rule.categories for change in every for rule in (change.before, change.after) if rule)
    found = []
    for part in session.execute(query.execution_options(yield_per=_AT_ONCE)).partitions():
        categories = _read_categories(session, part) if by_category else _Categories({}, {})
        for row in part:
            effective = since_drafts.get(row.guideline_version, changes)
            rules = tuple(c.id for c in effective if c.alters_labels and _alters(c, row, categories))
            if rules:
                found.append(Altered(row.task_id, rules))
    return found


def _alters(change: RuleChange, row: Row[Any], categories: _Categories) -> bool:
    """Whether a change alters any box that was drawn; if it decides what is drawn at all, any that was found, too."""
    kinds, size = change.kinds, (row.width, row.height)
    for place, box in enumerate(row.boxes):
        known = categories.drawn.get((row.id, place), ())
        if box["kind"] in kinds and change.alters(box["kind"], _flags(box, size), known):
            return True
    if not change.decides_presence:
        return False
    around = categories.around.get(row.task_id, ())
    found = (box for box in row.detections if box["kind"] in kinds)
    return any(change.alters(box["kind"], _flags(box, size), around) for box in found)


def _labelled_before(version: int, since: datetime | None, *, with_detections: bool) -> Select[*tuple[Any, ...]]:
    annotation = AnnotationRecord
    return (
        select(
            annotation.id,
            annotation.task_id,
            annotation.guideline_version,
            annotation.boxes,
            CaptureRecord.width,
            CaptureRecord.height,
            CaptureRecord.detections if with_detections else null(),  # by far the most to read
        )
        .join(TaskRecord, TaskRecord.id == annotation.task_id)
        .join(CaptureRecord, CaptureRecord.id == annotation.capture_id)
        .where(
            annotation.superseded_by.is_(None),
            annotation.guideline_version < version,
            TaskRecord.state == TaskState.LABELLED,
            TaskRecord.kind == TaskKind.BOXES,
            TaskRecord.purpose == Purpose.LABEL,
            CaptureRecord.deleted_at.is_(None),
            true() if since is None else annotation.created_at >= since,
        )
        .order_by(annotation.task_id)
    )


def _read_categories(session: Session, rows: Sequence[Row[Any]]) -> _Categories:
    products = _products_today(session, [row.id for row in rows])
    above = _categories_of(session, set(products.values()))
    drawn = {shown: above[gtin] for shown, gtin in products.items()}
    return _Categories(drawn, _categories_around(session, [row.task_id for row in rows]))


def _flags(box: Mapping[str, Any], size: tuple[int, int]) -> frozenset[str]:
    flags = {flag for flag in FLAGS if box.get(flag)}
    x1, y1, x2, y2 = box["box"]
    if min(x1, y1, size[0] - x2, size[1] - y2) <= AT_THE_EDGE:
        flags.add("truncated")
    return frozenset(flags)


def _products_today(session: Session, annotation_ids: Iterable[str]) -> dict[tuple[str, int], str]:
    label = FacingLabelRecord
    labels = select(label.annotation_id, label.place, label.gtin).where(label.state == State.CURRENT)
    return {
        (annotation_id, place): gtin
        for some in in_parts(annotation_ids)
        for annotation_id, place, gtin in session.execute(labels.where(label.annotation_id.in_(some)))
    }


def _categories_of(session: Session, gtins: Iterable[str]) -> dict[str, frozenset[str]]:
    products = select(ProductRecord.gtin, ProductRecord.category)
    return {
        gtin: prefixes(category)
        for some in in_parts(gtins)
        for gtin, category in session.execute(products.where(ProductRecord.gtin.in_(some)))
    }


def _categories_around(session: Session, task_ids: Iterable[str]) -> dict[str, frozenset[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    rows = select(TaskCategoryRecord.task_id, TaskCategoryRecord.category)
    for some in in_parts(task_ids):
        for task_id, category in session.execute(rows.where(TaskCategoryRecord.task_id.in_(some))):
            found[task_id].add(category)
    return {task_id: frozenset(categories) for task_id, categories in found.items()}


def prefixes(category: Sequence[str]) -> frozenset[str]:
    """Return a category and all above it: ("drinks", "juice") → "drinks", "drinks/juice"."""
    return frozenset("/".join(category[: depth + 1]) for depth in range(len(category)))

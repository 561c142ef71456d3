"""What changed from one snapshot to another: captures, boxes by class and stratum, split, versions."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

import numpy as np
import scipy

from labeling.annotations import AnnotatedBox, as_array
from retail.boxes import iou
from training.captures import LabelledCapture
from training.snapshots import Snapshot, class_of

_SAME_BOX_IOU = 0.5
_LABEL_DECIDES = 1e-3  # between two boxes that overlap as much, the one of the same label is meant
_MOST_NAMED = 10  # captures, labels or strata that the text names one by one

Pair = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Tally:
    """How many boxes of a class or a stratum changed.

    Attributes:
        added: in the later snapshot alone.
        removed: in the earlier snapshot alone.
        relabelled: of another class than before; counted at the class that they had.
        redrawn: of the same class with other edges.
    """

    added: int = 0
    removed: int = 0
    relabelled: int = 0
    redrawn: int = 0


@dataclass(frozen=True, slots=True)
class Moved:
    """A capture that changed its part: ``train``, ``validation`` or ``set_aside``."""

    capture_id: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Relabelled:
    """Boxes that changed their class."""

    before: str
    after: str
    boxes: int


@dataclass(frozen=True, slots=True)
class SnapshotDiff:
    """What changed; empty where the two snapshots say the same.

    Attributes:
        before, after: hashes.
        captures_added, captures_removed: ids.
        repainted: ids of captures whose picture changed: another part of the photo, or other boxes to ignore.
        synthetic_added, synthetic_removed: how many composed captures.
        moved: captures that are in both, but in another part.
        boxes: of all captures.
        by_class: by GTIN, or ``product``, ``shelf``, ``tag``, ``gap``.
        by_stratum: by condition.
        relabelled: the most frequent first.
        versions: by name, before and after; None where it is not named.
        classes_added, classes_removed: of the model.
        split_rules: before and after.
    """

    before: str
    after: str
    captures_added: tuple[str, ...]
    captures_removed: tuple[str, ...]
    repainted: tuple[str, ...]
    synthetic_added: int
    synthetic_removed: int
    moved: tuple[Moved, ...]
    boxes: Tally
    by_class: Mapping[str, Tally]
    by_stratum: Mapping[str, Tally]
    relabelled: tuple[Relabelled, ...]
    versions: Mapping[str, tuple[str | None, str | None]]
    classes_added: tuple[str, ...]
    classes_removed: tuple[str, ...]
    split_rules: tuple[str, str]

    def lines(self) -> list[str]:
        """Return the same for people, the most important first."""
        lines = [
            f"captures: {len(self.captures_added)} added, {len(self.captures_removed)} removed, "
            f"{len(self.repainted)} with another picture",
            f"boxes: {_told(self.boxes)}",
        ]
        lines += [f"  {one.boxes} × {one.before} is now {one.after}" for one in self.relabelled[:_MOST_NAMED]]
        lines += [f"  class {name}: {_told(tally)}" for name, tally in _largest(self.by_class)]
        lines += [f"  stratum {name}: {_told(tally)}" for name, tally in _largest(self.by_stratum)]
        if self.synthetic_added or self.synthetic_removed:
            lines.append(f"synthetic captures: {self.synthetic_added} added, {self.synthetic_removed} removed")
        lines += [f"moved: {count} from {before} to {after}" for (before, after), count in self._moves()]
        lines += [f"version of {name}: {old or 'none'} → {new or 'none'}" for name, (old, new) in self.versions.items()]
        for what, names in (("new classes", self.classes_added), ("classes gone", self.classes_removed)):
            if names:
                lines.append(f"{what}: {', '.join(names[:_MOST_NAMED])}{' …' if len(names) > _MOST_NAMED else ''}")
        if self.split_rules[0] != self.split_rules[1]:
            lines.append(f"split: {self.split_rules[0]} → {self.split_rules[1]}")
        return lines

    def _moves(self) -> list[tuple[Pair, int]]:
        return sorted(Counter((one.before, one.after) for one in self.moved).items())


def diff(before: Snapshot, after: Snapshot) -> SnapshotDiff:
    """Compare two snapshots; captures are the same by id, their boxes by how far they overlap (IoU ≥ 0.5)."""
    old, new = _named(before), _named(after)
    both = [id for id in old if id in new]
    tallies = _Tallies()
    for id in both:
        tallies.compare(old[id].capture, new[id].capture)
    for id in _without(new, old):
        tallies.count("added", new[id].capture.stratum, new[id].capture.boxes)
    for id in _without(old, new):
        tallies.count("removed", old[id].capture.stratum, old[id].capture.boxes)
    composed_before, composed_after = ({one.sha256 for one in s.synthetic} for s in (before, after))
    return SnapshotDiff(
        before=before.content_hash,
        after=after.content_hash,
        captures_added=_without(new, old),
        captures_removed=_without(old, new),
        repainted=tuple(id for id in both if old[id].capture.sha256 != new[id].capture.sha256),
        synthetic_added=len(composed_after - composed_before),
        synthetic_removed=len(composed_before - composed_after),
        moved=tuple(Moved(id, old[id].part, new[id].part) for id in both if old[id].part != new[id].part),
        boxes=tallies.overall(),
        by_class=tallies.by("class"),
        by_stratum=tallies.by("stratum"),
        relabelled=tallies.pairs(),
        versions=_changed_versions(before.versions, after.versions),
        classes_added=_without(after.classes, before.classes),
        classes_removed=_without(before.classes, after.classes),
        split_rules=(before.split.rule, after.split.rule),
    )


@dataclass(frozen=True, slots=True)
class _Placed:
    part: str
    capture: LabelledCapture


@dataclass(slots=True)
class _Tallies:
    """Counts by (class or stratum, its name, what happened)."""

    counts: Counter[tuple[str, str, str]] = field(default_factory=Counter)
    relabelled: Counter[Pair] = field(default_factory=Counter)

    def compare(self, old: LabelledCapture, new: LabelledCapture) -> None:
        pairs, gone, come = match_boxes(old.boxes, new.boxes)
        self.count("removed", old.stratum, gone)
        self.count("added", new.stratum, come)
        for first, second in pairs:
            if _label(first) != _label(second):
                self.count("relabelled", new.stratum, [first])
                self.relabelled[_label(first), _label(second)] += 1
            elif _edges(first) != _edges(second):
                self.count("redrawn", new.stratum, [first])

    def count(self, what: str, stratum: str, boxes: Iterable[AnnotatedBox]) -> None:
        for box in boxes:
            for group, name in (("class", _label(box)), ("stratum", stratum)):
                self.counts[group, name, what] += 1

    def by(self, group: str) -> dict[str, Tally]:
        names = sorted({name for of, name, _ in self.counts if of == group})
        return {name: self._tally(group, (name,)) for name in names}

    def overall(self) -> Tally:
        return self._tally("class", {name for of, name, _ in self.counts if of == "class"})

    def pairs(self) -> tuple[Relabelled, ...]:
        ordered = sorted(self.relabelled.items(), key=lambda one: (-one[1], one[0]))
        return tuple(Relabelled(before, after, boxes) for (before, after), boxes in ordered)

    def _tally(self, group: str, names: Iterable[str]) -> Tally:
        listed = list(names)
        happened = Tally.__dataclass_fields__
        return Tally(**{what: sum(self.counts[group, name, what] for name in listed) for what in happened})


def match_boxes(
    old: Sequence[AnnotatedBox], new: Sequence[AnnotatedBox]
) -> tuple[list[tuple[AnnotatedBox, AnnotatedBox]], list[AnnotatedBox], list[AnnotatedBox]]:
    """Return the boxes that outline the same thing in pairs, then those of `old` alone and those of `new` alone."""
    overlaps = iou(as_array(old), as_array(new)).astype(np.float64)
    alike = np.array([[_label(first) == _label(second) for second in new] for first in old], bool)
    rows, columns = scipy.optimize.linear_sum_assignment(
        overlaps + _LABEL_DECIDES * alike.reshape(overlaps.shape), maximize=True
    )
    same = {int(row): int(column) for row, column in zip(rows, columns, strict=True)}
    same = {row: column for row, column in same.items() if overlaps[row, column] >= _SAME_BOX_IOU}
    taken = set(same.values())
    gone = [box for place, box in enumerate(old) if place not in same]
    come = [box for place, box in enumerate(new) if place not in taken]
    return [(old[row], new[column]) for row, column in same.items()], gone, come


def _named(snapshot: Snapshot) -> dict[str, _Placed]:
    split = snapshot.split
    parts = {"train": split.train, "validation": split.validation, "set_aside": split.set_aside}
    placed = [_Placed(part, capture) for part, captures in parts.items() for capture in captures]
    return {one.capture.capture_id: one for one in sorted(placed, key=lambda one: one.capture.capture_id)}


def _without(some: Iterable[str], others: Iterable[str]) -> tuple[str, ...]:
    known = set(others)
    return tuple(name for name in some if name not in known)


def _changed_versions(old: Mapping[str, str], new: Mapping[str, str]) -> dict[str, tuple[str | None, str | None]]:
    names = sorted({*old, *new})
    return {name: (old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name)}


def _label(box: AnnotatedBox) -> str:
    return class_of(box, "products")


def _edges(box: AnnotatedBox) -> tuple[float, float, float, float]:
    return box.x1, box.y1, box.x2, box.y2


def _told(tally: Tally) -> str:
    parts = [f"{count:,} {what}" for what in Tally.__dataclass_fields__ if (count := getattr(tally, what))]
    return ", ".join(parts) or "none changed"


def _largest(tallies: Mapping[str, Tally]) -> list[tuple[str, Tally]]:
    def size(tally: Tally) -> int:
        return tally.added + tally.removed + tally.relabelled + tally.redrawn

    return sorted(tallies.items(), key=lambda one: (-size(one[1]), one[0]))[:_MOST_NAMED]

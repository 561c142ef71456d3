"""Puts facings on shelves: which stands on which, counted from the top, and in which order a person reads them.

In the plane of `RowPerspective` shelves are level. There a facing stands on the first shelf edge below its foot, or on
the facing that it touches: then both are on one shelf. Where no edge was found, facings whose feet are level make a
shelf of their own, traced from left to right. All of this is local: bays side by side may have shelves at different
heights, and what runs over from one into the next is cut. So a shelf's number is one more than that of the shelves
above it where it is, not that of all in the photo.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from retail.boxes import Boxes, DetectionKind
from vision.bay_joints import cut_edges, joints
from vision.detections import Detections
from vision.perspective import Numbers, RowPerspective

NO_SHELF = -1
Rows = NDArray[np.int64]

# In heights of the facings concerned.
_SUNK = 0.4  # how far a foot may reach below the middle of the edge it stands on
_RAISED = 0.5  # how far above it: what stands at the back is seen higher from above
_TOUCHING = 0.2  # gap between two facings of one stack
_TOUCHING_UNSURE = 0.12  # the same where no edge was found below, so that one between them may have been missed, too
_LEVEL = 0.3  # between feet on one shelf
_SAME_EDGE = 0.3  # between boxes around one edge
_APART = 0.8  # between two shelves
# In widths.
_REACH = 3.0  # between neighbours of one row
# Shares of the narrower of two.
_IN_COLUMN = 0.4  # of facings, from which one is above the other
_BESIDE = 0.3  # of lines, up to which they are side by side
_COVERED = 0.35  # of a row, or of an empty line, by lines of one number above it, from which it is below them


@dataclass(frozen=True, slots=True, eq=False)
class Shelves:
    """The shelves of a photo with n detections.

    Attributes:
        lines: (s, 4) x1, y1, x2, y2 of each shelf's left and right end in photo pixels, from the top and the left.
        line_numbers: (s,) the number of each line, 0 for the topmost; bays side by side have lines of one number.
        numbers: (n,) the shelf each facing is on, 0 for the topmost; NO_SHELF for all other kinds.
        places: (n,) rank of each facing among those of its number, 0 for the leftmost; a stack counts from its top.
            NO_SHELF for all other kinds.
        order: (n,) the detections in reading order: facings by number and place, then the rest as it came.
        perspective: in whose plane they are level.
    """

    lines: Numbers
    line_numbers: Rows
    numbers: Rows
    places: Rows
    order: Rows
    perspective: RowPerspective


def find_shelves(boxes: Boxes, kinds: Sequence[DetectionKind], size: tuple[int, int]) -> Shelves:
    """Find the shelves in a photo and what stands on them.

    Every facing gets one; what hangs does so by its lower end.

    Args:
        boxes: (n, 4) detections of all kinds.
        kinds: what each box outlines; only facings and shelf edges are looked at.
        size: width and height of the photo in pixels.
    """
    facings, strips = (_of(kinds, kind) for kind in (DetectionKind.FACING, DetectionKind.SHELF))
    perspective = RowPerspective.estimate(boxes[facings], size)
    things = perspective.upright(boxes[facings])
    edges = _single(cut_edges(_edges(boxes[strips], perspective), _usual_height(things)), things)
    below, drops = _edges_below(things, edges)
    bases = _bases(things, drops)
    members, lines = _stood(things, edges, below, drops, bases)
    line_numbers = _numbered(lines, members, things)
    return _read(perspective, lines, line_numbers, _Facings(facings, things, line_numbers[members], bases), len(boxes))


def in_reading_order(detections: Detections, kinds: Sequence[DetectionKind]) -> tuple[Detections, Shelves]:
    """Return detections in reading order, and the shelves they are on in the same order."""
    shelves = find_shelves(detections.boxes, kinds, detections.size)
    order = shelves.order
    ordered = replace(
        shelves, numbers=shelves.numbers[order], places=shelves.places[order], order=np.arange(len(detections))
    )
    return detections.keep(order), ordered


def _of(kinds: Sequence[DetectionKind], wanted: DetectionKind) -> Rows:
    return np.array([row for row, kind in enumerate(kinds) if kind is wanted], np.int64)


def _edges(strips: Boxes, perspective: RowPerspective) -> Numbers:
    """Return left, right and level, (m, 3) in the plane, of the middles of shelf edges."""
    middles = (strips[:, :2] + strips[:, 2:]).astype(np.float64) / 2
    u, v = perspective.to_plane(middles).T
    half = (strips[:, 2] - strips[:, 0]) / 2 / np.cos(perspective.tilt)
    return np.column_stack([u - half, u + half, v])


def _single(edges: Numbers, things: Numbers) -> Numbers:
    """Keep one, the widest, of boxes around one edge."""
    near = _SAME_EDGE * _usual_height(things)
    kept: list[int] = []
    for row in np.argsort(edges[:, 0] - edges[:, 1], kind="stable").tolist():
        same = np.abs(edges[kept, 2] - edges[row, 2]) < near
        if not (same & (_overlaps(edges[[row]], edges[kept])[0] > _BESIDE)).any():
            kept.append(row)
    return edges[kept]


def _edges_below(things: Numbers, edges: Numbers) -> tuple[Rows, Numbers]:
    """Return the first edge below each foot, -1 for none, and how far below it is in heights of the thing."""
    if not len(edges):
        return np.full(len(things), -1), np.full(len(things), np.inf)
    middles, margins = (things[:, :1] + things[:, 1:2]) / 2, (things[:, 1:2] - things[:, :1]) / 2
    over = (middles + margins > edges[:, 0]) & (middles - margins < edges[:, 1])
    drops = (edges[:, 2] - things[:, 3:]) / _heights(things)[:, None]
    drops = np.where(over & (drops > -_SUNK), drops, np.inf)
    least = drops.min(1)
    return np.where(np.isfinite(least), drops.argmin(1), -1), least


def _bases(things: Numbers, drops: Numbers) -> Rows:
    """Return on which thing each one is stacked, -1 for none: the one it touches, with no shelf edge in between."""
    if not len(things):
        return np.zeros(0, np.int64)
    heights = _heights(things)
    gaps = (things[:, 2] - things[:, 3:]) / np.minimum(heights[:, None], heights)
    lower = things[:, 3] - things[:, 3:] > _LEVEL * heights
    near = gaps < np.where(np.isfinite(drops), _TOUCHING, _TOUCHING_UNSURE)[:, None]
    touching = (_overlaps(things, things) > _IN_COLUMN) & (gaps > -_LEVEL) & near & lower
    distances = np.where(touching, np.abs(gaps), np.inf)
    nearest = distances.argmin(1)
    edge_is_lower = drops * heights > _LEVEL * heights[nearest]
    return np.where(np.isfinite(distances.min(1)) & edge_is_lower, nearest, -1)


def _stood(things: Numbers, edges: Numbers, below: Rows, drops: Numbers, bases: Rows) -> tuple[Rows, Numbers]:
    """Return the line each thing stands on (n,) and the lines (s, 3): the edges, then rows without one."""
    on_edge = (bases < 0) & (drops < _RAISED)
    members = np.where(on_edge, below, NO_SHELF)
    lines = list(edges)
    without_edge = (below < 0) | _others_before(things, edges, below)
    traced = _traced(things, np.flatnonzero((bases < 0) & ~on_edge))
    for row in _cut_rows(traced, things, edges, _usual_height(things)):
        if without_edge[row].any():
            members[row] = len(lines)
            lines.append(_foot(things[row]))
        else:
            members[row] = below[row]
    for stacked in np.argsort(-things[:, 3]).tolist():
        if bases[stacked] >= 0:
            members[stacked] = members[bases[stacked]]
    return members, np.array(lines).reshape(-1, 3)


def _others_before(things: Numbers, edges: Numbers, below: Rows) -> NDArray[np.bool_]:
    """Tell below which things there are others before the edge comes, so that it cannot be theirs."""
    if not len(edges):
        return np.zeros(len(things), np.bool_)
    middles = (things[:, 2] + things[:, 3]) / 2
    lower = (middles > things[:, 3:]) & (middles < edges[below, 2:])
    return np.asarray((lower & (_overlaps(things, things) > _IN_COLUMN)).any(1))


def _traced(things: Numbers, loose: Rows) -> list[Rows]:
    """Trace rows from left to right: a thing joins the row that ends just left of it and is level with it."""
    rows: list[list[int]] = []
    for thing in loose[np.argsort(things[loose, 0], kind="stable")].tolist():
        left, right, top, foot = things[thing]
        reach = _REACH * (right - left)
        near = [row for row in rows if (left + right) / 2 > things[row[-1], 1] > left - reach]
        best = min(near, key=lambda row: abs(things[row[-1], 3] - foot), default=None)
        if best is not None and abs(things[best[-1], 3] - foot) < _LEVEL * (foot - top):
            best.append(thing)
        else:
            rows.append([thing])
    return [np.array(row) for row in rows]


def _cut_rows(rows: list[Rows], things: Numbers, edges: Numbers, near: float) -> Iterator[Rows]:
    """Cut rows at the joints of bays; what stands across one is on the side of its middle."""
    for row in rows:
        place = joints(_foot(things[row])[None], edges, near)[0]
        left = things[row, :2].mean(1) < place
        if left.any() and not left.all():
            yield from _cut_rows([row[left], row[~left]], things, edges, near)
        else:
            yield row


def _foot(row: Numbers) -> Numbers:
    """Return left, right and level, (3,), of the line that a row of things stands on."""
    return np.array([row[:, 0].min(), row[:, 1].max(), np.median(row[:, 3])])


def _numbered(lines: Numbers, members: Rows, things: Numbers) -> Rows:
    """Number lines from the top, one more than the greatest number that is above a good part of what stands on each.

    Lines closer than what stands on them is tall are one shelf, of which some box went wrong. An edge on which nothing
    stands counts only between facings: above them it is the bay's head, below them its foot.
    """
    rows = range(len(lines))
    stood = [things[members == row] for row in rows]
    heights = np.array([_usual_height(row if len(row) else things) for row in stood])
    higher = lines[:, 2] < lines[:, 2:] - _APART * heights[:, None]
    above = higher & (_overlaps(lines, lines) > _BESIDE)
    filled = np.isin(rows, members)
    counts = filled | ((above & filled).any(1) & (above.T & filled).any(1))
    spans = np.array([_foot(row) if len(row) else line for row, line in zip(stood, lines, strict=True)]).reshape(-1, 3)
    widths = np.maximum(spans[:, 1:2] - spans[:, :1], 1)
    parts = np.where(higher, np.maximum(_shared(spans, lines), 0), 0) / widths
    numbers = np.full(len(lines), NO_SHELF)
    for row in np.argsort(lines[:, 2], kind="stable").tolist():
        if counts[row]:
            known = numbers != NO_SHELF
            covered = np.bincount(numbers[known], parts[row, known])
            numbers[row] = np.flatnonzero(covered > _COVERED).max(initial=NO_SHELF) + 1
    return numbers


@dataclass(frozen=True, slots=True, eq=False)
class _Facings:
    """Facings among all detections, in the plane, with the number of their shelf and what they are stacked on."""

    rows: Rows
    things: Numbers
    numbers: Rows
    bases: Rows

    def in_order(self) -> Rows:
        """Sort by shelf, then by the middle of what is at the bottom of the stack, then from the top."""
        columns = self.things[:, :2].mean(1)
        for stacked in np.argsort(-self.things[:, 3]).tolist():
            if self.bases[stacked] >= 0:
                columns[stacked] = columns[self.bases[stacked]]
        return np.lexsort((self.things[:, 3], columns, self.numbers))


def _read(perspective: RowPerspective, lines: Numbers, line_numbers: Rows, facings: _Facings, count: int) -> Shelves:
    """Count places, and map the lines that have a number back to the photo."""
    order = facings.in_order()
    numbers, places = np.full(count, NO_SHELF), np.full(count, NO_SHELF)
    numbers[facings.rows] = facings.numbers
    sorted_numbers = facings.numbers[order]
    places[facings.rows[order]] = np.arange(len(order)) - np.searchsorted(sorted_numbers, sorted_numbers)
    lines, line_numbers = _joined(lines, line_numbers, _LEVEL / 2 * _usual_height(facings.things))
    ends = perspective.to_photo(lines[:, [0, 2, 1, 2]].reshape(-1, 2)).reshape(-1, 4)
    rest = np.setdiff1d(np.arange(count), facings.rows)
    return Shelves(
        lines=np.clip(ends, 0, np.tile(perspective.size, 2)),
        line_numbers=line_numbers,
        numbers=numbers,
        places=places,
        order=np.concatenate([facings.rows[order], rest]),
        perspective=perspective,
    )


def _joined(lines: Numbers, numbers: Rows, near: float) -> tuple[Numbers, Rows]:
    """Sort lines that have a number by it and from the left, and make one of those that continue each other."""
    joined: list[tuple[float, float, float]] = []
    joined_numbers: list[int] = []
    for row in np.lexsort((lines[:, 0], numbers))[(numbers < 0).sum() :].tolist():
        left, right, level = lines[row].tolist()
        if joined_numbers[-1:] == [int(numbers[row])] and abs(joined[-1][2] - level) < near:
            start, end, before = joined[-1]
            weights = (end - start, right - left)
            joined[-1] = (start, max(end, right), (before * weights[0] + level * weights[1]) / sum(weights))
        else:
            joined.append((left, right, level))
            joined_numbers.append(int(numbers[row]))
    return np.array(joined, np.float64).reshape(-1, 3), np.array(joined_numbers, np.int64)


def _usual_height(things: Numbers) -> float:
    return float(np.median(_heights(things))) if len(things) else 0.0


def _heights(things: Numbers) -> Numbers:
    heights: Numbers = np.maximum(things[:, 3] - things[:, 2], 1)
    return heights


def _overlaps(left: Numbers, right: Numbers) -> Numbers:
    """Return which part of the narrower is above or below the other, (len(left), len(right)); negative if apart."""
    narrower = np.minimum(left[:, 1:2] - left[:, :1], right[:, 1] - right[:, 0])
    parts: Numbers = _shared(left, right) / np.maximum(narrower, 1)
    return parts


def _shared(left: Numbers, right: Numbers) -> Numbers:
    """Return over which width each pair is above one another, (len(left), len(right)); negative if apart."""
    shared: Numbers = np.minimum(left[:, 1:2], right[:, 1]) - np.maximum(left[:, :1], right[:, 0])
    return shared

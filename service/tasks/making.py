"""Tasks of what a round picked: one of each photo or of each of its tiles, with the categories it seems to show."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime
from typing import Any

import numpy as np
from sqlalchemy import insert, select, text
from sqlalchemy.orm import Session

from labeling.leases import TaskState
from labeling.tiles import Tile, boxes_within, cut_tiles
from retail.boxes import DetectionKind
from sampling.rounds import Pick
from service.catalogue.queries import in_parts
from service.ids import new_id
from service.records import CaptureRecord, ProductRecord, TaskCategoryRecord, TaskRecord


def make_tasks(session: Session, round_id: str, picks: Sequence[Pick], tile_boxes: int | None, now: datetime) -> None:
    """Queue the tasks of a round's picks.

    Args:
        session: for writing.
        round_id: the round's.
        picks: its picks.
        tile_boxes: photos with more boxes are cut into tiles of about as many; None: none is cut.
        now: the time.
    """
    by_capture = {pick.capture_id: pick for pick in picks}
    for some in in_parts(by_capture):
        captures = session.scalars(select(CaptureRecord).where(CaptureRecord.id.in_(some))).all()
        tasks = [
            task for capture in captures for task in _tasks(round_id, by_capture[capture.id], capture, tile_boxes, now)
        ]
        session.add_all(tasks)
        session.flush()
        add_categories(session, zip(tasks, _shown(tasks, captures), strict=True))
    count_tasks(session)


def count_tasks(session: Session) -> None:
    """Let PostgreSQL count anew how many tasks are in which state, which it would do by itself within a minute or so.

    Until then it takes the queue for short, and sorts all of it at each lease: 56 ms instead of 1 with 20,000 tasks.
    """
    if session.get_bind().dialect.name == "postgresql":
        session.execute(text("ANALYZE tasks"))


def add_categories(session: Session, shown: Iterable[tuple[TaskRecord, set[str]]]) -> None:
    """Keep which categories tasks seem to show, and all above them, by the GTINs of what is named in them."""
    gtins = {task.id: of_task for task, of_task in shown}
    categories: dict[str, list[str]] = {}
    for some in in_parts(sorted(set().union(*gtins.values()))):
        found = session.execute(select(ProductRecord.gtin, ProductRecord.category).where(ProductRecord.gtin.in_(some)))
        categories |= {gtin: category for gtin, category in found}
    rows = [
        {"task_id": id, "category": category}
        for id, of_task in gtins.items()
        for category in sorted({path for gtin in of_task for path in _paths(categories.get(gtin, []))})
    ]
    if rows:
        session.execute(insert(TaskCategoryRecord), rows)


def _paths(category: Sequence[str]) -> Iterator[str]:
    return ("/".join(category[: depth + 1]) for depth in range(len(category)))


def _tasks(
    round_id: str, pick: Pick, capture: CaptureRecord, tile_boxes: int | None, now: datetime
) -> Iterator[TaskRecord]:
    tiles = _tiles(capture, tile_boxes)
    ids = sorted(new_id(now) for _ in tiles)  # what else is equal comes in the order of ids: from top to bottom
    for part, (id, tile) in enumerate(zip(ids, tiles, strict=True)):
        yield TaskRecord(
            id=id,
            round_id=round_id,
            capture_id=pick.capture_id,
            store_id=capture.store_id,
            created_at=now,
            state=TaskState.QUEUED,
            rank=pick.rank,
            arm=pick.arm,
            reason=pick.reason,
            predicted_boxes=int(pick.terms["boxes"]) if len(tiles) == 1 else len(_within(tile, capture)),
            part=part,
            tile=None if len(tiles) == 1 else list(tile),
        )


def _tiles(capture: CaptureRecord, tile_boxes: int | None) -> list[Tile]:
    size = capture.width, capture.height
    if tile_boxes is None or len(capture.detections) <= tile_boxes:
        return [(0, 0, *size)]
    boxes = np.array([one["box"] for one in capture.detections], np.float32)
    shelves = np.array([one["kind"] == DetectionKind.SHELF for one in capture.detections])
    return cut_tiles(size, boxes, shelves, tile_boxes)


def _shown(tasks: Iterable[TaskRecord], captures: Iterable[CaptureRecord]) -> Iterator[set[str]]:
    by_id = {capture.id: capture for capture in captures}
    for task in tasks:
        drawn = _within(task.tile, by_id[task.capture_id])
        yield {gtin for one in drawn if (gtin := one.get("gtin"))}


def _within(tile: Sequence[float] | None, capture: CaptureRecord) -> list[dict[str, Any]]:
    if tile is None or not capture.detections:
        return capture.detections
    inside = boxes_within(tile, np.array([one["box"] for one in capture.detections], np.float32))
    return [one for one, is_inside in zip(capture.detections, inside, strict=True) if is_inside]

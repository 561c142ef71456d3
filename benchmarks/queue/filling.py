"""A queue of tasks that look like a round's: ten boxes each, half of them named."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import insert
from sqlalchemy.orm import Session

from retail.gtin import check_digit
from service.catalogue.queries import in_parts
from service.context import utc_now
from service.database import Database
from service.ids import new_id
from service.migrations import upgrade
from service.models.starter import ensure_starter
from service.records import (
    BayRecord,
    CaptureRecord,
    CatalogueChangeRecord,
    ProductRecord,
    RoundRecord,
    StoreRecord,
    TaskRecord,
    VariantRecord,
)
from service.tasks.making import count_tasks

STORES, PRODUCTS, BOXES = 20, 50, 10
ROUND = "0" * 32


def fill(url: str, tasks: int) -> None:
    """Make the tables, and queue so many tasks, each of a capture of its own."""
    database = Database(url)
    upgrade(database)
    now = utc_now()
    with database.write() as session:
        ensure_starter(session, now)
        _add_stores_and_products(session, now)
        for rows in in_parts(_captures(tasks, now)):
            session.execute(insert(CaptureRecord), rows)
            session.execute(insert(TaskRecord), [_task(row, now) for row in rows])
        count_tasks(session)  # as a round does
    database.close()


def gtin_of(product: int) -> str:
    """Return the GTIN of one of the products."""
    digits = f"{product % PRODUCTS:013d}"
    return digits + str(check_digit(digits))


def _add_stores_and_products(session: Session, now: datetime) -> None:
    session.add_all(StoreRecord(id=f"s{store}", name=f"s{store}", format="convenience") for store in range(STORES))
    session.flush()
    session.add_all(BayRecord(id=f"b{store}", store_id=f"s{store}") for store in range(STORES))
    gtins = [gtin_of(product) for product in range(PRODUCTS)]
    session.add_all(ProductRecord(gtin=gtin, name=f"Product {gtin}", category=["food", gtin[-2]]) for gtin in gtins)
    session.flush()
    session.add_all(VariantRecord(id=gtin, gtin=gtin, kind="regular") for gtin in gtins)
    session.add_all(
        CatalogueChangeRecord(version=version, at=now, by="bench", kind="added", gtin=gtin, details={})
        for version, gtin in enumerate(gtins, start=1)
    )
    known = {"pool_digest": "", "pool_size": 0, "model_version": 1, "near_duplicates": {}}
    session.add(RoundRecord(id=ROUND, created_at=now, by="bench", config={}, **known))


def _captures(number: int, now: datetime) -> Iterator[dict[str, Any]]:
    for rank in range(1, number + 1):
        id = new_id(now)
        yield {
            "id": id,
            "sha256": f"{rank:064x}",
            "store_id": f"s{rank % STORES}",
            "bay_id": f"b{rank % STORES}",
            "taken_at": now,
            "received_at": now,
            "width": 640,
            "height": 480,
            "image_key": f"{id}.jpg",
            "image_sha256": "",
            "faces_blurred": 0,
            "stratum": "neutral/frontal/convenience",
            "model_version": 1,
            "truncated": False,
            "retake": [],
            "shelves": [],
            "detections": [_detection(rank, place) for place in range(BOXES)],
        }


def _detection(rank: int, place: int) -> dict[str, Any]:
    gtin = gtin_of(rank + place) if place % 2 else None
    return {"kind": "facing", "box": [60.0 * place + 5, 100.0, 60.0 * place + 55, 300.0], "gtin": gtin}


def _task(capture: dict[str, Any], now: datetime) -> dict[str, Any]:
    return {
        "id": new_id(now),
        "round_id": ROUND,
        "capture_id": capture["id"],
        "store_id": capture["store_id"],
        "created_at": now,
        "state": "queued",
        "rank": int(capture["sha256"], 16),
        "arm": "random",  # whose facings become no references: cutting pictures is not the queue's work
        "reason": "2 boxes the model doubts",
        "predicted_boxes": BOXES,
    }

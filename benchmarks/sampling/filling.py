"""A database with as many signatures as a fleet of cameras leaves in a year."""

from collections.abc import Iterator
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from sqlalchemy import Table, insert
from sqlalchemy.orm import Session

from sampling.looks import Looks
from sampling.signatures import Vectors
from service.captures.queries import VECTOR
from service.models.queries import STARTER_VERSION
from service.records import BayRecord, CameraRecord, CaptureRecord, LooksRecord, SignatureRecord, StoreRecord
from service.signature_numbers import NUMBERS

STORES, BAYS_PER_STORE = 100, 20
STRATA = tuple(
    f"{light}/{angle}/{format}"
    for light in ("neutral", "warm", "cold", "dim", "mixed", "glare")
    for angle in ("frontal", "oblique", "steep")
    for format in ("convenience", "supermarket", "hypermarket")
)
_FACINGS, _SHELVES = 30, 8
MEAN_BOXES = _FACINGS + _SHELVES
_LOOKS = 5  # of a capture
_PRODUCTS = 2000
_APART = timedelta(seconds=30)
_PORTION = 10_000

Columns = dict[str, Any]


def fill(session: Session, vectors: Vectors, now: datetime, seed: int = 0) -> None:
    """Add n captures with their signatures and looks, all of the starter's, to a database that has no captures yet.

    Args:
        session: for writing, of a database with tables and the starter; the caller commits.
        vectors: (n, k) unit image vectors, k at most 128.
        now: when the last one comes in; the others came every half minute before.
        seed: of everything else in the signatures.
    """
    rng = np.random.default_rng(seed)
    _add_places(session)
    for start in range(0, len(vectors), _PORTION):
        portion = vectors[start : start + _PORTION]
        begin = now - _APART * (len(vectors) - start)
        for table, rows in _rows(start, portion, begin, rng):
            session.connection().execute(insert(table), rows)


def _add_places(session: Session) -> None:
    stores = [f"store-{store:03}" for store in range(STORES)]
    bays = [(store, f"{store}-bay-{bay:02}") for store in stores for bay in range(BAYS_PER_STORE)]
    session.execute(insert(StoreRecord), [{"id": id, "name": id, "format": "supermarket"} for id in stores])
    session.execute(insert(BayRecord), [{"id": id, "store_id": store} for store, id in bays])
    session.execute(insert(CameraRecord), [{"id": f"{id}-camera", "store_id": store} for store, id in bays])
    session.flush()


def _rows(
    start: int, vectors: Vectors, begin: datetime, rng: np.random.Generator
) -> Iterator[tuple[Table, list[Columns]]]:
    count = len(vectors)
    ids = [
        f"{row:012x}{row * 2654435761 % 2**80:020x}" for row in range(start, start + count)
    ]  # ascending, as with time
    times = [begin + _APART * place for place in range(count)]
    where = [_place(store, bay) for store, bay in rng.integers((STORES, BAYS_PER_STORE), size=(count, 2)).tolist()]
    strata = np.minimum(rng.exponential(4, count).astype(np.int64), len(STRATA) - 1).tolist()
    shared = [
        {**place, "stratum": STRATA[stratum], "received_at": at, "model_version": STARTER_VERSION}
        for place, stratum, at in zip(where, strata, times, strict=True)
    ]
    numbers = _numbers(count, rng)
    yield (
        _table(CaptureRecord),
        [
            {**common, "id": id, "sha256": id, "taken_at": at, **_PHOTO}
            for common, id, at in zip(shared, ids, times, strict=True)
        ],
    )
    yield (
        _table(SignatureRecord),
        [
            {**common, "capture_id": id, "near_duplicate": False, "image_vector": vector.tobytes(), **number}
            for common, id, vector, number in zip(shared, ids, vectors.astype(VECTOR), numbers, strict=True)
        ],
    )
    yield _table(LooksRecord), _looks(ids, vectors, rng)


def _place(store: int, bay: int) -> Columns:
    bay_id = f"store-{store:03}-bay-{bay:02}"
    return {"store_id": f"store-{store:03}", "camera_id": f"{bay_id}-camera", "bay_id": bay_id}


_PHOTO: Columns = {
    "width": 1280,
    "height": 960,
    "image_key": "",
    "image_sha256": "",
    "faces_blurred": 0,
    "retake": [],
    "truncated": False,
    "detections": [],
    "shelves": [],
}


def _numbers(count: int, rng: np.random.Generator) -> Iterator[Columns]:
    facings, unknown = rng.poisson(_FACINGS, count), rng.poisson(0.5, count)
    numbers = np.zeros(count, NUMBERS)
    numbers["hash"] = rng.integers(1, 2**64, count, np.uint64)
    numbers["value"] = np.minimum(rng.gamma(4, 0.8, count), 10)
    numbers["plain"] = np.minimum(1.3 * numbers["value"], 10)
    numbers["flip"], numbers["boxes"] = rng.beta(1, 9, count), facings + _SHELVES
    numbers["doubted"], numbers["unknown"] = numbers["value"], unknown
    columns: dict[str, list[Any]] = {
        "numbers": [one.tobytes() for one in numbers],
        "predicted_boxes": numbers["boxes"].tolist(),
        "facings": facings.tolist(),
        "gaps": rng.poisson(1, count).tolist(),
        "unknown": unknown.tolist(),
        "confidence": rng.beta(8, 2, count).tolist(),
    }
    for row in zip(*columns.values(), strict=True):
        yield dict(zip(columns, row, strict=True))


def _looks(ids: list[str], vectors: Vectors, rng: np.random.Generator) -> list[Columns]:
    """Return looks around each capture's own vector, of products that follow a long tail."""
    around = vectors[:, None] + rng.standard_normal((len(ids), _LOOKS, vectors.shape[1]), np.float32) * np.float32(0.1)
    around /= np.linalg.norm(around, axis=2, keepdims=True)
    values = -np.sort(-rng.random((len(ids), _LOOKS), np.float32), axis=1)
    products = np.minimum(rng.zipf(1.3, (len(ids), _LOOKS)), _PRODUCTS).tolist()
    return [
        {
            "capture_id": id,
            "model_version": STARTER_VERSION,
            "looks": Looks(tuple(f"{product:014}" for product in of), value, vector).to_bytes(),
        }
        for id, of, value, vector in zip(ids, products, values, around, strict=True)
    ]


def _table(record: Any) -> Table:
    table: Table = record.__table__
    return table

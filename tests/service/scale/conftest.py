"""A pool of captures whose signatures an earlier model left, and a tiny model that serves."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import numpy as np
import pytest
from sqlalchemy import insert

from service.context import Context
from service.models.files import file_sha256, keep_files
from service.models.service import add_promotion
from service.records import BayRecord, CaptureRecord, LooksRecord, ModelRecord, SignatureRecord, StoreRecord, TaskRecord
from service.signature_numbers import packed
from vision import starter
from vision.artefact import read_metadata

TASK_FREE = 10  # of so many captures one has no task
DAY = datetime(2026, 3, 1, 9, tzinfo=UTC)


@pytest.fixture(scope="session")
def tiny_artefact(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The starter for inputs of 96 px: fast, and still another answer for every photo."""
    pytest.importorskip("torch")
    from training.architecture import load_checkpoint
    from training.export import export_onnx

    path = tmp_path_factory.mktemp("artefact") / "tiny.onnx"
    metadata = read_metadata(starter.ARTEFACT).model_copy(update={"input_size": 96})
    export_onnx(load_checkpoint(starter.CHECKPOINT), path, metadata)
    return path


@pytest.fixture
def serve_tiny(context: Context, tiny_artefact: Path) -> Callable[[], int]:
    """Promote the tiny model; return its version."""

    def promote() -> int:
        keep_files(context.settings, 2, tiny_artefact, tiny_artefact)
        with context.database.write() as session:
            session.add(
                ModelRecord(
                    version=2,
                    created_at=DAY,
                    source="retraining",
                    artefact_sha256=file_sha256(tiny_artefact),
                    metadata_json=read_metadata(tiny_artefact).model_dump(mode="json"),
                )
            )
            session.flush()
            add_promotion(session, 2, action="promote", reason="a test", by="a test", now=DAY)
        return 2

    return promote


@pytest.fixture
def fill_pool(context: Context) -> Callable[[int], None]:
    """Keep so many small photos, all different, and signatures of model 1."""

    def fill(number: int) -> None:
        folder = context.settings.home / "photos"
        rows = [_rows(number, folder) for number in range(number)]
        captures, signatures, looks = (list(kind) for kind in zip(*rows, strict=True))
        with context.database.write() as session:
            session.add(StoreRecord(id="s1", name="Shop", format="convenience"))
            session.flush()
            session.add(BayRecord(id="b1", store_id="s1"))
            session.flush()
            for kind, values in ((CaptureRecord, captures), (SignatureRecord, signatures), (LooksRecord, looks)):
                session.execute(insert(kind), values)
            held = [_task(str(one["id"])) for place, one in enumerate(captures) if place % TASK_FREE]
            session.execute(insert(TaskRecord), held)

    return fill


def _task(id: str) -> dict[str, object]:
    return {
        **{"id": id, "capture_id": id, "store_id": "s1", "created_at": DAY, "state": "queued", "rank": 0},
        **{"arm": "value", "reason": "", "predicted_boxes": 0},
    }


def _rows(number: int, folder: Path) -> tuple[dict[str, object], ...]:
    picture = cv2.imencode(".jpg", _shelves(number))[1].tobytes()
    id, at = f"{number:032x}", DAY + timedelta(seconds=number)
    folder.mkdir(exist_ok=True)
    (folder / f"{id}.jpg").write_bytes(picture)
    place = {"store_id": "s1", "bay_id": "b1", "received_at": at, "stratum": "neutral/frontal/convenience"}
    capture = {
        **{"id": id, "sha256": id, "taken_at": at, "width": 128, "height": 96, "image_key": f"{id}.jpg", **place},
        **{"image_sha256": hashlib.sha256(picture).hexdigest(), "faces_blurred": 0, "model_version": 1},
        **{"truncated": False, "detections": [], "shelves": [], "retake": []},
    }
    signature = {
        **{"capture_id": id, "model_version": 1, "near_duplicate": False, "image_vector": b"\0\x3c" * 8, **place},
        **{"numbers": packed(value=1.0, boxes=1, flip=0.25), "predicted_boxes": 1},
    }
    return capture, signature, {"capture_id": id, "model_version": 1, "looks": b"", "embedder_id": None}


def _shelves(number: int) -> np.ndarray:
    chance = np.random.default_rng(number)
    photo = np.full((96, 128, 3), chance.integers(120, 220), np.uint8)
    for top in (4, 50):
        left = 2
        while left < 115:
            width = int(chance.integers(10, 22))
            colour = chance.integers(0, 255, 3).tolist()
            cv2.rectangle(photo, (left, top), (left + width - 2, top + 36), colour, -1)
            left += width
        cv2.rectangle(photo, (0, top + 38), (127, top + 42), (250, 250, 250), -1)
    return photo

"""A worker that is killed while another embedder reads the references goes on with those that are left."""

import signal
import subprocess
import time
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
import onnx
import pytest
from sqlalchemy import func, select

from service.context import Context
from service.naming.ordering import order_embedder
from service.naming.queries import append_gallery_changes
from service.records import (
    EmbedderRecord,
    ProductRecord,
    ReferenceRecord,
    ReferenceVectorRecord,
    VariantRecord,
)
from training.embedder.export import write_metadata
from vision.embedder import DEFAULT_EMBEDDER, read_embedder

GTIN, REFERENCES = "04006381333931", 500
StartWorker = Callable[[], "subprocess.Popen[bytes]"]


@pytest.fixture
def another(tmp_path: Path) -> bytes:
    """The default embedder under another name."""
    path = tmp_path / "another.onnx"
    onnx.save(onnx.load(DEFAULT_EMBEDDER), path)
    write_metadata(path, read_embedder(DEFAULT_EMBEDDER).model_copy(update={"name": "another"}))
    return path.read_bytes()


@pytest.fixture
def referenced(context: Context) -> None:
    """A product with many references, all of one picture."""
    picture = np.random.default_rng(0).integers(0, 255, (160, 120, 3)).astype(np.uint8)
    context.images.put("pack.jpg", cv2.imencode(".jpg", picture)[1].tobytes())
    now, ids = context.clock(), [f"{number:032x}" for number in range(REFERENCES)]
    with context.database.write() as session:
        session.add(ProductRecord(gtin=GTIN, name="Cola", category=["drinks"]))
        session.flush()
        session.add(VariantRecord(id=GTIN, gtin=GTIN, kind="regular"))
        session.flush()
        for id in ids:
            reference = ReferenceRecord(id=id, variant_id=GTIN, source="pack_shot", view="front", sha256=id * 2)
            reference.image_key, reference.created_at, reference.state = "pack.jpg", now, "live"
            session.add(reference)
        append_gallery_changes(session, ids, now)


def read(context: Context, embedder_id: str) -> int:
    with context.database.read() as session:
        of = select(func.count()).where(ReferenceVectorRecord.embedder_id == embedder_id)
        return session.scalar(of) or 0


def wait_until(reached: Callable[[], bool], log: Path) -> None:
    end = time.monotonic() + 240
    while not reached():
        assert time.monotonic() < end, log.read_text()
        time.sleep(0.02)


@pytest.mark.timeout(600)
def test_a_killed_reembedding_goes_on_and_the_servers_swap(
    context: Context, referenced: None, another: bytes, start_worker: StartWorker, tmp_path: Path
) -> None:
    context.naming.refresh()
    assert context.naming.error is None
    installed = context.naming.loaded().embedder.id
    ordered, log = order_embedder(context, another, reason="a test", by="Ada"), tmp_path / "worker.log"

    worker = start_worker()
    wait_until(lambda: read(context, ordered.id) > 0, log)
    worker.send_signal(signal.SIGKILL)
    worker.wait()
    before = read(context, ordered.id)
    assert 0 < before < REFERENCES
    context.naming.refresh()
    assert context.naming.loaded().embedder.id == installed

    again = start_worker()
    wait_until(lambda: _state(context, ordered.id) == "serving", log)
    context.naming.refresh()
    model = context.naming.current()
    assert (model.embedder.id, len(model.gallery)) == (ordered.id, REFERENCES)
    assert context.naming.error is None
    again.send_signal(signal.SIGTERM)
    assert again.wait(30) == 0


def _state(context: Context, embedder_id: str) -> str:
    with context.database.read() as session:
        embedder = session.get_one(EmbedderRecord, embedder_id)
    assert embedder.error is None
    return embedder.state

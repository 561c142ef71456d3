"""Makes the peers' models from the starter's weights, and runs the peers."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from ultralytics import YOLO

from benchmarks.serve.client import Door
from benchmarks.serve.peers import MODEL_VARIABLE, PRECISION_VARIABLE
from benchmarks.serve.processes import PROGRAMS, free_port, running
from training.architecture import DEFAULT_ARCHITECTURE, load_checkpoint
from vision.runtime import Precision
from vision.starter import CHECKPOINT

_WORKERS = 2


def write_peer_models(folder: Path) -> dict[str, Path]:
    """Write the starter's weights as Ultralytics keeps them, and its OpenVINO export of them; paths by peer.

    The export is dynamic: that lets the peer run a 4:3 photo at 640x480 rather than pad it to a square.
    """
    model = load_checkpoint(CHECKPOINT)
    yolo = YOLO(DEFAULT_ARCHITECTURE, task="detect")  # any that Ultralytics knows by name: it is replaced at once
    yolo.model = model
    weights = folder / "peer.pt"
    yolo.save(weights)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # PyTorch announces that its tracer, which Ultralytics uses, is deprecated
        exported = YOLO(weights).export(format="openvino", dynamic=True, imgsz=640, verbose=False)
    return {"peer, torch": weights, "peer, OpenVINO": Path(exported)}


@contextmanager
def peer_service(model: Path, precision: Precision, log: Path) -> Iterator[Door]:
    """Run a peer while the block lasts, on OpenVINO in this precision; both its workers are ready then."""
    port = free_port()
    app = "benchmarks.serve.peers:app"
    command = [str(PROGRAMS / "uvicorn"), app, "--port", str(port), "--workers", str(_WORKERS), "--no-access-log"]
    environment = {MODEL_VARIABLE: str(model), PRECISION_VARIABLE: precision}
    with running(command, environment, port, log) as server:
        server.wait_for("/health", answers=_WORKERS)
        yield Door(port, "/predict", keep_alive=False)

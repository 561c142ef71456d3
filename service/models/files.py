"""Where a model's files are on this machine; what is missing or damaged is fetched from MLflow."""

import hashlib
import logging
import os
import shutil
import tempfile
from pathlib import Path

from service.models.queries import STARTER_VERSION
from service.models.registry import download, open_tracking
from service.records import ModelRecord
from service.settings import Settings
from vision import starter

log = logging.getLogger(__name__)
ARTEFACT_NAME, CHECKPOINT_NAME = "detector.onnx", "checkpoint.safetensors"


class WrongArtefact(RuntimeError):
    """A model file that is not the one that was registered."""


def artefact_of(settings: Settings, model: ModelRecord) -> Path:
    """Return the ONNX file of a model.

    Raises:
        WrongArtefact: if the installation or MLflow has another file than the one that was registered.
        Problem: mlflow-unreachable, if the file has to be fetched.
    """
    if model.version == STARTER_VERSION:
        _verify(starter.ARTEFACT, model, "reinstall shelfloop, then restart it")
        return starter.ARTEFACT
    path = _place(settings, model.version) / ARTEFACT_NAME
    if _sha256_if_there(path) != model.artefact_sha256:
        _fetch(settings, model)
    return path


def artefact_here(settings: Settings, model: ModelRecord) -> Path | None:
    """Return the ONNX file of a model if it is on this machine and whole, None if it would have to be fetched."""
    path = starter.ARTEFACT if model.version == STARTER_VERSION else _place(settings, model.version) / ARTEFACT_NAME
    return path if _sha256_if_there(path) == model.artefact_sha256 else None


def checkpoint_of(settings: Settings, model: ModelRecord) -> Path:
    """Return the safetensors file that a fit can start from.

    Its hash is not registered: it never serves, a torn one cannot be read, and what a fit makes of it meets the gate.

    Raises:
        WrongArtefact, Problem: as `artefact_of`.
    """
    if model.version == STARTER_VERSION:
        return starter.CHECKPOINT
    path = _place(settings, model.version) / CHECKPOINT_NAME
    if not path.is_file():
        _fetch(settings, model)
    return path


def keep_files(settings: Settings, version: int, artefact: Path, checkpoint: Path) -> None:
    """Put a new model's files where servers on this machine look first."""
    settings.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.home, prefix=".model-") as scratch:
        complete = Path(scratch) / "files"
        complete.mkdir()
        shutil.copyfile(artefact, complete / ARTEFACT_NAME)
        shutil.copyfile(checkpoint, complete / CHECKPOINT_NAME)
        _publish(complete, _place(settings, version))


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file, 64 hex digits."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _fetch(settings: Settings, model: ModelRecord) -> None:
    folder = _place(settings, model.version)
    if folder.exists():
        log.warning("%s is not as it was registered and is fetched again", folder)
    settings.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.home, prefix=".model-") as scratch:
        fetched = download(open_tracking(settings), str(model.mlflow_version), Path(scratch))
        _verify(fetched / ARTEFACT_NAME, model, "restore MLflow's artefacts, or promote another model")
        _publish(fetched, folder)


def _place(settings: Settings, version: int) -> Path:
    return settings.home / "models" / str(version)


def _publish(complete: Path, folder: Path) -> None:
    """Give a complete folder its name in place of what was there; another process may be first, with the same files."""
    for path in (*complete.iterdir(), complete):
        _flush(path)  # or a power cut leaves the name with empty files
    folder.parent.mkdir(parents=True, exist_ok=True)
    shutil.rmtree(folder, ignore_errors=True)
    try:
        complete.rename(folder)
    except OSError:
        if not all((folder / path.name).exists() for path in complete.iterdir()):
            raise
    _flush(folder.parent)


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _verify(path: Path, model: ModelRecord, remedy: str) -> None:
    found = _sha256_if_there(path)
    if found != model.artefact_sha256:
        raise WrongArtefact(
            f"{path.name} of model {model.version} {f'has SHA-256 {found[:12]}…' if found else 'is missing'}, "
            f"but was registered with {model.artefact_sha256[:12]}…: {remedy}"
        )


def _sha256_if_there(path: Path) -> str | None:
    return file_sha256(path) if path.is_file() else None

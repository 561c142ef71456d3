"""Where a model's files are on this machine; what is not here yet is fetched from MLflow once."""

import hashlib
import shutil
import tempfile
from pathlib import Path

from service.models.queries import STARTER_VERSION
from service.models.registry import open_tracking
from service.records import ModelRecord
from service.settings import Settings
from vision import starter

ARTEFACT_NAME, CHECKPOINT_NAME = "detector.onnx", "checkpoint.safetensors"


class WrongArtefact(RuntimeError):
    """A model file that is not the one that was registered."""


def artefact_of(settings: Settings, model: ModelRecord) -> Path:
    """Return the ONNX file of a model.

    Raises:
        WrongArtefact: if it is not the file that was registered.
    """
    path = starter.ARTEFACT if model.version == STARTER_VERSION else _folder_of(settings, model) / ARTEFACT_NAME
    _verify(path, model)
    return path


def checkpoint_of(settings: Settings, model: ModelRecord) -> Path:
    """Return the safetensors file that a fit can start from."""
    return starter.CHECKPOINT if model.version == STARTER_VERSION else _folder_of(settings, model) / CHECKPOINT_NAME


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


def _folder_of(settings: Settings, model: ModelRecord) -> Path:
    folder = _place(settings, model.version)
    if folder.is_dir():
        return folder
    settings.home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=settings.home, prefix=".model-") as scratch:
        fetched = open_tracking(settings).download(str(model.mlflow_version), Path(scratch))
        _verify(fetched / ARTEFACT_NAME, model)
        _publish(fetched, folder)
    return folder


def _place(settings: Settings, version: int) -> Path:
    return settings.home / "models" / str(version)


def _publish(complete: Path, folder: Path) -> None:
    """Give a complete folder its name; another process may have been first, with the same files."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    try:
        complete.rename(folder)
    except OSError:
        if not folder.is_dir():
            raise


def _verify(path: Path, model: ModelRecord) -> None:
    found = file_sha256(path)
    if found != model.artefact_sha256:
        raise WrongArtefact(
            f"{path} has SHA-256 {found[:12]}…, but model {model.version} was registered with "
            f"{model.artefact_sha256[:12]}…: delete the file so that it is fetched again"
        )

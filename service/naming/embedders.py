"""Embedders by their ids: the installed one, and files that were added, wherever this process can find them."""

import os
import tempfile
import threading
from pathlib import Path

from service.image_store import ImageStore
from service.settings import Settings
from vision.artefact import BadArtefact
from vision.embedder import DEFAULT_EMBEDDER, Embedder, OnnxEmbedder, load_embedder
from vision.naming_calibration import NamingCalibration

DEFAULT = "default"


class EmbedderMissing(RuntimeError):
    """An embedder's file cannot be had; the message says what to do."""


class Embedders:
    """Loads embedders. Files that were added lie in the image store, the place that all servers share."""

    def __init__(self, settings: Settings, images: ImageStore) -> None:
        """Load nothing yet."""
        self._settings, self._images = settings, images
        self._loading = threading.Lock()
        self._installed: OnnxEmbedder | None = None

    def installed(self) -> Embedder:
        """Return the embedder that the settings name.

        Raises:
            BadArtefact, EmbedderMissing: if there is none.
        """
        with self._loading:
            if self._installed is None:
                self._installed = self._open(self.installed_path())
            return self._installed

    def calibration_of(self, embedder: Embedder) -> NamingCalibration:
        """Return what an embedder's file says of its scores; assumed where nobody fitted it."""
        said = embedder.metadata.calibration if isinstance(embedder, OnnxEmbedder) else None
        return said or NamingCalibration.assumed()

    def installed_path(self) -> Path:
        """Return the file that the settings name."""
        wanted = self._settings.naming.embedder
        return DEFAULT_EMBEDDER if wanted == DEFAULT else Path(wanted.removeprefix("onnx:"))

    def load(self, id: str) -> Embedder:
        """Return an embedder, fetched if it is not on this machine.

        Raises:
            BadArtefact: if its file cannot be run.
            EmbedderMissing: if its file is nowhere, or is another embedder's.
        """
        installed = self.installed()
        if installed.id == id:
            return installed
        path = self.path_of(id)
        embedder = self._open(path)
        if embedder.id != id:
            raise EmbedderMissing(f"{path} holds {embedder.id}, not {id}: delete it, it is then fetched again")
        return embedder

    def path_of(self, id: str) -> Path:
        """Return the file of an embedder, fetched if it is not on this machine.

        Raises:
            BadArtefact: if there is no installed embedder.
            EmbedderMissing: if its file is nowhere.
        """
        if self.installed().id == id:
            return self.installed_path()
        path = self._settings.home / "embedders" / f"{id}.onnx"
        if not path.is_file():
            self._fetch(id, path)
        return path

    def check(self, data: bytes) -> OnnxEmbedder:
        """Load an embedder from the bytes of its file.

        Raises:
            BadArtefact: if it cannot be run.
        """
        with tempfile.TemporaryDirectory(prefix="shelfloop-embedder-") as scratch:
            path = Path(scratch) / "embedder.onnx"
            path.write_bytes(data)
            return self._open(path)

    def keep(self, id: str, data: bytes) -> None:
        """Put an embedder's file where every server finds it."""
        self._images.put(key_of(id), data)

    def _fetch(self, id: str, path: Path) -> None:
        try:
            data = self._images.get(key_of(id))
        except FileNotFoundError as error:
            raise EmbedderMissing(
                f"the file of embedder {id} is neither installed nor in the image store: add it again"
            ) from error
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=".unfinished-")
        with os.fdopen(handle, "wb") as file:
            file.write(data)
        os.replace(unfinished, path)

    def _open(self, path: Path) -> OnnxEmbedder:
        if not path.is_file():
            raise BadArtefact(f"{path} does not exist")
        vision = self._settings.vision
        streams = min(self._settings.admission.at_once, vision.threads)
        return load_embedder(path, threads=vision.threads, streams=streams, runtime=vision.runtime)


def key_of(id: str) -> str:
    """Return where an embedder's file lies in the image store."""
    return f"embedders/{id}.onnx"

"""The model that answers, swapped between two requests when another becomes champion."""

import logging
import threading
from dataclasses import dataclass

import numpy as np
from sqlalchemy.orm import Session

from service.database import Database
from service.models.files import artefact_of
from service.models.queries import champion_version, get_model
from service.problems import Problem
from service.records import ModelRecord
from service.settings import Settings
from vision.artefact import ArtefactMetadata, read_metadata
from vision.detector import Detector
from vision.runtime import load_runtime, served_precision

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, eq=False)
class ServingModel:
    """One model, loaded and warm; whoever took it keeps it until the end of a request."""

    version: int
    detector: Detector
    metadata: ArtefactMetadata
    most_tiles: int = 1


class Serving:
    """Follows the newest promotion.

    Attributes:
        error: why the champion could not be loaded; None while the champion serves.
    """

    def __init__(self, settings: Settings, database: Database) -> None:
        """Load nothing yet."""
        self.error: str | None = None
        self._settings, self._database = settings, database
        self._current: ServingModel | None = None
        self._refreshing = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Load the champion, then look for another one from time to time."""
        self.refresh()
        self._stopping.clear()
        self._thread = threading.Thread(target=self._follow, name="champion", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop looking; the loaded model goes on answering."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join()
            self._thread = None

    def current(self) -> ServingModel:
        """Return the model to answer with.

        Raises:
            Problem: model-not-loaded.
        """
        if (model := self._current) is None:
            why = self.error or "it is still being loaded"
            raise Problem(503, "model-not-loaded", f"No model can answer yet: {why}.", retry_after=5)
        return model

    @property
    def loaded_version(self) -> int | None:
        """The version that answers, None if none does."""
        return None if self._current is None else self._current.version

    def refresh(self) -> None:
        """Load the champion if another version is loaded; on failure the loaded one goes on answering."""
        with self._refreshing:
            try:
                self._load_champion()
                self.error = None
            except Exception as error:  # a broken file, MLflow away, the database away: none may stop the server
                if str(error) != self.error:
                    log.exception("The champion could not be loaded; model %s goes on", self.loaded_version)
                self.error = str(error)

    def _load_champion(self) -> None:
        with self._database.read() as session:
            champion = _champion(session)
        if self._current is None or self._current.version != champion.version:
            loaded = load_model(self._settings, champion)
            self._current = loaded  # one reference, written at once: no request sees half a model
            log.info("Model %s serves", champion.version)

    def _follow(self) -> None:
        while not self._stopping.wait(self._settings.champion_poll_seconds):
            self.refresh()


def load_model(settings: Settings, model: ModelRecord) -> ServingModel:
    """Load a model's file and run it once, because a first run is slow.

    Raises:
        BadArtefact: if the file cannot be run.
        WrongArtefact: if it is not the file that was registered.
    """
    path, vision = artefact_of(settings, model), settings.vision
    metadata = read_metadata(path)
    streams = min(settings.admission.at_once, vision.threads)
    precision = served_precision(vision.precision, metadata.precision, vision.runtime)
    runtime = load_runtime(vision.runtime, path, threads=vision.threads, streams=streams, precision=precision)
    detector = Detector(runtime, metadata, confidence=vision.confidence, max_detections=vision.max_detections)
    detector.detect(np.zeros((metadata.input_size, metadata.input_size, 3), np.uint8))
    return ServingModel(model.version, detector, metadata, vision.most_tiles)


def _champion(session: Session) -> ModelRecord:
    return get_model(session, champion_version(session))

"""The model that answers, swapped between two requests when another becomes champion."""

import logging
import threading
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from time import monotonic

import numpy as np
from sqlalchemy.orm import Session

from service.database import Database
from service.models.files import WrongArtefact, artefact_here, artefact_of
from service.models.history import champions_by_age
from service.models.queries import champion_version, get_model, list_promotions
from service.models.use import CountedDetector, ModelUse
from service.problems import Problem
from service.records import ModelRecord
from service.settings import Settings
from vision.artefact import ArtefactMetadata, BadArtefact, read_metadata
from vision.detector import Detector
from vision.runtime import load_runtime, served_precision

log = logging.getLogger(__name__)
WRITE_SECONDS = 5.0  # between two times that a server writes down how its models did


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
        self._use, self._written_at = ModelUse(), monotonic()
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
        self._write_use()

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
                if self._current is None:
                    self._fall_back()

    def _load_champion(self) -> None:
        with self._database.read() as session:
            champion = _champion(session)
        if self._current is None or self._current.version != champion.version:
            try:
                self._serve(champion)
            except (BadArtefact, WrongArtefact):
                self._use.failed(champion.version)  # what cannot even be loaded is rolled back, too
                raise

    def _fall_back(self) -> None:
        """Answer with the last champion whose files are on this machine rather than not at all."""
        for model in self._former_champions():
            try:
                if artefact_here(self._settings, model) is not None:
                    self._serve(model)
                    return
            except Exception:  # the same may be wrong with this one
                log.exception("Model %s cannot stand in for the champion", model.version)

    def _former_champions(self) -> Iterator[ModelRecord]:
        try:
            with self._database.read() as session:
                versions = champions_by_age(list_promotions(session))[:-1]
                models = [get_model(session, version) for version in reversed(versions)]
        except Exception:  # the database away: then nobody is known
            return
        yield from models

    def _serve(self, model: ModelRecord) -> None:
        loaded = load_model(self._settings, model, aside=self._current is not None)
        counted = CountedDetector(loaded.detector, loaded.version, self._use)
        self._current = replace(loaded, detector=counted)  # one reference, written at once: nobody sees half a model
        log.info("Model %s serves", model.version)

    def _follow(self) -> None:
        while not self._stopping.wait(self._settings.champion_poll_seconds):
            if monotonic() - self._written_at >= WRITE_SECONDS:
                self._write_use()
            self.refresh()

    def _write_use(self) -> None:
        self._written_at = monotonic()
        if self._use:
            try:
                with self._database.write() as session:
                    self._use.write(session, datetime.now(UTC))
            except Exception:  # the database away: these counts are lost
                log.warning("How models did could not be written down", exc_info=True)


def load_model(settings: Settings, model: ModelRecord, *, aside: bool = False) -> ServingModel:
    """Load a model's file and run it once, because a first run is slow.

    Args:
        settings: say how it is to run.
        model: which one.
        aside: give way to a model that answers meanwhile, as far as the runtime can.

    Raises:
        BadArtefact: if the file cannot be run.
        WrongArtefact: if it is not the file that was registered.
    """
    path, vision = artefact_of(settings, model), settings.vision
    metadata = read_metadata(path)
    streams = min(settings.admission.at_once, vision.threads)
    precision = served_precision(vision.precision, metadata.precision, vision.runtime)
    runtime = load_runtime(
        vision.runtime, path, threads=vision.threads, streams=streams, precision=precision, aside=aside
    )
    detector = Detector(runtime, metadata, confidence=vision.confidence, max_detections=vision.max_detections)
    detector.detect(np.zeros((metadata.input_size, metadata.input_size, 3), np.uint8))
    return ServingModel(model.version, detector, metadata, vision.most_tiles)


def _champion(session: Session) -> ModelRecord:
    return get_model(session, champion_version(session))

"""What every step of a retraining works with."""

import logging
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from uuid import uuid4

from service.context import Context
from service.records import RetrainingRecord
from service.retrainings.queries import get_retraining
from service.retrainings.schemas import RetrainingRequest
from service.retrainings.service import fit_config
from service.snapshots.keeping import read_snapshot
from training.fit_config import FitConfig
from training.snapshots import BadManifest, Snapshot, parse_manifest

log = logging.getLogger(__name__)
MANIFEST, CHECKPOINT, ARTEFACT = "snapshot.json", "checkpoint.safetensors", "detector.onnx"


@dataclass(frozen=True)
class Work:
    """A retraining as it was ordered, and the folder of its files.

    Attributes:
        process: names this process's run of it, to tell a step that is tried again from one that another takes up.
    """

    context: Context
    id: str
    process: str = field(default_factory=lambda: uuid4().hex)

    @cached_property
    def record(self) -> RetrainingRecord:
        """The retraining when it was first looked at; its state and progress may have moved on."""
        with self.context.database.read() as session:
            return get_retraining(session, self.id)

    @cached_property
    def request(self) -> RetrainingRequest:
        """What was ordered."""
        return RetrainingRequest.model_validate(self.record.request)

    @cached_property
    def config(self) -> FitConfig:
        """The knobs of the fit."""
        return fit_config(self.request)

    @cached_property
    def snapshot(self) -> Snapshot:
        """The frozen training set; from the records where its file is missing or damaged.

        Raises:
            Problem: snapshot-not-found or snapshot-damaged, if the records do not have it either.
        """
        try:
            return parse_manifest((self.folder / MANIFEST).read_text(), self.photo)
        except (FileNotFoundError, UnicodeDecodeError, BadManifest) as error:
            log.warning("Retraining %s: its snapshot is read from the records: %s", self.id, error)
        with self.context.database.read() as session:
            kept = read_snapshot(session, str(get_retraining(session, self.id).snapshot_hash), self.photo)
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / MANIFEST).write_text(kept.manifest())  # MLflow gets it from there
        return kept

    @property
    def folder(self) -> Path:
        """Where the files of this retraining are."""
        return self.context.settings.home / "retrainings" / self.id

    @property
    def scratch(self) -> Path:
        """Photos and states of the fit, deleted when it is over."""
        return self.folder / "scratch"

    @property
    def candidate_checkpoint(self) -> Path:
        """What the fit leaves."""
        return self.folder / CHECKPOINT

    @property
    def candidate_artefact(self) -> Path:
        """What the export leaves."""
        return self.folder / ARTEFACT

    def photo(self, sha256: str) -> Path:
        """Return the local copy of a photo, by the SHA-256 of its file."""
        return self.scratch / "photos" / f"{sha256}.jpg"

"""What every step of a retraining works with."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from service.context import Context
from service.records import RetrainingRecord
from service.retrainings.queries import get_retraining
from service.retrainings.schemas import RetrainingRequest
from service.retrainings.service import fit_config
from training.fit_config import FitConfig
from training.snapshots import Snapshot, parse_manifest

MANIFEST = "snapshot.json"


@dataclass(frozen=True)
class Work:
    """A retraining as it was ordered, and the folder of its files."""

    context: Context
    id: str

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
        """The frozen training set."""
        return parse_manifest((self.folder / MANIFEST).read_text(), self.photo)

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
        return self.folder / "checkpoint.safetensors"

    @property
    def candidate_artefact(self) -> Path:
        """What the export leaves."""
        return self.folder / "detector.onnx"

    def photo(self, sha256: str) -> Path:
        """Return the local copy of a photo, by the SHA-256 of its file."""
        return self.scratch / "photos" / f"{sha256}.jpg"

"""Everything that one fit is made of, as a value that can be handed to another process."""

import hashlib
import os
from functools import cached_property
from pathlib import Path

from pydantic import BaseModel, ConfigDict
from ultralytics.nn.tasks import DetectionModel

from training.architecture import adapt_classes, classes_of, load_checkpoint
from training.fit_config import FitConfig
from training.fit_state import StateFile, seed_everything


class FitOrder(BaseModel):
    """What to fit, on what, and where its files go; the fields are `training.fit.fit`'s arguments."""

    model_config = ConfigDict(frozen=True)

    initial_checkpoint: Path
    classes: tuple[str, ...]
    data_yaml: Path
    run_folder: Path
    config: FitConfig
    threads: int | None

    @property
    def cpu_threads(self) -> int:
        """How many threads torch uses on the CPU."""
        return self.threads or os.cpu_count() or 1

    @property
    def best(self) -> Path:
        """Where the best epoch's weights are kept."""
        return self.run_folder / "best.safetensors"

    @cached_property
    def state(self) -> StateFile:
        """Where the fit stands."""
        return StateFile(self.run_folder, self._fingerprint())

    def model(self) -> DetectionModel:
        """Return the network as the fit begins with it: the initial checkpoint's, for the classes asked for.

        Raises:
            BadCheckpoint: if the initial checkpoint cannot be read.
        """
        seed_everything(self.config.seed)
        model = load_checkpoint(self.initial_checkpoint)
        return model if classes_of(model) == self.classes else adapt_classes(model, self.classes)

    def _fingerprint(self) -> str:
        """Name what a state belongs to: resuming with other weights, classes or knobs would mix two fits.

        The machine's own knobs may differ: another worker, with other processors, may go on.
        """
        weights = hashlib.sha256(self.initial_checkpoint.read_bytes()).hexdigest()
        knobs = self.config.model_dump_json(exclude={"device", "workers"})
        return hashlib.sha256("\n".join([weights, *self.classes, knobs]).encode()).hexdigest()

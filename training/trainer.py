"""Ultralytics' trainer, made quiet and durable."""

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

import torch
from ultralytics.data.build import InfiniteDataLoader
from ultralytics.models.yolo.detect import DetectionTrainer
from ultralytics.utils import RANK
from ultralytics.utils.torch_utils import unwrap_model

from training.architecture import save_checkpoint
from training.efficientnet import EfficientNetLite0
from training.epochs import EpochSampler
from training.fit_order import FitOrder
from training.fit_state import seed_everything
from training.trainer_arguments import trainer_arguments
from training.yolo_folder import RATES


class FitDiverged(RuntimeError):
    """The loss is no longer a number."""


@dataclass(frozen=True, slots=True)
class EpochReport:
    """What an epoch did.

    Attributes:
        epoch: counted from 1.
        epochs: how many there will be.
        losses: mean training loss of each part: box, cls, dfl.
        learning_rate: of the weights, at the epoch's end.
        seconds: the epoch took.
        validation: Ultralytics' metrics on the validation photos, empty where the epoch was not validated.
    """

    epoch: int
    epochs: int
    losses: Mapping[str, float]
    learning_rate: float
    seconds: float
    validation: Mapping[str, float] = field(default_factory=dict)


class ShelfTrainer(DetectionTrainer):
    """A detection trainer that saves its state after every epoch and talks to nobody but `on_epoch`."""

    def __init__(self, order: FitOrder, on_epoch: Callable[[EpochReport], None]) -> None:
        """Prepare a fit in this process, or this process's part of one on several GPUs.

        Raises:
            BadCheckpoint: if the initial checkpoint cannot be read.
        """
        self._threads = order.cpu_threads
        self._state, self._best_checkpoint, self._on_epoch = order.state, order.best, on_epoch
        self._sampler: EpochSampler | None = None
        self._epoch_started = perf_counter()
        model = order.model()
        arguments = trainer_arguments(order, len(model.yaml["backbone"]))
        super().__init__(overrides={**arguments, "model": model.yaml["yaml_file"]})
        self.model = model

    def _setup_train(self) -> None:
        """Use every core, and bfloat16 where the processor computes in it; Ultralytics does neither on a CPU."""
        super()._setup_train()
        torch.set_num_threads(self._threads)
        if self.device.type == "cpu" and torch.ops.mkldnn._is_mkldnn_bf16_supported():
            self.amp = True  # autocast on a CPU means bfloat16, which needs no loss scaling
            self.model.to(memory_format=torch.channels_last)
            backbone = unwrap_model(self.model).model[0]
            if self.args.freeze and isinstance(backbone, EfficientNetLite0):
                backbone.compile_frozen(self._threads)  # after Ultralytics copied the model for its average

    def get_dataloader(
        self, dataset_path: str, batch_size: int = 16, rank: int = 0, mode: str = "train"
    ) -> InfiniteDataLoader:
        """Load photos; to train on, as often as the plan says where `data.yaml` holds one."""
        loader = super().get_dataloader(dataset_path, batch_size, rank, mode)
        rates = self.data.get(RATES)
        if mode == "train" and rates:
            shown = [rates[Path(photo).stem] for photo in loader.dataset.im_files]
            self._sampler = EpochSampler(shown, self.args.seed, max(rank, 0), max(self.world_size, 1))
            loader.batch_sampler.sampler.sampler = self._sampler  # below the wrapper that makes it endless
        return loader

    def run_callbacks(self, event: str) -> None:
        """Report epochs; leave out every integration, all of which listen through callbacks."""
        if event == "on_train_epoch_start":
            self._epoch_started = perf_counter()
        elif event == "on_fit_epoch_end" and RANK in (-1, 0):
            self._on_epoch(self._report())

    def _report(self) -> EpochReport:
        validated = self.args.val or self.epoch + 1 == self.epochs
        return EpochReport(
            epoch=self.epoch + 1,
            epochs=self.epochs,
            losses={name: float(loss) for name, loss in self.tloss.items()},
            learning_rate=float(self.optimizer.param_groups[0]["lr"]),
            seconds=perf_counter() - self._epoch_started,
            validation={name: float(value) for name, value in self.metrics.items()} if validated else {},
        )

    def save_model(self) -> bool:
        """Write the state, and the averaged weights where this epoch validated best."""
        if self.args.val and self.fitness == self.best_fitness:
            partial = self._best_checkpoint.with_suffix(".partial")
            save_checkpoint(self.ema.ema, partial)
            partial.replace(self._best_checkpoint)
        self._state.write(
            {
                "epoch": self.epoch,
                "model": unwrap_model(self.model).state_dict(),
                "ema": self.ema.ema.state_dict(),
                "updates": self.ema.updates,
                "optimizer": self.optimizer.state_dict(),
                "scaler": self.scaler.state_dict(),
                "best_fitness": None if self.best_fitness is None else float(self.best_fitness),
                "stopper": {"best_fitness": float(self.stopper.best_fitness), "best_epoch": self.stopper.best_epoch},
            }
        )
        return True

    def resume_training(self, ckpt: object) -> None:
        """Go on after the last state written, if there is one."""
        state = self._state.read()
        if state is None:
            return
        self.start_epoch = state["epoch"] + 1
        unwrap_model(self.model).load_state_dict(state["model"])
        self.ema.ema.load_state_dict(state["ema"])
        self.ema.updates = state["updates"]
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state["scaler"])
        self.best_fitness = state["best_fitness"]
        self.stopper.__dict__.update(state["stopper"])
        seed_everything(self.args.seed + self.start_epoch)  # or the first epochs' augmentations would come again
        if self._sampler is not None:
            self._sampler.epoch = self.start_epoch

    def _handle_nan_recovery(self, epoch: int) -> bool:
        if self.loss is not None and not math.isfinite(float(torch.sum(self.loss.detach()))):
            raise FitDiverged(f"the loss left the numbers in epoch {epoch + 1}: choose a lower learning rate")
        return False

    def save_metrics(self, metrics: dict[str, Any]) -> None:
        """Write no table: every epoch is reported."""

    def final_eval(self) -> None:
        """Validate nothing again: the exported artefact is what gets evaluated."""

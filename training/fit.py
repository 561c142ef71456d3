"""Fitting: from a snapshot and a checkpoint to the next checkpoint.

`fit_snapshot` is the way in: it decides what an epoch shows, lays the photos out, and fits. `fit` is its last step.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from training.architecture import save_checkpoint
from training.distributed import fit_in_processes
from training.fit_config import FitConfig
from training.fit_order import FitOrder
from training.fit_plan import FitPlan, keep_plan, kept_plan, plan_fit
from training.snapshots import Snapshot
from training.trainer import EpochReport, ShelfTrainer
from training.yolo_folder import materialise

NO_STRATA: Mapping[str, int] = {}


class Cancelled(Exception):
    """Raise this from `on_epoch` to stop a fit; it leaves `fit` as it is, and a later call resumes."""


def fit_snapshot(
    snapshot: Snapshot,
    initial_checkpoint: Path,
    folder: Path,
    config: FitConfig,
    on_epoch: Callable[[EpochReport], None],
    *,
    older: Collection[str] = (),
    deployed: Mapping[str, int] = NO_STRATA,
    threads: int | None = None,
    on_plan: Callable[[FitPlan], None] = lambda plan: None,
) -> Path:
    """Fit a detector on a snapshot and return its checkpoint.

    Called again with the same folder after it was killed, the fit goes on by the plan it made, after the last whole
    epoch.

    Args:
        snapshot: what to train on, its photos at hand.
        initial_checkpoint: safetensors file to start from, the champion's as a rule.
        folder: the fit's own scratch: plan, photos, states.
        config: the knobs.
        on_epoch: called after each epoch once its state is on disk.
        older: ids of captures that the champion was trained on; they are replayed.
        deployed: live captures by stratum; what they have and the snapshot lacks in light is practised.
        threads: CPU threads torch may use, None for all.
        on_plan: told what was decided, before the first epoch.

    Raises:
        BadCheckpoint, FitDiverged, Cancelled: as `fit` does.
    """
    plan = kept_plan(folder) or plan_fit(snapshot, config, older, deployed)
    keep_plan(plan, folder)
    on_plan(plan)
    data = materialise(_as_planned(snapshot, plan), folder / "data", plan.rates)
    lit = config.model_copy(update={"lighting": plan.lighting, "patience": config.patience if plan.held_back else 0})
    return fit(initial_checkpoint, snapshot.classes, data, folder, lit, on_epoch, threads)


def fit(
    initial_checkpoint: Path,
    classes: Sequence[str],
    data_yaml: Path,
    run_folder: Path,
    config: FitConfig,
    on_epoch: Callable[[EpochReport], None],
    threads: int | None = None,
) -> Path:
    """Fit a detector on laid-out photos and return the checkpoint of its averaged (EMA) weights.

    The run folder is the fit's own scratch, one for each retraining: called again after it was killed, the fit goes on
    after the last whole epoch, and after it was done it returns at once. On several GPUs each gets a process, by
    Ultralytics' distributed training.

    Args:
        initial_checkpoint: safetensors file to start from, the champion's as a rule.
        classes: class names by id, as in `data_yaml`.
        data_yaml: what `materialise` returned.
        run_folder: where states and the new checkpoint go.
        config: the knobs.
        on_epoch: called after each epoch once its state is on disk.
        threads: CPU threads torch may use, None for all.

    Raises:
        BadCheckpoint: if the initial checkpoint cannot be read.
        FitDiverged: if the loss is no longer a number.
        Cancelled: if `on_epoch` raises it.
    """
    finished = run_folder / "candidate.safetensors"
    if finished.exists():
        return finished
    run_folder.mkdir(parents=True, exist_ok=True)
    order = FitOrder(
        initial_checkpoint=initial_checkpoint,
        classes=tuple(classes),
        data_yaml=data_yaml,
        run_folder=run_folder,
        config=config,
        threads=threads,
    )
    if not _ran_to_its_end(order):
        if len(config.devices) > 1:
            fit_in_processes(order, len(config.devices), on_epoch)
        else:
            ShelfTrainer(order, on_epoch).train()
    return _publish(order, finished)


def _as_planned(snapshot: Snapshot, plan: FitPlan) -> Snapshot:
    """Return the snapshot with what chooses the epoch as its validation part: the real one stays unseen."""
    held = tuple(capture for capture in snapshot.split.train if capture.capture_id in plan.held_back)
    train = tuple(capture for capture in snapshot.split.train if capture.capture_id not in plan.held_back)
    return replace(snapshot, split=replace(snapshot.split, train=train, validation=held, set_aside=()))


def _ran_to_its_end(order: FitOrder) -> bool:
    """Whether a fit was killed after its last epoch, before it published its weights."""
    found = order.state.read()
    return found is not None and found["epoch"] + 1 >= order.config.epochs


def _publish(order: FitOrder, finished: Path) -> Path:
    if order.config.patience and order.best.exists():
        return order.best.replace(finished)
    found = order.state.read()
    assert found is not None, "a fit that ended has written its state"
    averaged = order.model()
    averaged.load_state_dict(found["ema"])
    partial = finished.with_suffix(".partial")
    save_checkpoint(averaged, partial)
    return partial.replace(finished)

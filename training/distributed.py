"""A fit on several GPUs: one process for each, joined by Ultralytics' distributed training.

Ultralytics' own launcher would pickle the trainer, and with it `on_epoch`, which talks to a database. Here the
processes get the order as a file, and the first one tells its epochs on standard output. Standard input is their
lifeline: when whoever ordered the fit is gone, however it died, it closes, and they end too.
"""

import json
import os
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path
from tempfile import TemporaryFile
from typing import IO

from training.fit_order import FitOrder
from training.trainer import EpochReport, FitDiverged, ShelfTrainer

MODULE = "training.distributed"
_MARK = "shelfloop:"
_LAST_WORDS = 2000  # characters of a failed fit's log that its error quotes


class FitProcessFailed(RuntimeError):
    """A process of a distributed fit ended before the fit did; the message says what it or the end of its log said."""


def fit_in_processes(order: FitOrder, processes: int, on_epoch: Callable[[EpochReport], None]) -> None:
    """Run a fit in so many processes on this machine; its states are in the run folder afterwards.

    Raises:
        FitDiverged: if the loss is no longer a number.
        FitProcessFailed: if a process died.
    """
    order.run_folder.mkdir(parents=True, exist_ok=True)
    file = order.run_folder / "order.json"
    file.write_text(order.model_dump_json())
    with TemporaryFile("w+") as log, _launched(command(file, processes), log) as launcher:
        try:
            for line in launcher.stdout or ():
                _heard(line, on_epoch)
        finally:
            assert launcher.stdin is not None
            launcher.stdin.close()
            ended = launcher.wait()
        if ended:
            log.seek(0)
            raise FitProcessFailed(f"the fit's processes ended with {ended}: {log.read()[-_LAST_WORDS:]}")


def command(order_file: Path, processes: int) -> list[str]:
    """Return the command that starts a fit's processes on this machine."""
    launcher = [sys.executable, "-m", "torch.distributed.run", "--standalone", f"--nproc-per-node={processes}"]
    return [*launcher, "-m", MODULE, str(order_file)]


def run_process(order_file: Path, trainer: type[ShelfTrainer] = ShelfTrainer) -> None:
    """Be one process of a fit, until it is done or the lifeline breaks."""
    threading.Thread(target=_end_with_the_lifeline, daemon=True).start()
    order = FitOrder.model_validate_json(order_file.read_text())
    try:
        trainer(order, lambda report: _tell(asdict(report))).train()
    except FitDiverged as diverged:
        _tell({"diverged": str(diverged)})
        raise
    except Exception as error:
        _tell({"failed": f"{type(error).__name__}: {error}"})
        raise


def _launched(arguments: list[str], log: IO[str]) -> "subprocess.Popen[str]":
    return subprocess.Popen(arguments, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=log, text=True)


def _heard(line: str, on_epoch: Callable[[EpochReport], None]) -> None:
    if not line.startswith(_MARK):
        return
    told = json.loads(line.removeprefix(_MARK))
    if "diverged" in told:
        raise FitDiverged(told["diverged"])
    if "failed" in told:
        raise FitProcessFailed(told["failed"])
    on_epoch(EpochReport(**told))


def _tell(message: dict[str, object]) -> None:
    print(f"{_MARK}{json.dumps(message)}", flush=True)


def _end_with_the_lifeline() -> None:
    sys.stdin.read()
    os._exit(1)


if __name__ == "__main__":
    run_process(Path(sys.argv[1]))

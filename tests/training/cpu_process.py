"""One process of a distributed fit on a processor: what `training.distributed` is on a GPU, joined by gloo."""

import os
import sys
from pathlib import Path

import torch.distributed as dist
from torch import nn

from training.distributed import run_process
from training.trainer import ShelfTrainer

_on_gpus = nn.parallel.DistributedDataParallel


def _on_processors(model, device_ids, **kwargs):
    return _on_gpus(model, **kwargs)


class CpuTrainer(ShelfTrainer):
    """Ultralytics counts GPUs; here the launcher says how many processes there are."""

    def __init__(self, order, on_epoch):
        super().__init__(order, on_epoch)
        self.world_size = int(os.environ["WORLD_SIZE"])

    def _setup_ddp(self):
        dist.init_process_group("gloo")


if __name__ == "__main__":
    nn.parallel.DistributedDataParallel = _on_processors
    run_process(Path(sys.argv[1]), CpuTrainer)

"""Fits in a process of its own, so that a test can kill it: checkpoint, data.yaml, run folder, epochs."""

import sys
from pathlib import Path

from training.fit import fit
from training.fit_config import FitConfig

checkpoint, data, run = map(Path, sys.argv[1:4])
config = FitConfig(epochs=int(sys.argv[4]), image_size=64, batch=4, mosaic=0)
fit(checkpoint, ("product", "shelf", "tag", "gap"), data, run, config, lambda r: print(r.epoch, flush=True), threads=1)
print("done", flush=True)

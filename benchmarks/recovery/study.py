"""The long part: plays the story for every seed, two runs side by side. `make study-recovery`; hours on two cores.

What it wrote after a step it does not do again: started anew it goes on where it was killed.
"""

import argparse
import json
import os
import subprocess
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

from benchmarks.recovery.playing import play, prepare
from benchmarks.recovery.story import ARMS, SEEDS, STUDY

FOLDER = Path("runs/recovery")
_AT_ONCE = 2


def main() -> None:
    """Play every seed, or one part of one in a process of its own."""
    arguments = _arguments()
    folder = arguments.folder / str(arguments.seed)
    if arguments.part == "champion":
        prepare(arguments.seed, folder)
    elif arguments.part:
        play(arguments.seed, arguments.part, folder)
    else:
        _play_all(arguments.folder)


def _play_all(folder: Path) -> None:
    with ThreadPoolExecutor(_AT_ONCE) as workers:
        champions = {seed: workers.submit(_run, folder, seed, "champion") for seed in SEEDS}
        arms = [workers.submit(_run, folder, seed, arm, after=champions[seed]) for seed in SEEDS for arm in ARMS]
        for part in (*champions.values(), *arms):
            part.result()
    STUDY.write_text(json.dumps(_collected(folder)) + "\n")


def _collected(folder: Path) -> dict[int, dict[str, Any]]:
    parts = ("champion", *ARMS)
    return {
        seed: {part: json.loads((folder / str(seed) / f"{part}.json").read_text()) for part in parts} for seed in SEEDS
    }


def _run(folder: Path, seed: int, part: str, after: Future[None] | None = None) -> None:
    """Play a part in its own process: jobs belong to one installation a process, and threads are to be few."""
    if after is not None:
        after.result()
    done = folder / str(seed) / f"{part}.done"
    if done.exists():
        return
    command = [sys.executable, "-m", "benchmarks.recovery.study", "--seed", str(seed), "--part", part]
    subprocess.run([*command, "--folder", str(folder)], check=True, env={**os.environ, "OMP_NUM_THREADS": "1"})
    done.touch()
    print(f"seed {seed}: {part} done", flush=True)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--folder", type=Path, default=FOLDER, help="where everything goes")
    parser.add_argument("--seed", type=int, default=SEEDS[0])
    parser.add_argument("--part", choices=("champion", *ARMS), help="only this part, of this seed")
    return parser.parse_args()


if __name__ == "__main__":
    main()

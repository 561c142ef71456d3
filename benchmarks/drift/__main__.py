"""How often is drift seen where there is none, and how soon where there is? `make bench-drift`.

Cameras of drawn stores send photos day after day; the service's own decision looks at them every ten captures, with
the reference, windows and level that it has there. `benchmarks.drift.trials` says what is tried.
"""

import argparse
import os
from pathlib import Path

from benchmarks.drift import timing
from benchmarks.drift.figures import change_rows, summary, unchanged_rows
from benchmarks.drift.photos import draw_banks
from benchmarks.drift.timing import timing_row
from benchmarks.drift.trials import run_trials
from benchmarks.report import Report, Target, machine

SEED, DEV_SEED, CAMERAS = 9000, 7000, 4  # the stores that are measured; those by which constants were chosen
TARGETS = {
    "false_alarm_rate": Target(at_most=0.05),
    "captures_to_detect_worst": Target(at_most=50),
    "look_ms": Target(at_most=50),
}


def main() -> None:
    """Draw, try, publish; or print how other stores come out."""
    arguments, started = _arguments(), machine()
    seed, processes = DEV_SEED if arguments.dev else SEED, os.cpu_count() or 1
    banks = draw_banks(range(seed, seed + arguments.cameras), processes, arguments.photos)
    unchanged, changed = run_trials(banks, seed, processes)
    timed = timing_row()
    note = {"not watched": "unknown products: no photo is named here, which would take hours"}
    report = Report(
        name="drift",
        headline={**summary(unchanged, changed), "look_ms": timed["p50_ms"]},
        targets=TARGETS,
        rows=[*unchanged_rows(unchanged), *change_rows(changed), timed, note],
        seeds={"stores": seed, "timing": timing.SEED},
        machine=started,
    )
    report.show() if arguments.dev or arguments.cameras != CAMERAS else report.publish()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, help="folder to keep what photos say in, so that they are drawn once")
    parser.add_argument("--dev", action="store_true", help="the stores by which constants are chosen; writes nothing")
    parser.add_argument("--cameras", type=int, default=CAMERAS, help="other than the default: writes nothing")
    return parser.parse_args()


if __name__ == "__main__":
    main()

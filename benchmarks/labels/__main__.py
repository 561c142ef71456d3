"""How many labels does the sampler save? Known ones are hidden, bought back and counted. `make bench-labels`

Freiburg's boxes and Klasson's photos, named by a head on frozen ImageNet vectors; published recipes start from the same
random labels, ours as a service does, and all are judged on the same photos, which share no scene with the pool.
docs/benchmarks.md has the protocol.
"""

import argparse
import os
from pathlib import Path

# Before numpy is imported: each process plays loops of its own, and two of them share two cores.
for library in ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS"):
    os.environ[library] = "1"

from benchmarks.labels.headline import TARGETS, headline  # noqa: E402
from benchmarks.labels.measuring import NAMING, QUICK, WHOLE, measure  # noqa: E402
from benchmarks.labels.picture import draw  # noqa: E402
from benchmarks.labels.proposals import Detecting, propose  # noqa: E402
from benchmarks.labels.seeing import freiburg_photos, klasson_photos, look_at  # noqa: E402
from benchmarks.report import Report, machine  # noqa: E402


def main() -> None:
    """Look at the photos, play, publish, draw."""
    arguments, started = _arguments(), machine()
    data = Path(arguments.data)
    klasson, freiburg = look_at(klasson_photos(data)), look_at(freiburg_photos(data))
    detecting = Detecting.of(freiburg, propose(freiburg.photos))
    measured = measure(klasson, freiburg, detecting, QUICK if arguments.quick else WHOLE)
    report = Report(
        name="labels",
        headline=headline(measured),
        targets=TARGETS,
        rows=measured.rows,
        seeds={
            "main comparison, from 0": WHOLE.seeds,
            "photos, detection": WHOLE.some,
            "checks": WHOLE.few,
            "by chance": WHOLE.chance,
        },
        machine=started,
    )
    if arguments.quick:
        report.show()
        return
    report.publish()
    draw({name: measured.curves[name] for name in NAMING})


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("SHELFLOOP_DATA"), help="folder of photos, see docs/data.md")
    parser.add_argument("--quick", action="store_true", help="few seeds, and nothing is written")
    arguments = parser.parse_args()
    if not arguments.data:
        parser.error("set SHELFLOOP_DATA to the folder of photos; docs/data.md says which ones")
    return arguments


if __name__ == "__main__":
    main()

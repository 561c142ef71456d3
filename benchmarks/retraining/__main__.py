"""The starter retrained on real photos, before and after per stratum, read back from MLflow. `make bench-retraining`

For study only: neither set may train a model that is shipped, and what comes out is deleted at the end.
"""

import argparse
import csv
import os
import tempfile
from pathlib import Path
from typing import Any

from benchmarks.report import Report, Target, machine
from benchmarks.retraining.installation import installation, put_labelled, retrained
from benchmarks.retraining.photos import freiburg, fridge
from service.models.registry import open_tracking
from service.retrainings.schemas import RetrainingRequest

EPOCHS, SEED = 4, 0
_SHOWN = ("whole", "kind", "stratum", "lighting", "angle", "format")
Row = dict[str, Any]


def main() -> None:
    """Retrain, read what MLflow kept, publish."""
    data, started = Path(_arguments().data), machine()
    with tempfile.TemporaryDirectory(prefix="shelfloop-bench-") as scratch:
        with installation(Path(scratch) / "home") as context:
            put_labelled(context, [*fridge(data), *freiburg(data)])
            record = retrained(context, _request())
            if record.error:
                raise SystemExit(record.error)
            tracking = open_tracking(context.settings)
            metrics = tracking.metrics(record.id)
            table = tracking.attachment(record.id, "before_after.csv", Path(scratch))
        with table.open(newline="") as file:
            cells = [row for row in csv.DictReader(file) if row["group"] in _SHOWN]
    rows = [_row(cell) for cell in cells]
    supported = [row for row in rows if row["of"] == "stratum" and row["evidence"] == "sufficient"]
    Report(
        name="retraining",
        headline={
            "ap_before": metrics["champion/whole/ap"],
            "ap_after": metrics["candidate/whole/ap"],
            "ap_gain_low": next(row["low"] for row in rows if (row["of"], row["measure"]) == ("whole", "ap")),
            "strata_supported": len({row["cell"] for row in supported}),
            "strata_surely_worse": len({row["cell"] for row in supported if _surely_worse(row)}),
        },
        targets={"ap_gain_low": Target(at_least=0.0), "strata_surely_worse": Target(at_most=0)},
        rows=[*rows, {"state": record.state, "captures": str(record.progress["captures"]), "note": _note(record)}],
        seeds={"fit": SEED},
        machine=started,
    ).publish()


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", default=os.environ.get("SHELFLOOP_DATA"), help="folder of photos, see docs/data.md")
    arguments = parser.parse_args()
    if not arguments.data:
        parser.error("set SHELFLOOP_DATA to the folder of photos; docs/data.md says which ones")
    return arguments


def _request() -> RetrainingRequest:
    overrides = {"epochs": EPOCHS, "seed": SEED}
    return RetrainingRequest(reason="real photos, before and after", preset="quick", overrides=overrides)


def _row(cell: dict[str, str]) -> Row:
    return {
        "of": cell["group"],
        "cell": cell["cell"],
        "measure": cell["measure"],
        **{name: _number(cell[name]) for name in ("champion", "candidate", "difference", "low", "high")},
        "captures": cell["captures"],
        "boxes": cell["count"],
        "evidence": cell["evidence"],
    }


def _surely_worse(row: Row) -> bool:
    if row["low"] is None:
        return False
    return bool(row["low"] > 0 if row["measure"] == "calibration_error" else row["high"] < 0)


def _number(text: str) -> float | None:
    return float(text) if text else None


def _note(record: Any) -> str:
    return str(record.progress.get("note", ""))


if __name__ == "__main__":
    main()

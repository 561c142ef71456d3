import io
import json
from pathlib import Path

import pytest
from rich.console import Console

from benchmarks.report import Report, Target, machine


def publish(folder: Path) -> tuple[dict, str]:
    screen = io.StringIO()
    report = Report(
        name="speed",
        headline={"fast": 0.91234567, "slow": 2.0, "absent": None, "endless": float("nan"), "free": 1.0},
        targets={"fast": Target(at_least=0.9), "slow": Target(at_most=1.5), "absent": Target(at_most=1)},
        rows=[{"peer": "a", "ms": 1.5}, {"peer": "b", "ms": float("inf")}, {"remark": "absent is not built yet"}],
        seeds={"order": 7},
        machine={"cores": 2},
    )
    path = report.publish(folder, Console(file=screen, width=120))
    return json.loads(path.read_text()), screen.getvalue()


def test_file_holds_everything_a_claim_needs(tmp_path: Path):
    written, _ = publish(tmp_path / "results")
    assert list(written) == ["name", "headline", "targets", "rows", "seeds", "versions", "machine"]
    assert written["headline"] == {"fast": 0.9123, "slow": 2.0, "absent": None, "endless": None, "free": 1.0}
    assert written["targets"] == {"fast": {"at_least": 0.9}, "slow": {"at_most": 1.5}, "absent": {"at_most": 1}}
    assert written["rows"][1:] == [{"peer": "b", "ms": None}, {"remark": "absent is not built yet"}]
    assert (written["seeds"], written["machine"]) == ({"order": 7}, {"cores": 2})
    assert {"python", "openvino", "torch", "ultralytics"} <= set(written["versions"])


@pytest.mark.parametrize(
    ("key", "verdict"),
    [("fast", "reached"), ("slow", "NOT REACHED"), ("absent", "not measured"), ("endless", "not measured")],
)
def test_what_was_not_reached_is_shown_as_such(tmp_path: Path, key: str, verdict: str):
    _, shown = publish(tmp_path)
    line = next(line for line in shown.splitlines() if key in line and "│" in line and "built" not in line)
    assert line.split("│")[-2].strip() == verdict


def test_bounds_belong_to_what_they_allow():
    assert Target(at_most=1.5).reached(1.5)
    assert not Target(at_most=1.5).reached(1.51)
    assert Target(at_least=0.85).reached(0.85)
    assert not Target(at_least=0.85).reached(0.84)


def test_machine_is_described_but_not_named():
    assert set(machine()) == {"system", "cpu", "cores", "memory_gb", "load_at_start"}

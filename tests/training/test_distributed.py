"""Two processes fit one model; on processors here, as on GPUs where there are any."""

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
import torch

from training import distributed, fit
from training.architecture import build_model, load_checkpoint, save_checkpoint
from training.distributed import FitProcessFailed, command, fit_in_processes
from training.fit_config import FitConfig
from training.fit_order import FitOrder
from training.snapshots import freeze
from training.trainer_arguments import trainer_arguments
from training.yolo_folder import materialise

CLASSES = ("product", "shelf", "tag", "gap")


@pytest.fixture
def order(make_capture, tmp_path):
    torch.manual_seed(1)
    save_checkpoint(build_model(CLASSES), tmp_path / "start.safetensors")
    captures = [make_capture(f"c{i}", colour=(220, 20, 20), size=64) for i in range(9)]
    snapshot = freeze(captures, "kinds")
    rates = {capture.capture_id: 1.0 for capture in snapshot.split.train}
    return FitOrder(
        initial_checkpoint=tmp_path / "start.safetensors",
        classes=CLASSES,
        data_yaml=materialise(snapshot, tmp_path / "data", rates),
        run_folder=tmp_path / "run",
        config=FitConfig(epochs=2, image_size=64, batch=4, mosaic=0),
        threads=1,
    )


@pytest.fixture
def on_processors(monkeypatch):
    """Let the launcher start processes that need no GPU."""
    here = Path(__file__).parent
    monkeypatch.setattr(distributed, "MODULE", "cpu_process")
    monkeypatch.setenv("PYTHONPATH", os.pathsep.join([str(here), str(here.parents[1])]))
    monkeypatch.setenv("OMP_NUM_THREADS", "1")


def test_several_gpus_get_a_process_each_and_photos_alike(order):
    config = order.config.model_copy(update={"device": "0,1,3", "batch": 8})
    asked = trainer_arguments(order.model_copy(update={"config": config}), 10)
    assert (asked["device"], asked["batch"]) == ("0,1,3", 9)
    assert command(Path("order.json"), 3)[1:] == [
        *("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=3"),
        *("-m", "training.distributed", "order.json"),
    ]


def test_a_fit_on_several_gpus_goes_through_processes(order, monkeypatch):
    """A dry run: the device decides, and the order names everything that a process needs."""
    config = order.config.model_copy(update={"device": "0,1"})
    seen = []

    def no_gpus(order, processes, on_epoch):
        seen.append((FitOrder.model_validate_json(order.model_dump_json()), processes))
        raise FitProcessFailed("no GPU here")

    monkeypatch.setattr(fit, "fit_in_processes", no_gpus)
    with pytest.raises(FitProcessFailed):
        fit.fit(order.initial_checkpoint, CLASSES, order.data_yaml, order.run_folder, config, print, threads=1)
    assert seen == [(order.model_copy(update={"config": config}), 2)]


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_two_processes_share_the_photos_and_leave_one_state(order, on_processors):
    reports = []
    fit_in_processes(order, 2, reports.append)
    assert [report.epoch for report in reports] == [1, 2]
    assert set(reports[0].losses) == {"box_loss", "cls_loss", "dfl_loss"}
    state = order.state.read()
    assert state is not None
    assert state["epoch"] == 1
    steps = (len(list((order.data_yaml.parent / "images" / "train").iterdir())) + 3) // 4
    assert state["updates"] == 2 * steps
    published = fit._publish(order, order.run_folder / "candidate.safetensors")
    start, fitted = (load_checkpoint(path).state_dict() for path in (order.initial_checkpoint, published))
    assert not torch.equal(fitted["model.0.conv.weight"], start["model.0.conv.weight"])


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_cancelled_fit_ends_its_processes_and_goes_on_in_another_number(order, on_processors):
    def cancel(report):
        raise fit.Cancelled

    with pytest.raises(fit.Cancelled):
        fit_in_processes(order, 2, cancel)
    done = order.state.read()["epoch"] + 1
    assert done >= 1
    reports = []
    fit.fit(order.initial_checkpoint, CLASSES, order.data_yaml, order.run_folder, order.config, reports.append, 1)
    assert [report.epoch for report in reports] == list(range(done + 1, 3))


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_processes_end_with_whoever_ordered_them(order, on_processors, tmp_path):
    long = order.model_copy(update={"config": order.config.model_copy(update={"epochs": 500})})
    long.run_folder.mkdir()
    (long.run_folder / "order.json").write_text(long.model_dump_json())
    script = (
        "import sys; from pathlib import Path; from training import distributed;"
        "from training.fit_order import FitOrder;"
        "distributed.MODULE = 'cpu_process';"
        "order = FitOrder.model_validate_json(Path(sys.argv[1]).read_text());"
        "distributed.fit_in_processes(order, 2, lambda report: print(report.epoch, flush=True))"
    )
    arguments = [sys.executable, "-c", script, str(long.run_folder / "order.json")]
    with subprocess.Popen(arguments, stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout.readline().strip() == "1"
        os.kill(parent.pid, signal.SIGKILL)
    deadline = time.monotonic() + 60
    while _processes_of(long.run_folder) and time.monotonic() < deadline:
        time.sleep(0.5)
    assert _processes_of(long.run_folder) == []


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_a_process_that_fails_says_why(order, on_processors):
    order.data_yaml.write_text("names: {0: product}\n")
    with pytest.raises(FitProcessFailed, match=r"SyntaxError|KeyError|train"):
        fit_in_processes(order, 2, print)


def _processes_of(folder: Path) -> list[str]:
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            line = (process / "cmdline").read_text()
        except OSError:
            continue
        if str(folder) in line:
            found.append(process.name)
    return found

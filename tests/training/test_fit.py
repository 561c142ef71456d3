"""A fit end to end on tiny photos: it learns, resumes, and keeps quiet."""

import os
import subprocess
import sys
from collections import Counter
from pathlib import Path

import pytest
import torch
from pydantic import ValidationError

from training.architecture import build_model, classes_of, load_checkpoint, save_checkpoint
from training.fit import Cancelled, fit, fit_snapshot
from training.fit_config import FitConfig, load_fit_config
from training.fit_order import FitOrder
from training.snapshots import freeze
from training.trainer import ShelfTrainer
from training.yolo_folder import materialise

CLASSES = ("product", "shelf", "tag", "gap")
PRESETS = Path(__file__).parents[2] / "configs" / "training"
TINY = {"image_size": 64, "batch": 4, "mosaic": 0}


@pytest.fixture(scope="session")
def checkpoint(tmp_path_factory):
    torch.manual_seed(1)
    path = tmp_path_factory.mktemp("weights") / "start.safetensors"
    save_checkpoint(build_model(CLASSES), path)
    return path


@pytest.fixture
def data(make_capture, tmp_path):
    captures = [make_capture(f"c{i}", colour=(220, 20, 20), size=64) for i in range(8)]
    return materialise(freeze(captures, "kinds"), tmp_path / "data")


def test_fits_reports_and_returns_a_checkpoint(checkpoint, data, tmp_path):
    reports = []
    config = FitConfig(epochs=2, lighting={"warm": 1, "mixed": 1}, **TINY)
    result = fit(checkpoint, CLASSES, data, tmp_path / "run", config, reports.append, threads=1)
    assert [report.epoch for report in reports] == [1, 2]
    assert set(reports[0].losses) == {"box_loss", "cls_loss", "dfl_loss"}
    fitted, start = load_checkpoint(result), load_checkpoint(checkpoint)
    assert classes_of(fitted) == CLASSES
    assert not torch.equal(fitted.state_dict()["model.0.conv.weight"], start.state_dict()["model.0.conv.weight"])
    again = fit(checkpoint, CLASSES, data, tmp_path / "run", config, reports.append)
    assert again == result
    assert len(reports) == 2, "a finished fit is not repeated"


def test_a_frozen_backbone_stays_and_classes_are_adapted(checkpoint, make_capture, make_box, tmp_path):
    boxes = (make_box(gtin="00012345678905"),)
    captures = [make_capture(f"c{i}", boxes=boxes, colour=(10, 200, 10), size=64) for i in range(6)]
    snapshot = freeze(captures, "products")
    config = FitConfig(epochs=1, freeze_backbone=True, patience=5, **TINY)
    run = tmp_path / "run"
    photos = materialise(snapshot, tmp_path / "data")
    result = fit(checkpoint, snapshot.classes, photos, run, config, lambda _: None, threads=1)
    fitted, start = load_checkpoint(result), load_checkpoint(checkpoint)
    assert classes_of(fitted) == ("00012345678905",)
    last_of_backbone, first_of_neck = "model.9.cv1.conv.weight", "model.13.cv1.conv.weight"
    assert torch.equal(fitted.state_dict()[last_of_backbone], start.state_dict()[last_of_backbone])
    assert not torch.equal(fitted.state_dict()[first_of_neck], start.state_dict()[first_of_neck])


@pytest.mark.parametrize(("told", "used"), [(None, os.cpu_count()), (1, 1)])
def test_a_fit_takes_every_core_unless_told(told, used, tmp_path):
    config = FitConfig(epochs=1, **TINY)
    files = {"initial_checkpoint": tmp_path, "data_yaml": tmp_path, "run_folder": tmp_path}
    assert FitOrder(classes=CLASSES, config=config, threads=told, **files).cpu_threads == used


def test_a_cancelled_fit_goes_on_where_it_stopped(checkpoint, data, tmp_path):
    seen = []

    def cancel_once(report):
        seen.append(report.epoch)
        if len(seen) == 1:
            raise Cancelled

    config = FitConfig(epochs=3, **TINY)
    with pytest.raises(Cancelled):
        fit(checkpoint, CLASSES, data, tmp_path / "run", config, cancel_once, threads=1)
    fit(checkpoint, CLASSES, data, tmp_path / "run", config, cancel_once, threads=1)
    assert seen == [1, 2, 3]


def test_a_fit_killed_after_its_last_epoch_is_only_published(checkpoint, data, tmp_path):
    config = FitConfig(epochs=1, **TINY)

    def kill(report):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        fit(checkpoint, CLASSES, data, tmp_path / "run", config, kill, threads=1)
    reports = []
    assert load_checkpoint(fit(checkpoint, CLASSES, data, tmp_path / "run", config, reports.append, threads=1))
    assert reports == []


def test_a_killed_process_resumes_after_its_last_epoch(checkpoint, data, tmp_path):
    script = Path(__file__).parent / "killed_fit.py"
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(root), os.environ.get("PYTHONPATH", "")])}
    command = [sys.executable, str(script), str(checkpoint), str(data), str(tmp_path / "run"), "4"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True, env=environment) as process:
        first = [process.stdout.readline().strip() for _ in range(2)]
        process.kill()
    assert first == ["1", "2"]
    last = tmp_path / "run" / "last.pt"
    last.write_bytes(last.read_bytes()[:1000])  # as if it had died while writing
    rest = subprocess.run(command, capture_output=True, text=True, env=environment, check=True)
    epochs = rest.stdout.split()
    assert epochs[0] in ("2", "3"), "the state before the truncated one was used"
    assert epochs[-2:] == ["4", "done"]


def test_a_snapshot_is_fitted_by_a_plan_that_a_killed_fit_keeps(checkpoint, make_capture, tmp_path):
    captures = [make_capture(f"c{i}", store=f"s{i // 4}", colour=(220, 20, 20), size=64) for i in range(24)]
    snapshot = freeze(captures, "kinds")
    validation = {capture.capture_id for capture in snapshot.split.validation}
    config = FitConfig(epochs=2, patience=9, stop_share=0.3, lighting={"warm": 1}, **TINY)
    plans, epochs = [], []

    def kill_once(report):
        epochs.append(report.epoch)
        if len(epochs) == 1:
            raise KeyboardInterrupt

    def again(deployed):
        seen = {"deployed": deployed, "threads": 1, "on_plan": plans.append}
        return fit_snapshot(snapshot, checkpoint, tmp_path / "fit", config, kill_once, **seen)

    with pytest.raises(KeyboardInterrupt):
        again({"dim/frontal/convenience": 100})
    result = again({"cold/frontal/convenience": 100})
    assert epochs == [1, 2]
    assert classes_of(load_checkpoint(result)) == CLASSES
    assert plans[0] == plans[1], "what cameras saw meanwhile does not change a fit that was begun"
    assert plans[0].lighting["dim"] > 0.7
    assert len(plans[0].held_back) >= 5
    assert not validation & {*plans[0].held_back, *plans[0].rates}
    names = {c.capture_id: c.sha256[:12] for c in captures}
    shown = {path.stem.split("-")[1] for path in (tmp_path / "fit" / "data" / "images").rglob("*.*")}
    assert shown == {sha for name, sha in names.items() if name not in validation}


def test_an_epoch_shows_photos_as_often_as_planned(checkpoint, make_capture, tmp_path):
    captures = [make_capture(f"c{i}", colour=(220, 20, 20), size=64) for i in range(5)]
    snapshot = freeze(captures, "kinds")
    rates = {capture.capture_id: 3.0 if number == 0 else 0.5 for number, capture in enumerate(snapshot.split.train)}
    order = FitOrder(
        initial_checkpoint=checkpoint,
        classes=CLASSES,
        data_yaml=materialise(snapshot, tmp_path / "data", rates),
        run_folder=tmp_path,
        config=FitConfig(epochs=1, **{**TINY, "batch": 2}),
        threads=1,
    )
    trainer = ShelfTrainer(order, lambda report: None)
    loader = trainer.get_dataloader(trainer.data["train"], batch_size=2, rank=-1, mode="train")
    shown = [Path(photo).stem for batch in loader for photo in batch["im_file"]]
    assert len(loader) == 2
    assert len(shown) == 4  # of 4.5
    assert Counter(shown)[f"000000-{snapshot.split.train[0].sha256[:12]}"] in (2, 3)


@pytest.mark.parametrize("preset", sorted(path.name for path in PRESETS.glob("*.yaml")))
def test_presets_are_valid(preset):
    assert load_fit_config(PRESETS / preset).epochs > 0


def test_the_default_preset_explains_every_knob():
    lines = (PRESETS / "default.yaml").read_text().splitlines()
    explained = {
        line.partition(":")[0]
        for number, line in enumerate(lines)
        if "  # " in line or lines[number - 1].startswith("#")
    }
    assert set(FitConfig.model_fields) - {"device", "workers"} <= explained


@pytest.mark.parametrize(
    "knob", [{"epochs": 0}, {"image_size": 65}, {"learning_rte": 0.1}, {"lighting": {"neon": 1}}, {"device": "0,"}]
)
def test_wrong_knobs_are_refused(knob):
    with pytest.raises(ValidationError):
        FitConfig.model_validate(knob)

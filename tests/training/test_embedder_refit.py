"""An embedder fitted further: its file taken apart and put together, what it learns from, and when it may take over."""

from pathlib import Path

import numpy as np
import onnx
import pytest
from pydantic import ValidationError

from retail.gtin import Gtin
from training.embedder import timm_export
from training.embedder.crops import drawn_crops
from training.embedder.export import export_embedder
from training.embedder.facings import Facings, facings_of, joined, none_of
from training.embedder.file import CannotRefit, FileFeatures, read_map, write_with_map
from training.embedder.projection import project
from training.embedder.refit_config import RefitConfig, load_refit_config
from training.embedder.refit_judging import Known, auroc, judge
from training.embedder.refitting import Material, NothingToLearn, refit, withheld_products
from vision.embedder import DEFAULT_EMBEDDER, EmbedderMetadata, load_embedder, read_embedder

PRESET = Path(__file__).parents[2] / "configs" / "embedder" / "default.yaml"
TINY = RefitConfig(steps=20, views=2, replay_photos=2, withheld_every=4)


@pytest.fixture(scope="module")
def world() -> Facings:
    """Facings of a drawn world, eight to a made-up capture."""
    drawn = drawn_crops(77, 7, read_embedder(DEFAULT_EMBEDDER).crop_size, products=30)
    rows = np.random.default_rng(0).permutation(len(drawn))[:120]
    gtins = tuple(Gtin(f"{label:014d}") for label in drawn.labels[rows].tolist())
    return Facings(drawn.pictures[rows], gtins, tuple(f"c{number // 8}" for number in range(len(rows))))


def some(facings: Facings, rows: slice) -> Facings:
    return Facings(facings.pictures[rows], facings.gtins[rows], facings.captures[rows])


def test_backbone_and_map_of_a_file_give_its_vectors(world):
    pictures = world.pictures[:9]
    vectors = project(read_map(DEFAULT_EMBEDDER), FileFeatures(DEFAULT_EMBEDDER).extract(pictures))
    served = load_embedder(DEFAULT_EMBEDDER, threads=1, precision="f32").embed(pictures)
    assert vectors == pytest.approx(served, abs=2e-3)


def test_another_map_makes_another_embedder_of_the_same_backbone(world, tmp_path):
    pictures, path = world.pictures[:9], tmp_path / "other.onnx"
    projection = read_map(DEFAULT_EMBEDDER)
    projection.linear.weight.data = projection.linear.weight.data.flip(0)
    projection.linear.bias.data = projection.linear.bias.data.flip(0)
    write_with_map(DEFAULT_EMBEDDER, projection, path, read_embedder(DEFAULT_EMBEDDER))
    one, other = (load_embedder(file, threads=1, precision="f32") for file in (DEFAULT_EMBEDDER, path))
    assert one.id != other.id
    assert other.embed(pictures) == pytest.approx(one.embed(pictures)[:, ::-1], abs=2e-3)
    assert path.stat().st_size == pytest.approx(DEFAULT_EMBEDDER.stat().st_size, rel=0.01)


def test_an_embedder_without_our_map_cannot_be_fitted_further(tmp_path):
    from torch import nn

    path = tmp_path / "foreign.onnx"
    network = timm_export.Pooled(nn.Sequential(nn.AvgPool2d(8), nn.Flatten()), (0.0,) * 3, (1.0,) * 3)
    export_embedder(network, path, EmbedderMetadata(name="foreign", crop_size=32, width=48, trained_on="nothing"))
    with pytest.raises(CannotRefit, match=r"only embedders of training\.embedder"):
        read_map(path)
    with pytest.raises(CannotRefit):
        FileFeatures(path)
    assert onnx.load(path)


def test_a_fit_ends_in_a_file_that_is_judged_and_calibrated(world, tmp_path):
    target = tmp_path / "new.onnx"
    material = Material(
        references=none_of(128), train=some(world, slice(0, 56)), made=none_of(128), unseen=some(world, slice(56, None))
    )
    judged = refit(DEFAULT_EMBEDDER, material, target, TINY)
    metadata = read_embedder(target)
    assert metadata.trained_on.endswith("; fitted further on 56 facings of this installation")
    assert load_embedder(target, threads=1).id != load_embedder(DEFAULT_EMBEDDER, threads=1).id
    assert metadata.calibration is not None
    assert metadata.calibration.measured_on == "64 facings of captures it was not fitted on"
    assert [check.name for check in judged.checks] == [
        "top-1 on unseen captures",
        "top-1 of products it never met",
        "unknown AUROC",
    ]
    assert judged.checks[0].low is not None
    assert 0 < judged.figures["installed/top-1 on unseen captures"] <= 1


def test_one_product_teaches_nothing(world, tmp_path):
    lone = Facings(world.pictures[:4], (world.gtins[0],) * 4, world.captures[:4])
    with pytest.raises(NothingToLearn, match="label more facings"):
        refit(DEFAULT_EMBEDDER, Material(none_of(128), lone, none_of(128), lone), tmp_path / "x.onnx", TINY)


def corners(gtins: list[str], captures: int, directions: list[int]) -> Facings:
    pictures = np.zeros((len(gtins), 2, 2, 3), np.uint8)
    return Facings(pictures, tuple(map(Gtin, gtins)), tuple(f"c{n % captures}" for n in range(len(gtins))))


def known(right: int, of: int = 60, captures: int = 6) -> Known:
    """Two products at right angles; so many of the facings point at their own."""
    references = np.eye(4, dtype=np.float32)[:2]
    products = [f"{number % 2:014d}" for number in range(of)]
    point = [number % 2 if number < right else 1 - number % 2 for number in range(of)]
    unseen = np.eye(4, dtype=np.float32)[point]
    pictures = corners(["0" * 14, "0" * 13 + "1"], 1, [])
    return Known(references, pictures, unseen, corners(products, captures, point))


NONE = frozenset[Gtin]()


def test_a_better_embedder_takes_over():
    judged = judge(known(40), known(58), known(40), known(40), NONE)
    top1 = judged.checks[0]
    assert (judged.passed, top1.champion, top1.candidate) == (True, pytest.approx(40 / 60), pytest.approx(58 / 60))
    assert top1.low > 0
    assert top1.reason.startswith("better: +0.300")


def test_an_equal_one_and_a_worse_one_do_not():
    for right in (40, 30):
        judged = judge(known(40), known(right), known(40), known(40), NONE)
        assert not judged.passed
        assert judged.checks[0].reason.startswith("no better")


@pytest.mark.parametrize(("of", "captures"), [(28, 6), (60, 4)])
def test_few_facings_or_captures_are_not_enough(of, captures):
    judged = judge(*(known(right, of, captures) for right in (10, of, 10, 10)), NONE)
    assert not judged.passed
    assert judged.checks[0].reason.startswith(f"insufficient evidence: {of} facings of {captures} captures")


def test_an_embedder_that_forgets_products_it_never_met_is_refused():
    withheld = frozenset({Gtin("0" * 13 + "1")})
    judged = judge(known(40), known(58), known(40), known(10), withheld)
    assert judged.checks[0].passed
    assert not judged.checks[1].passed
    assert "under the limit" in judged.checks[1].reason
    assert not judged.passed


def test_doubt_is_told_by_rank():
    assert auroc(np.array([0.1, 0.2]), np.array([0.3, 0.4])) == 1
    assert auroc(np.array([0.1, 0.3]), np.array([0.3, 0.2])) == 0.625


def test_withheld_products_are_a_share_and_stay_the_same_ones_when_others_come():
    gtins = [Gtin(f"{number:014d}") for number in range(400)]
    withheld = withheld_products(gtins, TINY)
    assert 70 < len(withheld) < 130
    assert withheld_products(gtins[:200], TINY) == withheld & set(gtins[:200])


def test_facings_are_cut_newest_first_within_limits(make_capture, make_box):
    gtins = ("04006381333931", "00012345678905")
    boxes = [make_box(box=(8, 8, 40, 40), gtin=gtins[0]), make_box(box=(50, 8, 90, 40), gtin=gtins[1])]
    unnamed, small = make_box(box=(8, 50, 40, 90)), make_box(box=(50, 50, 60, 60), gtin=gtins[0])
    captures = [
        make_capture(f"c{day}", day=day, boxes=(*boxes, unnamed, small), colour=(day * 40, 0, 0)) for day in (1, 2, 3)
    ]
    found = facings_of(captures, 32, most=2, in_all=100)
    assert found.captures == ("c3", "c3", "c2", "c2")
    assert sorted(found.gtins) == sorted(gtins * 2)
    assert found.pictures[0, 16, 16, 0] == 120
    assert facings_of(captures, 32, most=2, in_all=1).captures == ("c3", "c3")
    assert set(facings_of(captures, 32, most=2, in_all=100, only={Gtin(gtins[1])}).gtins) == {gtins[1]}
    assert len(joined([found, none_of(32)])) == 4


def test_the_knobs_are_explained_and_checked():
    assert set(load_refit_config(PRESET).model_dump()) == set(RefitConfig.model_fields)
    for knob in RefitConfig.model_fields:
        assert f"\n{knob}: " in PRESET.read_text()
    with pytest.raises(ValidationError):
        RefitConfig.model_validate({"step": 3})

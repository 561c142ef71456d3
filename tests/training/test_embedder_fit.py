"""What the embedder learns from, how, and how that is measured; on a handful of made-up features and tiny pictures."""

from pathlib import Path

import cv2
import numpy as np
import pytest
import torch
from pytorch_metric_learning.losses import SupConLoss

from retail.conditions import Lighting
from training.embedder import metric
from training.embedder.crops import drawn_crops, of_products, store_crops
from training.embedder.metric import MetricConfig, confusable, fit, fit_worlds
from training.embedder.network import FEATURES
from training.embedder.projection import closed_form, project
from training.embedder.recall import first_shots, nearest, recall_by
from training.embedder.views import make_views
from training.tracking import Tracking

QUICK = MetricConfig(width=8, steps=40, learning_rate=1e-2, temperature=0.1, products=6, crops=2, siblings=1)


@pytest.fixture(scope="module")
def made_up() -> tuple[np.ndarray, np.ndarray]:
    """Ten products of eight crops; what differs between two crops of one drowns what differs between products."""
    rng = np.random.default_rng(0)
    labels = np.repeat(np.arange(10), 8)
    nuisance = rng.normal(size=(len(labels), 6)) @ rng.normal(size=(6, FEATURES))
    features = 0.5 * rng.normal(size=(10, FEATURES))[labels] + nuisance + 0.2 * rng.normal(size=(80, FEATURES))
    return features.astype(np.float32), labels


def margin(vectors: np.ndarray, labels: np.ndarray) -> float:
    """How much more alike crops of one product are than others, on average."""
    alike, same = vectors @ vectors.T, labels[:, None] == labels
    return float(alike[same].mean() - alike[~same].mean())


def contrast(vectors: np.ndarray, labels: np.ndarray) -> float:
    """The loss that is learned by, of all crops at once."""
    return float(SupConLoss(temperature=0.1)(torch.from_numpy(vectors), torch.from_numpy(labels)))


def test_the_closed_form_sees_through_what_varies_within_products(made_up):
    features, labels = made_up
    vectors = project(closed_form(features, labels, 8), features)
    plain = features / np.linalg.norm(features, axis=1, keepdims=True)
    assert vectors.shape == (80, 8)
    assert np.linalg.norm(vectors, axis=1) == pytest.approx(1, abs=1e-5)
    assert margin(vectors, labels) > margin(plain, labels) + 0.3


def test_metric_learning_goes_on_from_the_closed_form(made_up):
    features, labels = made_up
    start = fit(features, labels, QUICK.model_copy(update={"steps": 0}))
    assert np.array_equal(project(start, features), project(closed_form(features, labels, 8), features))
    noisy = features + np.random.default_rng(1).normal(size=features.shape).astype(np.float32)
    start, learned = (fit(noisy, labels, QUICK.model_copy(update={"steps": steps, "width": 3})) for steps in (0, 40))
    before, after = (contrast(project(projection, noisy), labels) for projection in (start, learned))
    assert after < before - 0.01


def test_the_same_seed_learns_the_same(made_up):
    features, labels = made_up
    views = np.stack([features, features + 0.01], 1)
    worlds = (labels > 6).astype(int)
    one, same, other = (
        project(fit(views, labels, QUICK.model_copy(update={"steps": 5, "seed": seed}), worlds), features)
        for seed in (1, 1, 2)
    )
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_worlds_are_numbered_on_and_batches_hold_one_of_them(made_up, monkeypatch):
    features, labels = made_up
    seen = []
    monkeypatch.setattr(metric, "fit", lambda *arguments: seen.extend(arguments))
    fit_worlds([(features[:8], labels[:8]), (features[:16], labels[:16])], QUICK)
    assert seen[1].tolist() == [0] * 8 + [1] * 8 + [2] * 8
    assert seen[3].tolist() == [0] * 8 + [1] * 16
    projection = closed_form(features, labels, 8)
    batches = metric._batches(projection, features[:, None], labels, QUICK, (labels > 6).astype(int))
    homes = [set((labels[rows] > 6).tolist()) for rows, _ in batches]
    assert all(len(home) == 1 for home in homes)
    assert {True, False} == set.union(*homes)


def test_confusable_products_are_the_nearest_ones(made_up):
    features, labels = made_up
    twins = features.copy()
    twins[labels == 7] = features[labels == 2] + 0.01
    found = confusable(closed_form(features, labels, 8), twins, labels, 2)
    assert found.shape == (10, 2)
    assert (found[2, 0], found[7, 0]) == (7, 2)
    assert all(product not in row for product, row in enumerate(found.tolist()))


def test_more_siblings_than_products_are_all_the_others(made_up):
    features, labels = made_up
    few = labels < 3
    found = confusable(closed_form(features[few], labels[few], 8), features[few], labels[few], 5)
    assert [sorted(row) for row in found.tolist()] == [[1, 2], [0, 2], [0, 1]]


def test_views_start_with_the_picture_itself_and_follow_the_seed():
    pictures = np.random.default_rng(0).integers(0, 256, (4, 32, 32, 3), dtype=np.uint8)
    views = make_views(pictures, 3, 1)
    assert views.shape == (4, 3, 32, 32, 3)
    assert np.array_equal(views[:, 0], pictures)
    assert not np.array_equal(views[:, 1], pictures)
    assert np.array_equal(views, make_views(pictures, 3, 1))
    assert not np.array_equal(views, make_views(pictures, 3, 2))


@pytest.fixture(scope="module")
def drawn():
    return drawn_crops(77, 7, 32, products=30)


def test_drawn_crops_are_of_every_light_and_numbered_without_gaps(drawn):
    assert drawn.pictures.shape == (len(drawn), 32, 32, 3)
    assert sorted(set(drawn.labels)) == list(range(len(drawn.categories)))
    assert set(drawn.lights) == set(Lighting)


def test_chosen_products_are_numbered_anew(drawn):
    two = of_products(drawn, [3, 1])
    assert two.categories == (drawn.categories[1], drawn.categories[3])
    assert np.array_equal(two.pictures[two.labels == 1], drawn.pictures[drawn.labels == 3])


def test_store_crops_come_with_their_pack_shots(tmp_path: Path):
    rows = ["Class Name (str),Class ID (int),Coarse Class Name (str),Coarse Class ID (int),Iconic Image Path (str)"]
    for number, name in enumerate(("Kiwi", "Milk")):
        (tmp_path / "train" / name).mkdir(parents=True)
        cv2.imwrite(str(tmp_path / "train" / name / "1.png"), np.full((20, 10, 3), 100 + number, np.uint8))
        cv2.imwrite(str(tmp_path / f"{name}.png"), np.full((8, 8, 3), 200 + number, np.uint8))
        (tmp_path / "iconic" / ("Fruit", "Packages")[number]).mkdir(parents=True)
        picture = f"iconic/{('Fruit', 'Packages')[number]}/{name}.png"
        (tmp_path / f"{name}.png").rename(tmp_path / picture)
        rows.append(f"{name},{number},{name}s,{number},/{picture}")
    (tmp_path / "classes.csv").write_text("\n".join(rows))
    (tmp_path / "train.txt").write_text("train/Milk/1.png, 1, 1\ntrain/Kiwi/1.png, 0, 0\n")
    crops = store_crops(tmp_path, 32)
    assert crops.labels.tolist() == [1, 0, 0, 1]
    assert crops.categories == ("Fruit", "Packages")
    assert crops.pictures[:, 16, 16, 0].tolist() == [101, 100, 200, 201]
    assert crops.pictures[0, 16, 0].tolist() == [127, 127, 127]


def test_references_are_the_first_shots_of_each_product():
    assert first_shots(np.array([0, 1, 0, 0, 1, 2]), 2).tolist() == [True, True, True, False, True, True]


def test_the_nearest_product_is_found_by_its_mean():
    references = np.array([[1, 0], [0.8, 0.6], [0, 1]], np.float32)
    queries = np.array([[1, 0], [0.28, 0.96], [0.6, 0.8]], np.float32)  # the last: to 4's mean
    assert nearest(references, np.array([4, 4, 9]), queries).tolist() == [4, 9, 4]


def test_recall_is_told_apart_by_group():
    right = np.array([True, False, True, True])
    assert recall_by(right, {"light": ["dim", "dim", "warm", "warm"], "category": ["a"] * 4}) == {
        "recall": 0.75,
        "recall/light/dim": 0.5,
        "recall/light/warm": 1.0,
        "recall/category/a": 0.75,
    }


# MLflow and what it is made of announce their own deprecations.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning", "ignore::UserWarning")
def test_a_fit_is_logged_with_its_recall_by_category_and_light(tmp_path: Path):
    from mlflow import MlflowClient

    (tmp_path / "e.onnx").write_bytes(b"x")
    uri = f"sqlite:///{tmp_path / 'mlflow.db'}"
    tracking = Tracking(uri, "embedders", tmp_path / "files")
    figures = {"store/recall": 0.9, "store/recall/light/dim": 0.8}
    run_id = tracking.log_run("shelf", QUICK.model_dump(), figures, [tmp_path / "e.onnx"])
    run = MlflowClient(uri).get_run(run_id)
    assert run.data.metrics == figures
    assert run.data.params["temperature"] == "0.1"
    assert run.info.status == "FINISHED"
    assert list((tmp_path / "files").rglob("e.onnx"))

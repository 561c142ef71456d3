"""Frozen against trained embedder, on products that neither was trained with.

Three times 27 of the 81 products are withheld, by fixed seeds. All embedders use the same frozen backbone and crops:
`frozen` compares its pooled features as they are; `closed form` and `trained` learn their linear map on the other 54
products' photos and pack-shots, `trained` on two drawn worlds too, as the shipped one. The withheld products are then
named among themselves, by one fold's five photos of each and by its pack-shot.
"""

from collections.abc import Iterator

import numpy as np
import torch

from benchmarks.recognition.folds import FOLDS, Ints
from benchmarks.recognition.trials import CROP, VIEWS, Trials
from training.embedder.crops import drawn_crops
from training.embedder.features import FeatureExtractor
from training.embedder.metric import MetricConfig, fit_worlds
from training.embedder.network import FEATURES, Floats, Projection
from training.embedder.projection import closed_form, project
from training.embedder.recall import SHOTS, nearest
from training.embedder.views import make_views

SEEDS = (0, 1, 2)
WITHHELD, PRODUCTS = 27, 81
DRAWN_SEEDS = (6000, 6001)  # as in training.embedder
DRAWN_PHOTOS = 72


def measure_embedders(trials: Trials) -> tuple[dict[str, float], list[dict[str, object]]]:
    """Return headline figures and one row per embedder: mean and spread over the repeats of top-1."""
    drawn = _drawn()
    results: dict[str, list[tuple[float, float]]] = {}
    for seed in SEEDS:
        withheld = np.random.default_rng(seed).permutation(PRODUCTS)[:WITHHELD]
        for name, projection in _embedders(trials, withheld, drawn, seed):
            vectors = project(projection, np.ascontiguousarray(trials.photos.features[:, 0]))
            figures = _five_shots(vectors, trials, withheld), _pack_shots(vectors, trials, withheld)
            results.setdefault(name, []).append(figures)
    rows: list[dict[str, object]] = []
    headline = {}
    for name, repeats in results.items():
        row: dict[str, object] = {"part": "withheld products", "embedder": name, "repeats": len(SEEDS)}
        means, spreads = np.mean(repeats, 0).tolist(), np.std(repeats, 0, ddof=1).tolist()
        for what, mean, spread in zip(("5shot", "packshot"), means, spreads, strict=True):
            row |= {f"top1_{what}": round(mean, 4), f"spread_{what}": round(spread, 4)}
            headline[f"unseen_{what}_{name.replace(' ', '_')}"] = round(mean, 4)
        rows.append(row)
    return headline, rows


def _drawn() -> list[tuple[Floats, Ints]]:
    extractor = FeatureExtractor(CROP, threads=2)
    worlds = [drawn_crops(seed, DRAWN_PHOTOS, CROP) for seed in DRAWN_SEEDS]
    return [(extractor.extract(make_views(world.pictures, VIEWS, 1)), world.labels) for world in worlds]


def _embedders(
    trials: Trials, withheld: Ints, drawn: list[tuple[Floats, Ints]], seed: int
) -> Iterator[tuple[str, Projection]]:
    """Yield embedders that have seen no picture of the withheld products, pack-shots included."""
    rows = np.flatnonzero(~np.isin(trials.products, withheld))
    features, labels = trials.photos.features[rows], trials.products[rows]
    plain = np.ascontiguousarray(features[:, 0])
    # Changes nothing about the pooled features but their centre and scale.
    yield "frozen", Projection(plain.mean(0), np.eye(FEATURES, dtype=np.float32), np.zeros(FEATURES, np.float32))
    yield "closed form", closed_form(plain, labels)
    torch.manual_seed(seed)
    yield "trained on photos", fit_worlds([(features, labels)], MetricConfig(seed=seed))
    yield "trained", fit_worlds([(features, labels), *drawn], MetricConfig(seed=seed))


def _five_shots(vectors: Floats, trials: Trials, withheld: Ints) -> float:
    """Name the photos of four folds by up to five photos of the fifth, in turn."""
    products = trials.products[: len(trials.folds)]
    rows = np.flatnonzero(np.isin(products, withheld))
    shares = []
    for fold in range(FOLDS):
        inside, outside = rows[trials.folds[rows] == fold], rows[trials.folds[rows] != fold]
        shots = np.concatenate([inside[products[inside] == product][:SHOTS] for product in withheld])
        # A product of few scenes may have no photo in this fold.
        queries = outside[np.isin(products[outside], products[shots])]
        found = nearest(vectors[shots], products[shots], vectors[queries])
        shares.append(float((found == products[queries]).mean()))
    return float(np.mean(shares))


def _pack_shots(vectors: Floats, trials: Trials, withheld: Ints) -> float:
    photos = len(trials.folds)
    rows = np.flatnonzero(np.isin(trials.products[:photos], withheld))
    found = nearest(vectors[photos + withheld], withheld, vectors[rows])
    return float((found == trials.products[rows]).mean())

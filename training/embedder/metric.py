"""Metric learning of the linear map: crops of one product together, products that look alike apart.

Starts from the closed form and moves every direction by supervised contrastive loss (Khosla et al., NeurIPS 2020), on
batches of products that the map so far confuses.
"""

from collections.abc import Iterator, Sequence
from copy import deepcopy

import faiss
import numpy as np
import torch
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field
from pytorch_metric_learning.losses import SupConLoss  # type: ignore[import-untyped]

from training.embedder.network import Floats, Projection
from training.embedder.projection import WIDTH, closed_form, project


class MetricConfig(BaseModel):
    """How the map is learned.

    Attributes:
        width: of the vectors.
        steps: optimiser steps.
        learning_rate: AdamW's at its peak; one cycle.
        temperature: of the loss: lower looks harder at the closest wrong product.
        products: of a batch.
        crops: of a product in a batch.
        siblings: products that a batch takes along with each one drawn: its nearest by the map so far; 0 mines none.
        real_share: of batches from world 0, the photographed one, where there are drawn worlds too.
        mined_every: steps after which neighbours are looked up anew.
        seed: of batches.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    width: int = Field(default=WIDTH, ge=2, le=512)
    steps: int = Field(default=500, ge=0, le=100_000)
    learning_rate: float = Field(default=1.2e-2, gt=0, lt=1)
    temperature: float = Field(default=0.05, gt=0, le=1)
    products: int = Field(default=24, ge=2, le=512)
    crops: int = Field(default=4, ge=2, le=64)
    siblings: int = Field(default=3, ge=0, le=32)
    real_share: float = Field(default=0.7, ge=0, le=1)
    mined_every: int = Field(default=50, ge=1)
    seed: int = Field(default=0, ge=0, lt=2**31)


def fit(
    features: Floats,
    labels: NDArray[np.intp],
    config: MetricConfig | None = None,
    worlds: NDArray[np.intp] | None = None,
    start: Projection | None = None,
) -> Projection:
    """Learn a map from features to unit vectors; seconds on one core.

    Args:
        features: (n, views, FEATURES): of each crop and, behind it, of its views; or (n, FEATURES).
        labels: (n,) product of each crop.
        config: how; the defaults are what the shipped embedder was learned with.
        worlds: (n,) where each crop is from: 0 is the photographed world, others are drawn ones; 0 by default. A batch
            takes products of one world only, real and drawn photos being told apart without learning anything.
        start: the map to go on from, which stays as it is; the closed form by default.
    """
    config = config or MetricConfig()
    features = features if features.ndim == 3 else features[:, None]
    _, rows = np.unique(labels, return_inverse=True)
    worlds = np.zeros_like(rows) if worlds is None else worlds
    projection = deepcopy(start) or closed_form(np.ascontiguousarray(features[:, 0]), rows, config.width)
    if not config.steps:
        return projection
    optimiser = torch.optim.AdamW(projection.parameters(), weight_decay=1e-4)
    cycle = torch.optim.lr_scheduler.OneCycleLR(
        optimiser, config.learning_rate, total_steps=config.steps, pct_start=0.15
    )
    loss_of = SupConLoss(temperature=config.temperature)
    for picked in _batches(projection, features, rows, config, worlds):
        batch = torch.from_numpy(features[picked])
        loss = loss_of(projection(batch), torch.from_numpy(rows[picked[0]]))
        optimiser.zero_grad()
        loss.backward()
        optimiser.step()
        cycle.step()
    return projection


def fit_worlds(
    sets: Sequence[tuple[Floats, NDArray[np.intp]]],
    config: MetricConfig | None = None,
    start: Projection | None = None,
) -> Projection:
    """Learn from photos, which come first, and drawn worlds: features and labels of each, products all different."""
    first = np.cumsum([0, *(labels.max() + 1 for _, labels in sets)])
    labels = np.concatenate([labels + start for (_, labels), start in zip(sets, first, strict=False)])
    worlds = np.repeat(np.arange(len(sets)), [len(labels) for _, labels in sets])
    return fit(np.concatenate([features for features, _ in sets]), labels, config, worlds, start)


def _batches(
    projection: Projection,
    features: Floats,
    labels: NDArray[np.intp],
    config: MetricConfig,
    worlds: NDArray[np.intp],
) -> Iterator[tuple[NDArray[np.intp], NDArray[np.intp]]]:
    """Yield rows and views of the crops of each step's batch."""
    rng = np.random.default_rng(config.seed)
    members = [np.flatnonzero(labels == product) for product in range(labels.max() + 1)]
    homes = np.array([worlds[rows[0]] for rows in members])
    drawn = sorted({*homes.tolist()} - {0})
    for step in range(config.steps):
        if step % config.mined_every == 0:
            nearest = confusable(projection, np.ascontiguousarray(features[:, 0]), labels, config.siblings)
        world = 0 if not drawn or rng.random() < config.real_share else rng.choice(drawn)
        products = _picked(rng, np.flatnonzero(homes == world), nearest, config.products)
        rows = np.concatenate([rng.choice(members[p], config.crops, len(members[p]) < config.crops) for p in products])
        yield rows, rng.integers(0, features.shape[1], len(rows))


def _picked(rng: np.random.Generator, candidates: NDArray[np.intp], nearest: NDArray[np.intp], most: int) -> list[int]:
    """Draw products until there are enough, each with its confusable ones of the same world."""
    picked: dict[int, None] = {}
    allowed = set(candidates.tolist())
    for product in rng.permutation(candidates).tolist():
        for one in (product, *(n for n in nearest[product].tolist() if n in allowed)):
            if len(picked) < most:
                picked[one] = None
    return list(picked)


def confusable(projection: Projection, features: Floats, labels: NDArray[np.intp], count: int) -> NDArray[np.intp]:
    """Return for each product at most `count` others whose mean vectors are closest, (products, count)."""
    vectors = project(projection, features)
    means = np.zeros((labels.max() + 1, vectors.shape[1]), np.float32)
    np.add.at(means, labels, vectors)
    faiss.normalize_L2(means)
    index = faiss.IndexFlatIP(means.shape[1])
    index.add(means)
    found = index.search(means, min(count + 1, len(means)))[1]
    # The closest is the product itself, unless two have the same mean.
    return np.stack([row[row != product][: found.shape[1] - 1] for product, row in enumerate(found)])

"""Fits the installed embedder further, on what annotators named: one call, from facings to a judged ONNX file.

The backbone stays as it is, the map behind it learns. Drawn shelves are replayed beside the installation's own facings,
or the map would forget how to tell products apart that come next year.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from retail.gtin import Gtin
from training.embedder.crops import drawn_crops
from training.embedder.export import choose_precision
from training.embedder.facings import Facings, joined
from training.embedder.file import FileFeatures, read_map, write_with_map
from training.embedder.metric import MetricConfig, fit_worlds
from training.embedder.network import Floats, Projection
from training.embedder.projection import project
from training.embedder.refit_config import RefitConfig
from training.embedder.refit_judging import Judged, Known, calibrated, judge
from training.embedder.views import make_views
from vision.embedder import EmbedderMetadata, load_embedder, read_embedder
from vision.naming_calibration import NamingCalibration

_FEWEST_PRODUCTS = 2
_FURTHER = "; fitted further on "
_AT_ONCE = 256  # pictures
_MOST_COMPARED = 1000  # crops on which precisions are compared
_REPLAY_SEED = 6000  # the world that the shipped embedder learned from, too


class NothingToLearn(ValueError):
    """Too few products with facings to tell any apart."""


@dataclass(frozen=True, slots=True, eq=False)
class Material:
    """What an embedder is fitted further with, and judged on.

    Attributes:
        references: pictures that products are known by, pack-shots as a rule.
        train: facings of the captures that train; with the references they are the gallery that judges.
        made: semi-synthetic facings, learned from but never in a gallery.
        unseen: facings of captures that do not train.
    """

    references: Facings
    train: Facings
    made: Facings
    unseen: Facings


def refit(installed: Path, material: Material, target: Path, config: RefitConfig, threads: int = 1) -> Judged:
    """Fit an embedder further, write the result, and judge the written file against the installed one.

    Args:
        installed: the embedder's ONNX file, which stays as it is.
        material: facings as crops of its size.
        target: where the new ONNX file goes.
        config: the knobs.
        threads: CPU threads.

    Raises:
        BadArtefact, CannotRefit: if the installed file is no embedder of `training.embedder`.
        NothingToLearn: if fewer than two products have two crops each.
    """
    features, start = FileFeatures(installed, threads), read_map(installed)
    learned = joined([material.references, material.train, material.made])
    withheld = withheld_products(learned.gtins, config)
    trial, final = _fitted(features, start, learned, withheld, config)

    known, unseen = joined([material.references, material.train]), material.unseen
    known_features, unseen_features = features.extract(known.pictures), features.extract(unseen.pictures)
    of_start, of_trial = (
        Known(project(one, known_features), known, project(one, unseen_features), unseen) for one in (start, trial)
    )
    metadata = _described(read_embedder(installed), len(learned), calibrated(of_trial, withheld))
    write_with_map(installed, final, target, metadata)
    some = slice(None, None, 1 + len(learned) // _MOST_COMPARED)
    choose_precision(target, learned.pictures[some], _labels(learned.gtins)[some], threads)
    old, new = (_served(path, known, unseen, threads) for path in (installed, target))
    return judge(old, new, of_start, of_trial, withheld)


def withheld_products(gtins: Sequence[Gtin], config: RefitConfig) -> frozenset[Gtin]:
    """Choose products that a trial does not learn from, the same ones whatever others there are; none of very few."""

    def position(gtin: Gtin) -> int:
        return int.from_bytes(hashlib.sha256(f"withheld {config.seed} {gtin}".encode()).digest()[:8])

    chosen = frozenset(gtin for gtin in gtins if position(gtin) % config.withheld_every == 0)
    return chosen if len(set(gtins) - chosen) >= _FEWEST_PRODUCTS else frozenset()


def _fitted(
    features: FileFeatures, start: Projection, learned: Facings, withheld: frozenset[Gtin], config: RefitConfig
) -> tuple[Projection, Projection]:
    """Return a map that was fitted without the withheld products, and one that was fitted with all."""
    labels = _labels(learned.gtins)
    if (np.bincount(labels) >= 2).sum() < _FEWEST_PRODUCTS:
        raise NothingToLearn("fewer than two products have two pictures each: label more facings with their product")
    seen = _features_of_views(features, learned.pictures, config.views, config.seed)
    drawn, knobs = _replayed(features, config), _metric(config)
    rows = np.array([gtin not in withheld for gtin in learned.gtins])
    without = _labels([gtin for gtin in learned.gtins if gtin not in withheld])
    trial = fit_worlds([(seen[rows], without), *drawn], knobs, start)
    return trial, fit_worlds([(seen, labels), *drawn], knobs, start)


def _described(installed: EmbedderMetadata, facings: int, calibration: NamingCalibration | None) -> EmbedderMetadata:
    first = installed.trained_on.partition(_FURTHER)[0]
    changes = {
        "trained_on": f"{first}{_FURTHER}{facings} facings of this installation",
        "calibration": calibration or installed.calibration,
        "bf16_cosine": None,
    }
    return installed.model_copy(update=changes)


def _metric(config: RefitConfig) -> MetricConfig:
    return MetricConfig(
        steps=config.steps,
        learning_rate=config.learning_rate,
        real_share=1 - config.replay_share,
        seed=config.seed,
    )


def _labels(gtins: Sequence[Gtin]) -> NDArray[np.intp]:
    return np.unique(np.array(gtins), return_inverse=True)[1].astype(np.intp)


def _replayed(features: FileFeatures, config: RefitConfig) -> list[tuple[Floats, NDArray[np.intp]]]:
    if not config.replay_photos or not config.replay_share:
        return []
    world = drawn_crops(_REPLAY_SEED, config.replay_photos, features.size)
    return [(_features_of_views(features, world.pictures, config.views, config.seed), world.labels)]


def _features_of_views(features: FileFeatures, pictures: NDArray[np.uint8], views: int, seed: int) -> Floats:
    """Return features (n, views, FEATURES), making views of a few pictures at a time: all would fill the memory."""
    starts = range(0, len(pictures), _AT_ONCE)
    parts = [features.extract(make_views(pictures[start : start + _AT_ONCE], views, seed + start)) for start in starts]
    return np.concatenate(parts)


def _served(path: Path, known: Facings, unseen: Facings, threads: int) -> Known:
    embedder = load_embedder(path, threads=threads)
    return Known(embedder.embed(known.pictures), known, embedder.embed(unseen.pictures), unseen)

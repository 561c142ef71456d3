"""What a detector and a recogniser of known quality would see in a simulated photo, and errors planted into labels."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import numpy as np
import scipy
from numpy.random import Generator
from numpy.typing import NDArray

from labeling.annotations import AnnotatedBox, as_array
from labeling.quality.boundaries import Categories
from labeling.quality.label_errors import LabelError, Seen, Suspect
from labeling.quality.simulated import HEIGHT, WIDTH, another_product, displaced, elsewhere
from retail.boxes import DetectionKind, iou
from retail.gtin import Gtin

_WIDTH = 32
_BACKGROUNDS = 12  # looks of things that are taken for facings
_LISTED = 5
_EDGE_TAILS = 6.0
_EDGE_SPREAD, _LOOSENESS_NOISE = 0.3, 0.5  # of logarithms: how edges differ, how badly the model knows


@dataclass(frozen=True, slots=True)
class ModelQuality:
    """How well a model sees.

    Attributes:
        recall: share of things found, however unsure.
        wrong: detections of nothing for each thing.
        auroc: chance that the probability of a right detection is above that of a wrong one.
        edges: scale of an edge's deviation, as a share of the side; Student's t with six degrees of freedom.
        background: share of wrong detections that look like background seen elsewhere; the others look like products.
        crowding: how much the looks of one product differ, relative to how far products lie apart: naming errs more.
        references: pictures of each product that it is named by.
        overconfidence: what log odds and name scores are multiplied by after calibration; 1 is calibrated.
    """

    recall: float
    wrong: float
    auroc: float
    edges: float
    background: float
    crowding: float
    references: int = 5
    overconfidence: float = 1.0


class SimulatedModel:
    """A model of some quality that knows the products of a catalogue, calibrated on photos of its own."""

    def __init__(self, rng: Generator, quality: ModelQuality, categories: Categories) -> None:
        self._rng = rng
        self._quality = quality
        self._gtins = tuple(categories)
        leaves = {leaf: _directions(rng, 1)[0] for leaf in dict.fromkeys(categories.values())}
        own = _directions(rng, len(self._gtins))
        self._looks = _unit(np.stack([leaves[categories[gtin]] for gtin in self._gtins]) + own)
        self._backgrounds = _directions(rng, _BACKGROUNDS)
        taken = np.repeat(self._looks, quality.references, axis=0)
        self._gallery = _unit(self._noisy(taken).reshape(len(self._gtins), quality.references, -1).mean(axis=1))
        self._separation = float(np.sqrt(2) * scipy.stats.norm.ppf(quality.auroc))
        self._sharpness = self._calibrated()

    def look(self, truth: Sequence[AnnotatedBox]) -> Seen:
        """Return what the model sees in a photo."""
        found = [box for box in truth if self._rng.random() < self._quality.recall]
        wrong = int(self._rng.poisson(self._quality.wrong * len(truth)))
        taken, strangers = as_array(truth), []
        for _ in range(wrong):
            strangers.append(AnnotatedBox(DetectionKind.FACING, *elsewhere(self._rng, taken)))
            taken = np.concatenate([taken, as_array(strangers[-1:])])
        looseness = self._quality.edges * self._rng.lognormal(0, _EDGE_SPREAD, len(found) + wrong)
        boxes = self._blurred([*found, *strangers], looseness)
        vectors = self._noisy(np.stack([self._look_of(box) for box in [*found, *strangers]]))
        kinds = tuple(box.kind for box in [*found, *strangers])
        return Seen(
            boxes=boxes,
            kinds=kinds,
            probabilities=self._probabilities(len(found), wrong),
            products=tuple(
                self._names(vector) if kind is DetectionKind.FACING else {}
                for vector, kind in zip(vectors, kinds, strict=True)
            ),
            vectors=vectors,
            looseness=(looseness * self._rng.lognormal(0, _LOOSENESS_NOISE, len(looseness))).astype(np.float32),
        )

    def _look_of(self, box: AnnotatedBox) -> NDArray[np.float64]:
        looks, row = self._looks, int(self._rng.integers(len(self._gtins)))
        if box.gtin is not None:
            row = self._gtins.index(box.gtin)
        elif box.kind is not DetectionKind.FACING or self._rng.random() < self._quality.background:
            looks, row = self._backgrounds, int(self._rng.integers(_BACKGROUNDS))
        look: NDArray[np.float64] = looks[row]
        return look

    def _noisy(self, looks: NDArray[np.float64]) -> NDArray[np.float32]:
        spread = self._quality.crowding / float(np.sqrt(_WIDTH))
        return _unit(looks + self._rng.normal(0, spread, looks.shape)).astype(np.float32)

    def _probabilities(self, right: int, wrong: int) -> NDArray[np.float32]:
        """Return calibrated probabilities: scores are normal, those of right detections further up."""
        scores = self._rng.normal(0, 1, right + wrong) + np.where(np.arange(right + wrong) < right, self._separation, 0)
        prior = np.log(self._quality.recall / max(self._quality.wrong, 1e-6))
        odds = prior + self._separation * (scores - self._separation / 2)
        probabilities: NDArray[np.float32] = (1 / (1 + np.exp(-odds * self._quality.overconfidence))).astype(np.float32)
        return probabilities

    def _blurred(self, boxes: Sequence[AnnotatedBox], looseness: NDArray[np.float64]) -> NDArray[np.float32]:
        edges = as_array(boxes).astype(np.float64)
        sides = np.tile(edges[:, 2:] - edges[:, :2], 2)
        moves = np.clip(self._rng.standard_t(_EDGE_TAILS, edges.shape) * looseness[:, None], -0.4, 0.4)
        return (edges + moves * sides).astype(np.float32)

    def _names(self, vector: NDArray[np.float32]) -> dict[Gtin, float]:
        chances = self._chances(vector[None], self._sharpness)[0]
        best = np.argsort(-chances)[:_LISTED]
        return {self._gtins[i]: float(chances[i]) for i in best.tolist()}

    def _chances(self, vectors: NDArray[np.float32], sharpness: float) -> NDArray[np.float64]:
        scores = sharpness * (vectors @ self._gallery.T)
        chances = np.exp(scores - scores.max(axis=1, keepdims=True))
        result: NDArray[np.float64] = chances / chances.sum(axis=1, keepdims=True)
        return result

    def _calibrated(self) -> float:
        """Return the sharpness that makes names of pictures of their own most likely."""
        true = self._rng.integers(len(self._gtins), size=3000)
        vectors = self._noisy(self._looks[true])
        sharpnesses = np.geomspace(2, 200, 60)
        misfits = [-np.log(self._chances(vectors, one)[np.arange(3000), true] + 1e-12).mean() for one in sharpnesses]
        return float(sharpnesses[int(np.argmin(misfits))]) * self._quality.overconfidence


@dataclass(frozen=True, slots=True)
class Planted:
    """Labels with errors: which ones are displaced or swapped, and the boxes that were left out."""

    labels: tuple[AnnotatedBox, ...]
    displaced: frozenset[int]
    swapped: frozenset[int]
    overlooked: tuple[AnnotatedBox, ...]

    def found(self, suspects: Iterable[Suspect]) -> dict[LabelError, list[int | None]]:
        """Return, by error, which planted one each suspect of this photo has found, None for a clean label.

        A displaced or swapped label is found whichever of the two is suspected; the number is the label's, or that
        of the box left out, which is found by an IoU of 0.5.
        """
        result: dict[LabelError, list[int | None]] = {error: [] for error in LabelError}
        for suspect in suspects:
            if suspect.label is None:
                overlaps = iou(as_array([suspect.suggested]), as_array(self.overlooked))[0]
                hit = int(overlaps.argmax()) if overlaps.max(initial=0) >= 0.5 else None
            else:
                hit = suspect.label if suspect.label in self.displaced | self.swapped else None
            result[suspect.error].append(hit)
        return result


def plant(
    rng: Generator,
    truth: Sequence[AnnotatedBox],
    share: float,
    categories: Categories,
    size: tuple[int, int] = (WIDTH, HEIGHT),
) -> Planted:
    """Leave out, displace and swap this share of a photo's boxes each; products are swapped of facings alone."""
    fates = rng.random(len(truth))
    labels: list[AnnotatedBox] = []
    moved: set[int] = set()
    renamed: set[int] = set()
    left_out = tuple(box for box, fate in zip(truth, fates, strict=True) if fate < share)
    for box, fate in zip(truth, fates, strict=True):
        if share <= fate < 2 * share:
            moved.add(len(labels))
            labels.append(displaced(rng, box, size))
        elif 2 * share <= fate < 3 * share and box.gtin is not None:
            renamed.add(len(labels))
            labels.append(replace(box, gtin=another_product(rng, box.gtin, categories)))
        elif fate >= share:
            labels.append(box)
    return Planted(tuple(labels), frozenset(moved), frozenset(renamed), left_out)


def _directions(rng: Generator, count: int) -> NDArray[np.float64]:
    return _unit(rng.normal(0, 1, (count, _WIDTH)))


def _unit(rows: NDArray[np.float64]) -> NDArray[np.float64]:
    scaled: NDArray[np.float64] = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    return scaled

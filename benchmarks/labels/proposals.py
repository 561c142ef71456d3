"""Freiburg as detection with frozen proposals: the starter's facings stay as they are, a head names their category.

Which boxes there are is decided by a detector that learned nothing from these photos and never will; labels teach only
what is in a box, background included. So this measures labels for naming what a detector finds, not for finding it.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from rich.progress import track

from benchmarks.labels.seeing import CROP, Photo, Seen, narrowed, unit_vectors
from benchmarks.labels.sets import block_folds
from benchmarks.starter import load_starter
from labeling.costs import DRAW_SECONDS, LOOK_SECONDS
from retail.boxes import Boxes, DetectionKind, iou
from sampling.simulation.labelled_set import Floats, Ints, LabelledSet, Vectors
from sampling.simulation.situation import Namer
from training.embedder.features import FeatureExtractor
from training.matching import RIGHT_AT_IOU
from vision.crops import cut_crops
from vision.decoding import decode
from vision.detector import Detector
from vision.letterbox import Image

BACKGROUND = 25  # behind the 25 categories
_LEAST_CONFIDENCE = 0.05
_MOST = 6  # a photo; Freiburg's have 2.4 labelled boxes on average


@dataclass(frozen=True, slots=True, eq=False)
class Proposals:
    """What the starter found in n photos, at least one box in each.

    Attributes:
        boxes: (b, 4) as shares of width and height.
        confidences: (b,) that a box shows a facing.
        owners: (b,) photo of each.
        features: (b, f) of what it shows.
    """

    boxes: Boxes
    confidences: Floats
    owners: Ints
    features: Vectors


def propose(photos: Sequence[Photo], threads: int = 2) -> Proposals:
    """Look for facings with the starter and run the backbone over them: minutes on two cores."""
    runtime, metadata = load_starter(threads)
    detector = Detector(runtime, metadata, metadata.calibrated(_LEAST_CONFIDENCE))
    extractor = FeatureExtractor(CROP, threads)
    boxes, confidences, features = [], [], []
    for photo in track(photos, "proposals", transient=True):
        image = decode(photo.path.read_bytes()).image
        found, sure = _facings(detector, image)
        boxes.append(found / np.array([image.shape[1], image.shape[0]] * 2, np.float32))
        confidences.append(sure)
        features.append(extractor.extract(cut_crops(image, found, CROP)))
    owners = np.repeat(np.arange(len(photos)), [len(sure) for sure in confidences])
    return Proposals(np.concatenate(boxes), np.concatenate(confidences), owners, np.concatenate(features))


def _facings(detector: Detector, image: Image) -> tuple[Boxes, Floats]:
    """Return the surest facings; where there is none, the whole photo at no confidence."""
    found = detector.detect(image)
    kinds = [detector.metadata.kind_of(class_id) for class_id in found.class_ids.tolist()]
    facings = np.flatnonzero([kind is DetectionKind.FACING for kind in kinds])
    kept = facings[np.argsort(-found.confidences[facings], kind="stable")][:_MOST]
    if not len(kept):
        return np.array([[0, 0, image.shape[1], image.shape[0]]], np.float32), np.zeros(1)
    return found.boxes[kept], found.confidences[kept].astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Detecting:
    """The set whose instances are proposals, and how a head on them is judged.

    Attributes:
        known: labels are categories, `BACKGROUND` where a proposal outlines no labelled box.
        confidences: (b,) of the proposals.
        matches: (b,) labelled box that a proposal outlines best, by IoU of at least one half; -1 for none.
        box_owners: (t,) photo of each labelled box.
        box_labels: (t,) its category.
    """

    known: LabelledSet
    confidences: Floats
    matches: Ints
    box_owners: Ints
    box_labels: Ints

    @classmethod
    def of(cls, seen: Seen, proposals: Proposals) -> "Detecting":
        """Match proposals to the labelled boxes of their photos."""
        matches = _matches(seen, proposals)
        boxes = np.bincount(seen.owners, minlength=len(seen.photos))
        known = LabelledSet(
            name="Freiburg, frozen proposals",
            vectors=narrowed(unit_vectors(proposals.features)),
            labels=np.where(matches >= 0, seen.labels[matches], BACKGROUND),
            owners=proposals.owners,
            classes=BACKGROUND + 1,
            boxes=boxes,
            seconds=LOOK_SECONDS + DRAW_SECONDS * boxes.astype(np.float64),
            strata=seen.lights,
            folds=block_folds(seen),
        )
        return cls(known, proposals.confidences, matches, seen.owners, seen.labels)

    def map50(self, known: LabelledSet, namer: Namer, captures: Ints) -> float:
        """Judge by the mean over categories of AP at IoU 0.5; a capture drawn twice counts twice.

        A proposal answers every category that the head gives any chance, with its confidence times that chance. The
        surest one of a category on a labelled box of it is right, all others are wrong. AP is the area under the
        precision envelope.
        """
        drawn, times = np.unique(captures, return_counts=True)
        rows, places = known.instances(drawn)
        scores = self.confidences[rows, None] * namer(known.vectors[rows])[:, :BACKGROUND]
        truths = np.isin(self.box_owners, drawn)
        weight = np.zeros(len(known.boxes))
        weight[drawn] = times
        wanted = np.bincount(self.box_labels[truths], weights=weight[self.box_owners[truths]], minlength=BACKGROUND)
        of = [
            self._ap(label, rows, scores[:, label], weight[drawn][places], float(wanted[label]))
            for label in np.flatnonzero(wanted).tolist()
        ]
        return float(np.mean(of))

    def _ap(self, label: int, rows: Ints, scores: Floats, weights: Floats, wanted: float) -> float:
        order = np.argsort(-scores, kind="stable")
        order = order[scores[order] > 0]
        found = self.matches[rows[order]]
        hits = (found >= 0) & (self.box_labels[found] == label)
        first = np.zeros(len(found), bool)
        first[np.unique(np.where(hits, found, -1), return_index=True)[1]] = True
        weighted, right = weights[order], (hits & first) * weights[order]
        precision = np.cumsum(right) / np.cumsum(weighted)
        envelope = np.maximum.accumulate(precision[::-1])[::-1]
        return float((right * envelope).sum() / wanted)


def _matches(seen: Seen, proposals: Proposals) -> Ints:
    best = np.full(len(proposals.owners), -1, np.int64)
    starts = np.searchsorted(seen.owners, np.arange(len(seen.photos) + 1))
    mine = np.searchsorted(proposals.owners, np.arange(len(seen.photos) + 1))
    for number, photo in enumerate(seen.photos):
        place = slice(mine[number], mine[number + 1])
        # Thousandfold, for `iou` takes pixels.
        overlaps: NDArray[np.float32] = iou(proposals.boxes[place] * 1000, photo.boxes * 1000)
        best[place] = np.where(overlaps.max(1) >= RIGHT_AT_IOU, starts[number] + overlaps.argmax(1), -1)
    return best

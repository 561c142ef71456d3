"""COCO's average precision, with room for dense shelves."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from faster_coco_eval import COCO, COCOeval_faster
from numpy.typing import NDArray

from training.matching import Comparison

MOST_DETECTIONS = 1000  # a photo; COCO's own limit of 100 would cut a shelf of 150 facings


def average_precisions(comparisons: Sequence[Comparison], labels: int) -> NDArray[np.float64]:
    """Return AP over IoU 0.50:0.05:0.95 and AP at IoU 0.5 of each label, shape (labels, 2).

    Lin et al., ECCV 2014; 101 points of recall, at most 1000 detections a photo. NaN for a label without truth.
    """
    truths = np.bincount(np.concatenate([c.truth_labels for c in comparisons]), minlength=labels)
    result = np.where(truths[:, None] > 0, 0.0, np.full((labels, 2), np.nan))
    found = _found(comparisons)
    if not truths.any() or not len(found):
        return result
    truth = COCO(_truth(comparisons, labels), print_function=_quiet)
    evaluation = COCOeval_faster(truth, truth.loadRes(found), "bbox", print_function=_quiet)
    evaluation.params.maxDets = [MOST_DETECTIONS]
    evaluation.params.areaRng, evaluation.params.areaRngLbl = [[0, 1e10]], ["all"]
    evaluation.evaluate()
    evaluation.accumulate()
    precision = evaluation.eval["precision"][:, :, :, 0, -1]  # (IoU, recall, label)
    seen = truths > 0
    result[seen, 0] = precision.mean(axis=(0, 1))[seen]
    result[seen, 1] = precision[0].mean(axis=0)[seen]
    return result


def _quiet(*_: object) -> None: ...


def _truth(comparisons: Sequence[Comparison], labels: int) -> dict[str, Any]:
    annotations: list[dict[str, Any]] = []
    for image, comparison in enumerate(comparisons, start=1):
        for (x1, y1, x2, y2), label in zip(comparison.truth.tolist(), comparison.truth_labels.tolist(), strict=True):
            width, height = x2 - x1, y2 - y1
            annotations.append(
                {
                    "id": len(annotations) + 1,
                    "image_id": image,
                    "category_id": label + 1,
                    "bbox": [x1, y1, width, height],
                    "area": width * height,
                    "iscrowd": 0,
                }
            )
    return {
        "info": {},
        "images": [{"id": image} for image in range(1, len(comparisons) + 1)],
        "annotations": annotations,
        "categories": [{"id": label + 1, "name": str(label)} for label in range(labels)],
    }


def _found(comparisons: Sequence[Comparison]) -> NDArray[np.float64]:
    """Return rows of image, x, y, width, height, confidence, label."""
    rows = []
    for image, comparison in enumerate(comparisons, start=1):
        known = comparison.labels >= 0
        boxes = comparison.boxes[known].astype(np.float64)
        sizes = boxes[:, 2:] - boxes[:, :2]
        ends = np.column_stack([comparison.confidences[known], comparison.labels[known] + 1])
        rows.append(np.hstack([np.full((len(boxes), 1), image), boxes[:, :2], sizes, ends]))
    return np.concatenate(rows)

"""A detector: preprocess, predict, postprocess."""

import numpy as np

from vision.artefact import ArtefactMetadata
from vision.detections import Detections, Floats
from vision.letterbox import Image, Letterbox
from vision.nms import suppress
from vision.runtime import RawOutputs, Runtime

# Pixels of the photo. Clipping at its border leaves slivers that nobody could draw, or hand back as an annotation.
SMALLEST_SIDE = 2


class Detector:
    """Finds facings, shelves, tags and gaps in photos; several threads may share one.

    Args:
        runtime: an artefact, loaded.
        metadata: what that artefact says about itself.
        confidence: least probability of a detection's winning class; the artefact's own by default.
        iou: overlap above which the less confident of two boxes of one class is dropped.
        max_detections: most detections of one photo; `Detections.truncated` tells when it was hit.
    """

    def __init__(
        self,
        runtime: Runtime,
        metadata: ArtefactMetadata,
        confidence: float | None = None,
        iou: float = 0.6,
        max_detections: int = 400,
    ) -> None:
        self.runtime = runtime
        self.metadata = metadata
        self.confidence = metadata.confidence if confidence is None else confidence
        self.iou = iou
        self.max_detections = max_detections

    def detect(self, image: Image, size: tuple[int, int] | None = None) -> Detections:
        """Look at one upright RGB photo (h, w, 3).

        Args:
            image: the photo, possibly decoded at a reduced scale.
            size: width and height of the full photo in pixels, in which boxes are wanted; the image's own by default.
        """
        photo = size or (image.shape[1], image.shape[0])
        letterbox = Letterbox.fit(photo, self.metadata.input_size, max(self.metadata.strides))
        return self.postprocess(self.runtime.infer(letterbox.apply(image)), letterbox)

    def postprocess(self, raw: RawOutputs, letterbox: Letterbox) -> Detections:
        """Filter a pass's anchors and map what is left to the photo."""
        kept = suppress(
            raw.boxes,
            raw.probabilities,
            confidence=self.confidence,
            iou=self.iou,
            max_detections=self.max_detections,
        )
        boxes = letterbox.to_photo(raw.boxes[kept.rows])
        shows = (boxes[:, 2:] - boxes[:, :2]).min(1, initial=np.inf) >= SMALLEST_SIDE
        rows = kept.rows[shows]
        probabilities = np.clip(raw.probabilities[rows], 0, 1)
        return Detections(
            boxes=boxes[shows],
            class_ids=probabilities.argmax(1),
            probabilities=probabilities,
            edge_deviations=letterbox.lengths_to_photo(np.sqrt(np.maximum(raw.edge_variances[rows], 0))),
            vectors=_unit(raw.vectors[rows]),
            image_vector=_unit(raw.image_vector[None])[0],
            size=letterbox.photo,
            truncated=kept.truncated,
        )


def _unit(rows: Floats) -> Floats:
    lengths = np.linalg.norm(rows, axis=1, keepdims=True)
    scaled: Floats = (rows / np.maximum(lengths, np.finfo(np.float32).tiny)).astype(np.float32)
    return scaled

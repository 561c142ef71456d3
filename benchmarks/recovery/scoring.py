"""How well the service sees photos that it never keeps.

The score is SKU F1: a facing counts when it has a box (IoU 0.5) with its product's name; an answered facing with a
wrong name, or none, counts against, and so does one that was missed. It is what a store gets out of a photo, and all
three changes hurt it. Beside it the macro-F1 of the verdicts on the bay, as `benchmarks.planogram` counts it.
"""

from dataclasses import dataclass

import numpy as np

from benchmarks.planogram.bays import DrawnBay, Level
from benchmarks.planogram.figures import counts
from benchmarks.planogram.scoring import same_facings, score
from benchmarks.recovery.counting import Counts
from benchmarks.recovery.photos import Photo
from retail.boxes import DetectionKind
from retail.planograms import Planogram
from service.captures.looking import look_at
from service.captures.photos import open_photo
from service.context import Context
from training.synthetic.camera import Shot
from vision.bays.chances import bay_photo
from vision.bays.judging import judge


@dataclass(frozen=True, slots=True, eq=False)
class Scored:
    """One photo.

    Attributes:
        facings: right, found, answered and true ones, (4,).
        verdicts: right, wrongly given and wrongly withheld answers of each, (5, 3).
    """

    facings: Counts
    verdicts: Counts


def score_photo(context: Context, photo: Photo, planogram: Planogram) -> Scored:
    """Look at a photo with what serves now, as the service does, and hold it against the truth."""
    model, naming, truth = context.serving.current(), context.naming.current(), photo.truth
    opened = open_photo(photo.jpeg, model, context.faces, context.settings.photo)
    seen = look_at(opened, truth.condition.format, model, naming)
    recogniser = None if naming is None else naming.recogniser
    bay = bay_photo(seen.detections, model.metadata, seen.names.vectors, recogniser, planogram.gtins, None)
    same = same_facings(bay, truth)
    named = {row: facing.gtin for row, facing in seen.names.facings.items()}
    judged = judge(planogram, [bay], context.settings.planogram.confidence)
    facings = [
        sum(named.get(row) == truth.gtins[true] for row, true in same.items()),
        len(same),
        len(bay.of_kind(DetectionKind.FACING)),
        sum(kind is DetectionKind.FACING for kind in truth.kinds),
    ]
    scored = score(DrawnBay(Level.CLEAN, planogram, Shot(0, 0), truth), bay, judged)
    return Scored(np.array(facings, np.int64), counts(scored))

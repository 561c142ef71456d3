"""How unsure facings are when what they are called counts, too."""

from collections.abc import Mapping

from vision.detections import Floats
from vision.recognition import NamedFacing


def with_names(boxes: Floats, names: Mapping[int, NamedFacing]) -> Floats:
    """Blend how unsure detections are with how unsure their names are.

    Blended as ``vision.uncertainty`` blends the sides of a detection: 1 minus the product of the complements. A name
    is as sure as its probability, the less so the nearer the likeliest sibling comes; what shows no known product is
    not sure at all.

    Args:
        boxes: (n,) uncertainty of each detection, 0..1.
        names: of those that were named, by row.

    Returns:
        (n,) uncertainties, 0..1; without a name that of the detection.
    """
    blended = boxes.copy()
    for row, named in names.items():
        sure = 0.0 if named.unknown else named.probability * min(max(named.margin, 0.0), 1.0)
        blended[row] = 1 - (1 - blended[row]) * sure
    return blended

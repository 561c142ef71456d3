"""What has a box in a photo."""

from dataclasses import dataclass

from retail.boxes import DetectionKind
from retail.gtin import Gtin
from retail.planograms import Position


@dataclass(frozen=True, slots=True)
class Thing:
    """Something painted that has a box; its id on the canvas is its place in the list, plus one.

    Attributes:
        whole: the area in square pixels of the picture, were nothing of it hidden or cut off.
        row: for a facing, the shelf it stands on, 0 for its bay's top one.
        position: for a facing, the planogram position that asks for its product, if one does.
    """

    kind: DetectionKind
    bay_id: str
    whole: float
    gtin: Gtin | None = None
    variant: str | None = None
    row: int | None = None
    position: Position | None = None

"""How boxes become numbered classes: the caller's order is the numbering.

A class is named ``product``, ``shelf``, ``tag``, ``gap``, or by a GTIN-14. A facing belongs to the class of its GTIN
where that is one, else to ``product``.
"""

from collections.abc import Sequence

from labeling.annotations import AnnotatedBox, InvalidAnnotation
from retail.boxes import DetectionKind
from retail.gtin import Gtin, InvalidGtin, parse_gtin

PRODUCT = "product"


def class_number(box: AnnotatedBox, classes: Sequence[str]) -> int:
    """Return the place of a box's class in ``classes``, from 0.

    Raises:
        InvalidAnnotation: if it has none there.
    """
    general = PRODUCT if box.kind is DetectionKind.FACING else box.kind.value
    name = box.gtin if box.gtin in classes else general
    if name not in classes:
        raise InvalidAnnotation("kind", f"is of class {name}, not among {list(classes)}", "add the class to the export")
    return classes.index(name)


def meaning(name: str) -> tuple[DetectionKind, Gtin | None]:
    """Return the kind and the GTIN that a class name stands for.

    Raises:
        InvalidAnnotation: if it stands for nothing.
    """
    if name == PRODUCT:
        return DetectionKind.FACING, None
    if name in list(DetectionKind):
        return DetectionKind(name), None
    try:
        return DetectionKind.FACING, parse_gtin(name)
    except InvalidGtin as error:
        remedy = "name classes product, shelf, tag, gap or by a GTIN"
        raise InvalidAnnotation("class", f"{name!r} is unknown", remedy) from error

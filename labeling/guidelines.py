"""The annotators' rules, versioned."""

from collections.abc import Mapping
from dataclasses import dataclass

from retail.boxes import DetectionKind


@dataclass(frozen=True, slots=True)
class Guideline:
    """The annotators' rules at one version: general ones, those of each kind, and when to skip."""

    version: int
    text: str
    rules: Mapping[DetectionKind, tuple[str, ...]]
    when_to_skip: tuple[str, ...]


GUIDELINE_V1 = Guideline(
    version=1,
    text=(
        "Check every box that is drawn beforehand: keep it, move its edges, delete it, or draw what is missing. "
        "Edges lie on the outermost visible pixel, at most 2 % of the box's side away. "
        "Never draw what you cannot see, and never guess a product: a facing without a GTIN is welcome."
    ),
    rules={
        DetectionKind.FACING: (
            "One box for each product front that a customer could take next; nothing behind the first row.",
            "Products stacked on each other are one facing each.",
            "Draw the visible part only, and leave out a facing of which less than a third can be seen.",
            "A multipack sold as one is one facing.",
            "Give the GTIN only when brand, flavour and size are certain from pack, tag or reference picture.",
        ),
        DetectionKind.SHELF: (
            "One box for the front edge of each shelf board, from the bay's left to its right end.",
            "The price rail belongs to it; products standing on it do not.",
        ),
        DetectionKind.TAG: (
            "One box for each price tag, also an empty or unreadable one.",
            "Promotion flags that stick out of the rail are tags too; posters and shelf talkers are not.",
        ),
        DetectionKind.GAP: (
            "One box for each empty place wide enough for another facing, from the board to the neighbour's height.",
            "A pulled-forward row with nothing behind it is no gap.",
        ),
    },
    when_to_skip=(
        "unreadable: blurred, dark or covered so that most facings cannot be told apart.",
        "not_a_shelf: no shelf of the store is in the photo.",
        "duplicate: you labelled the same view just before.",
        "too_hard: an expert should look at it.",
        "other: say why in a few words.",
    ),
)

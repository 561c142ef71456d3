"""What a pack looks like, before it is drawn."""

from dataclasses import dataclass
from enum import StrEnum

from retail.products import VariantKind
from training.synthetic.groups import Group
from training.synthetic.names import Colour


class PackShape(StrEnum):
    """The outline of a pack."""

    BOX = "box"
    GABLE = "gable"
    BOTTLE = "bottle"
    CAN = "can"
    TIN = "tin"
    JAR = "jar"
    BAG = "bag"
    CUP = "cup"
    TUBE = "tube"
    TRAY = "tray"
    JUG = "jug"
    FRUIT = "fruit"
    SPRAY = "spray"
    PUMP = "pump"
    CANISTER = "canister"
    MULTIPACK = "multipack"
    CLEAR_BAG = "clear_bag"
    BLISTER = "blister"


STACKABLE = frozenset(
    {PackShape.BOX, PackShape.TIN, PackShape.CAN, PackShape.CUP, PackShape.TRAY, PackShape.JAR, PackShape.MULTIPACK}
)
# Packs with flat sides, and the share of the height at which these begin.
SHOULDERS = {PackShape.BOX: 0.0, PackShape.TRAY: 0.0, PackShape.MULTIPACK: 0.0, PackShape.GABLE: 0.17}
PRINTED_SIDES = frozenset({PackShape.BOX, PackShape.MULTIPACK})
LIDDED = frozenset({PackShape.CAN, PackShape.TIN, PackShape.JAR, PackShape.CUP})
HANGING = frozenset({PackShape.BLISTER})
ROUND = LIDDED | {PackShape.BOTTLE, PackShape.CANISTER}


@dataclass(frozen=True, slots=True)
class PackDesign:
    """The look of one variant.

    Attributes:
        size_cm: width, height, depth.
        family_seed: decides everything that siblings share: layout, logo, background.
        flavour_seed: decides the picture of one flavour.
        group: the repertoire its face is printed from.
        artwork: which of the world's photo crops covers the label, if any.
        turn: by how much of its label's width a round pack is turned.
    """

    shape: PackShape
    size_cm: tuple[float, float, float]
    family_seed: int
    flavour_seed: int
    brand: str
    flavour: str
    amount: str
    base: Colour
    accent: Colour
    ink: Colour
    band: Colour
    picture: Colour
    cap: Colour
    body: Colour
    group: Group = Group.USUAL
    dress: VariantKind = VariantKind.REGULAR
    artwork: int | None = None
    turn: float = 0.0

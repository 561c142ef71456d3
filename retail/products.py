"""Products, their variants and the category tree."""

from dataclasses import dataclass
from enum import StrEnum

from retail.gtin import Gtin, parse_gtin


class VariantKind(StrEnum):
    """Why a product has a further packaging look."""

    REGULAR = "regular"
    PROMOTION = "promotion"
    REGIONAL = "regional"
    SEASONAL = "seasonal"
    OLD_DESIGN = "old_design"


@dataclass(frozen=True, slots=True)
class Variant:
    """One packaging look of a product."""

    id: str
    gtin: Gtin
    kind: VariantKind = VariantKind.REGULAR


@dataclass(frozen=True, slots=True)
class Product:
    """What the retailer sells.

    Attributes:
        gtin: GTIN-14 with a right check digit; shorter forms are padded.
        family: products of one family are siblings: same brand and look, another size or flavour.
        category: path in the category tree from its root, for example ``("drinks", "juice")``.

    Raises:
        InvalidGtin: for a wrong GTIN.
        ValueError: for an empty name or category, or a variant of another product.
    """

    gtin: Gtin
    name: str
    category: tuple[str, ...]
    family: str | None = None
    variants: tuple[Variant, ...] = ()

    def __post_init__(self) -> None:
        object.__setattr__(self, "gtin", parse_gtin(self.gtin))
        if not self.name.strip():
            raise ValueError("name is empty: give the product's name as printed on the pack")
        if not self.category or not all(part.strip() for part in self.category):
            raise ValueError(f"category {self.category!r} has an empty part: give the path from the root of the tree")
        if strangers := [variant.id for variant in self.variants if variant.gtin != self.gtin]:
            raise ValueError(f"variants {strangers} belong to another product than {self.gtin}")

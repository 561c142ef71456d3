"""Products, their variants and the category tree."""

from dataclasses import dataclass
from datetime import date
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
    """One packaging look of a product.

    Attributes:
        id: unique in the catalogue; a product's first look has its GTIN as id.
        gtin: the product.
        valid_from, valid_until: first and last day on shelves, None where open.

    Raises:
        ValueError: for an empty id, or a last day before the first.
    """

    id: str
    gtin: Gtin
    kind: VariantKind = VariantKind.REGULAR
    valid_from: date | None = None
    valid_until: date | None = None

    def __post_init__(self) -> None:
        if not self.id.strip():
            raise ValueError("the variant's id is empty: give one that no other variant has")
        check_days(self.valid_from, self.valid_until)


@dataclass(frozen=True, slots=True)
class Product:
    """What the retailer sells.

    Attributes:
        gtin: GTIN-14 with a right check digit; shorter forms are padded.
        family: products of one family are siblings: same brand and look, another size or flavour.
        category: path in the category tree from its root, for example ``("drinks", "juice")``.
        variants: at least one, which is added where it is missing: the look whose id is the GTIN. It comes first,
            the others in the order of their ids.
        valid_from, valid_until: first and last day on sale, None where open. A delisted product has a last day.

    Raises:
        InvalidGtin: for a wrong GTIN.
        ValueError: for an empty name or category, a variant of another product, two variants of one id, or a last
            day before the first.
    """

    gtin: Gtin
    name: str
    category: tuple[str, ...]
    family: str | None = None
    variants: tuple[Variant, ...] = ()
    valid_from: date | None = None
    valid_until: date | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "gtin", parse_gtin(self.gtin))
        if not self.name.strip():
            raise ValueError("name is empty: give the product's name as printed on the pack")
        if not self.category or not all(part.strip() for part in self.category):
            raise ValueError(f"category {self.category!r} has an empty part: give the path from the root of the tree")
        check_days(self.valid_from, self.valid_until)
        object.__setattr__(self, "variants", self._ordered())

    def _ordered(self) -> tuple[Variant, ...]:
        if strangers := [variant.id for variant in self.variants if variant.gtin != self.gtin]:
            raise ValueError(f"variants {strangers} belong to another product than {self.gtin}")
        by_id = {variant.id: variant for variant in self.variants}
        if len(by_id) != len(self.variants):
            raise ValueError(f"product {self.gtin} has two variants of one id")
        first = by_id.pop(self.gtin, None) or Variant(self.gtin, self.gtin)
        return (first, *(by_id[id] for id in sorted(by_id)))

    @property
    def is_delisted(self) -> bool:
        """Whether it has a last day."""
        return self.valid_until is not None

    def variant(self, id: str) -> Variant | None:
        """Return its variant of this id, None if it has none."""
        return next((variant for variant in self.variants if variant.id == id), None)


def check_days(first: date | None, last: date | None) -> None:
    """Refuse a last day before the first.

    Raises:
        ValueError: naming both.
    """
    if first and last and last < first:
        raise ValueError(f"the last day {last} is before the first, {first}")

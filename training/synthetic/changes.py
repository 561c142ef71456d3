"""What a season changes: new and delisted products, new looks, planograms reset."""

from dataclasses import dataclass
from enum import StrEnum

from retail.gtin import Gtin


class ChangeKind(StrEnum):
    """What happened to the catalogue or to a planogram."""

    NEW_PRODUCT = "new_product"
    DELISTED = "delisted"
    PACKAGING_REFRESH = "packaging_refresh"
    PLANOGRAM_RESET = "planogram_reset"


@dataclass(frozen=True, slots=True)
class CatalogueChange:
    """One change: of the product ``gtin``, or of the bay ``bay_id`` for a reset planogram.

    Attributes:
        version: the catalogue version, or the planogram's, that first has the change.
    """

    kind: ChangeKind
    version: int
    gtin: Gtin | None = None
    bay_id: str | None = None

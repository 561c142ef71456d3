"""For whom and when a version of a planogram counts."""

from dataclasses import dataclass
from datetime import date

from retail.products import check_days
from retail.stores import StoreFormat


@dataclass(frozen=True, slots=True)
class Validity:
    """Of one format of stores or of all (None), from one day to another (None where open).

    Of versions that are valid on a day one for the store's format beats one for all, then a later one an earlier.

    Raises:
        ValueError: if the last day is before the first.
    """

    store_format: StoreFormat | None = None
    first: date | None = None
    last: date | None = None

    def __post_init__(self) -> None:
        check_days(self.first, self.last)

    def covers(self, other: "Validity") -> bool:
        """Say whether a later version of this validity leaves an earlier one of the other no day."""
        return (
            self.store_format is other.store_format
            and (self.first or date.min) <= (other.first or date.min)
            and (self.last or date.max) >= (other.last or date.max)
        )

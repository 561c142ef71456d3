"""What a report is about."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from retail.stores import StoreFormat


class By(StrEnum):
    """What a report has a row of its own for."""

    STORE = "store"
    FORMAT = "format"
    CATEGORY = "category"
    WEEK = "week"


class Of(StrEnum):
    """Whose share of the shelf is reported."""

    PRODUCT = "product"
    CATEGORY = "category"


@dataclass(frozen=True, slots=True)
class Scope:
    """What is counted.

    Attributes:
        since: first day, in UTC.
        until: last day.
        store_ids: of these stores alone; None for all.
        formats: of stores of these formats alone; none for all.
        category: only products at or below this node of the category tree; by category, a row is one node below it.
    """

    since: date
    until: date
    store_ids: Collection[str] | None = None
    formats: Collection[StoreFormat] = ()
    category: tuple[str, ...] = ()

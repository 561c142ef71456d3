"""Products as rows of a CSV file: one row for each variant, the product's own cells repeated."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

from retail.gtin import Gtin
from retail.products import Product, Variant
from service.catalogue.files.cells import (
    read_category,
    read_date,
    read_gtin,
    read_text,
    read_variant_id,
    read_variant_kind,
)
from service.catalogue.files.rows import CsvRow

# First and last day of the product are valid_from and valid_until, of one packaging variant_from and variant_until.
COLUMNS = (
    *("gtin", "name", "category", "family", "valid_from", "valid_until"),
    *("variant_id", "variant_kind", "variant_from", "variant_until"),
)
NEEDED = ("gtin", "name", "category")
OF_PRODUCT: dict[str, Callable[[str], Any]] = {
    "name": lambda cell: read_text(cell, 200),
    "category": read_category,
    "family": lambda cell: read_text(cell, 100) if cell else None,
    "valid_from": read_date,
    "valid_until": read_date,
}
_OF_VARIANT: dict[str, tuple[str, Callable[[str], Any]]] = {
    "variant_kind": ("kind", read_variant_kind),
    "variant_from": ("valid_from", read_date),
    "variant_until": ("valid_until", read_date),
}


@dataclass(frozen=True, slots=True)
class ProductRow:
    """What one row says about a product and one of its variants; what has no column is not said.

    Attributes:
        product: fields of `Product` by name.
        variant: fields of `Variant` by name, without its id.
    """

    line: int
    gtin: Gtin
    product: dict[str, Any]
    variant_id: str
    variant: dict[str, Any]


def read_row(row: CsvRow) -> ProductRow | None:
    """Read a row; None where it has a mistake, which is noted. An empty `variant_id` is the product's first variant."""
    mistakes = row.errors.count
    gtin = row.read("gtin", read_gtin)
    product = {field: row.read(field, reader) for field, reader in OF_PRODUCT.items() if field in row.cells}
    variant = {
        field: row.read(column, reader) for column, (field, reader) in _OF_VARIANT.items() if column in row.cells
    }
    variant_id = row.read("variant_id", read_variant_id) if row.cells.get("variant_id") else gtin
    if row.errors.count > mistakes or gtin is None or variant_id is None:
        return None
    return ProductRow(row.line, gtin, product, variant_id, variant)


def product_of_rows(rows: Sequence[ProductRow], known: Product | None, whole: bool) -> Product:
    """Return what the rows of one product make of it.

    What they do not say stays as it is known: fields without a column, and variants without a row, except that
    a `whole` list of variants leaves the others out. The first variant always stays.

    Raises:
        ValueError: if the product cannot be so.
    """
    gtin, fields = rows[0].gtin, rows[0].product
    variants = {variant.id: variant for variant in (known.variants if known else (Variant(gtin, gtin),))}
    said = {
        row.variant_id: replace(variants.get(row.variant_id, Variant(row.variant_id, gtin)), **row.variant)
        for row in rows
    }
    kept = {id: variant for id, variant in variants.items() if id == gtin or not whole}
    together = kept | said
    if known is not None:
        return replace(known, **fields, variants=tuple(together.values()))
    return Product(gtin, variants=tuple(together.values()), **fields)

"""The catalogue as a CSV file."""

import csv
from collections.abc import Iterator
from io import TextIOWrapper
from itertools import groupby
from operator import attrgetter
from typing import Any, BinaryIO

from sqlalchemy import Row, select
from sqlalchemy.orm import Session

from service.catalogue.files.cells import write_category, write_date
from service.catalogue.files.products import COLUMNS
from service.records import ProductRecord, VariantRecord

_ROWS_AT_ONCE = 1000


def write_catalogue(session: Session, file: BinaryIO) -> None:
    """Write all products in the order of their GTIN, in constant memory; importing the file changes nothing."""
    text = TextIOWrapper(file, "utf-8", newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    for _, variants in groupby(_found(session), key=attrgetter("gtin")):
        for row in sorted(variants, key=lambda row: (row.variant_id != row.gtin, row.variant_id)):
            writer.writerow(_cells(row))
    text.detach()  # flushes; the file stays open


def _found(session: Session) -> Iterator[Row[Any]]:
    product, variant = ProductRecord, VariantRecord
    of_product = (product.gtin, product.name, product.category, product.family, product.valid_from, product.valid_until)
    of_variant = (
        variant.id.label("variant_id"),
        variant.kind,
        variant.valid_from.label("variant_from"),
        variant.valid_until.label("variant_until"),
    )
    wanted = select(*of_product, *of_variant).join(variant, variant.gtin == product.gtin)
    wanted = wanted.where(product.became.is_(None)).order_by(product.gtin)
    return iter(session.execute(wanted, execution_options={"yield_per": _ROWS_AT_ONCE}))


def _cells(row: Row[Any]) -> tuple[str, ...]:
    return (
        *(row.gtin, row.name, write_category(tuple(row.category)), row.family or ""),
        *(write_date(row.valid_from), write_date(row.valid_until)),
        *(row.variant_id, row.kind, write_date(row.variant_from), write_date(row.variant_until)),
    )

"""A store's assortment as a CSV file: one row for each product."""

import csv
from collections.abc import Iterable
from io import StringIO
from typing import BinaryIO

from retail.catalogue import Listing
from retail.gtin import Gtin
from service.catalogue.files.cells import read_date, read_gtin, write_date
from service.catalogue.files.rows import CsvFile, CsvRow, FileErrors

COLUMNS = ("gtin", "valid_from", "valid_until")


def read_listings(file: BinaryIO) -> dict[Gtin, Listing]:
    """Read the products that a store carries, by GTIN.

    Raises:
        Problem: 422 with the file's mistakes by line and column.
    """
    errors = FileErrors()
    found: dict[Gtin, Listing] = {}
    for row in CsvFile(file, COLUMNS, ("gtin",), errors):
        listing = _read(row)
        if listing is not None and found.setdefault(listing.gtin, listing) != listing:
            errors.add(row.line, "gtin", f"{listing.gtin} has other days on a line before", "Keep one row.")
    errors.check()
    return found


def write_listings(listings: Iterable[Listing]) -> str:
    """Write the products that a store carries."""
    text = StringIO(newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    writer.writerows((one.gtin, write_date(one.valid_from), write_date(one.valid_until)) for one in listings)
    return text.getvalue()


def _read(row: CsvRow) -> Listing | None:
    mistakes = row.errors.count
    gtin = row.read("gtin", read_gtin)
    first, last = (row.read(column, read_date) if column in row.cells else None for column in COLUMNS[1:])
    if gtin is None or row.errors.count > mistakes:
        return None
    try:
        return Listing(gtin, first, last)
    except ValueError as error:
        row.errors.add(row.line, "valid_until", str(error), "Correct the days.")
        return None

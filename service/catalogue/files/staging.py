"""A CSV file's rows, checked and sorted by GTIN in a temporary database on disk: large files need little memory."""

import json
import sqlite3
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from types import TracebackType
from typing import BinaryIO, Self

from retail.gtin import Gtin
from service.catalogue.files.products import COLUMNS, NEEDED, OF_PRODUCT, ProductRow, read_row
from service.catalogue.files.rows import CsvFile, CsvRow, FileErrors


class StagedProducts:
    """The checked rows of a catalogue file."""

    def __init__(self, file: BinaryIO) -> None:
        """Read a file that is at its start.

        Raises:
            Problem: 422 with its mistakes by line and column.
        """
        self._rows = sqlite3.connect("")  # a database without a name lives in a file that is gone with it
        self._rows.execute(
            "CREATE TABLE rows (gtin TEXT, line INTEGER, variant_id TEXT, product TEXT, cells TEXT,"
            " PRIMARY KEY (gtin, line)) WITHOUT ROWID"
        )
        self._errors = FileErrors()
        read = CsvFile(file, COLUMNS, NEEDED, self._errors)
        self._rows.executemany("INSERT INTO rows VALUES (?, ?, ?, ?, ?)", _checked(read))
        self._rows.execute("CREATE INDEX variants ON rows (variant_id)")
        self._check_variants()
        self._check_agreement()
        self._errors.check()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self._rows.close()

    def __iter__(self) -> Iterator[tuple[Gtin, list[ProductRow]]]:
        """Yield the rows of each product in the order of their GTIN."""
        found = self._rows.execute("SELECT gtin, line, cells FROM rows ORDER BY gtin, line")
        for gtin, rows in groupby(found, key=lambda row: str(row[0])):
            yield Gtin(gtin), [self._read(line, cells) for _, line, cells in rows]

    def missing(self, gtins: Sequence[Gtin]) -> list[Gtin]:
        """Return those of some GTINs that the file does not name."""
        marks = ",".join("?" * len(gtins))
        named = {row[0] for row in self._rows.execute(f"SELECT gtin FROM rows WHERE gtin IN ({marks})", gtins)}
        return [gtin for gtin in gtins if gtin not in named]

    def _read(self, line: int, cells: str) -> ProductRow:
        row = read_row(CsvRow(line, json.loads(cells), self._errors))
        assert row is not None  # it was read without a mistake before
        return row

    def _check_variants(self) -> None:
        twice = "SELECT variant_id FROM rows GROUP BY variant_id HAVING count(*) > 1"
        for (id,) in self._rows.execute(twice):
            lines = [
                line
                for (line,) in self._rows.execute("SELECT line FROM rows WHERE variant_id = ? ORDER BY line", (id,))
            ]
            for line in lines[1:]:
                remedy = "Keep one row for each variant; further variants of a product need a variant_id of their own."
                self._errors.add(line, "variant_id", f"{id!r} is on line {lines[0]} too", remedy)

    def _check_agreement(self) -> None:
        torn = "SELECT gtin FROM rows GROUP BY gtin HAVING count(DISTINCT product) > 1"
        for (gtin,) in self._rows.execute(torn):
            first, *others = self._rows.execute("SELECT line, product FROM rows WHERE gtin = ? ORDER BY line", (gtin,))
            for line, product in others:
                for column, here, there in zip(OF_PRODUCT, json.loads(product), json.loads(first[1]), strict=True):
                    if here != there:
                        detail = f"is {here!r}, but {there!r} on line {first[0]} of the same product"
                        self._errors.add(line, column, detail, "Give all rows of one product the same.")


def _checked(file: Iterable[CsvRow]) -> Iterator[tuple[str, int, str, str, str]]:
    for row in file:
        read = read_row(row)
        if read is not None:
            of_product = json.dumps([row.cells.get(column) for column in OF_PRODUCT])
            yield read.gtin, row.line, read.variant_id, of_product, json.dumps(row.cells)

"""A planogram as a CSV file: one row for each position, measures of shelf and bay repeated in each."""

import csv
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date
from io import TextIOWrapper
from typing import Any, BinaryIO

from sqlalchemy.orm import Session

from retail.gtin import Gtin
from retail.planogram_validity import Validity
from retail.planograms import PlannedShelf, Planogram, Position
from service.catalogue.files.cells import BadCell, read_gtin
from service.catalogue.files.rows import CsvFile, CsvRow, FileErrors
from service.catalogue.loading import read_catalogue
from service.catalogue.resolving import product_of
from service.planograms.putting import Wanted
from service.planograms.schemas import MOST_POSITIONS
from service.problems import Problem

COLUMNS = ("shelf", "slot", "gtin", "name", "wide", "high", "x", "width", "shelf_base", "shelf_clear", "bay_width")
NEEDED = ("shelf", "slot", "gtin")
_MOST_LENGTH = 100_000  # cm
_OF_SHELF, _OF_BAY = ("shelf_base", "shelf_clear"), "bay_width"


@dataclass(frozen=True, slots=True)
class _Read:
    """A row that could be read; lengths by their column, None where the cell is empty."""

    line: int
    position: Position
    lengths: Mapping[str, float | None]


class PlanogramFile:
    """The rows of a file, read and checked as far as that goes without the catalogue.

    Raises:
        Problem: 422 with the file's mistakes by line and column.
    """

    def __init__(self, file: BinaryIO) -> None:
        """Read a file that is at its start."""
        self._errors = FileErrors()
        self._rows: list[_Read] = []
        for row in CsvFile(file, COLUMNS, NEEDED, self._errors):
            if len(self._rows) == MOST_POSITIONS:
                detail = f"there are more than {MOST_POSITIONS} positions"
                self._errors.add(row.line, None, detail, "Give each kind of bay a planogram of its own.")
                break
            if read := _read(row):
                self._rows.append(read)
        if not self._rows and not self._errors.count:
            self._errors.add(1, None, "the file has no positions", "Add a row for each.")
        self._check_slots()
        self._measures: dict[int, PlannedShelf] = {}
        self._check_shelves()
        self._width = self._same([(one.line, one.lengths[_OF_BAY]) for one in self._rows], _OF_BAY)
        self._errors.check()

    def wanted(self, session: Session, validity: Validity, today: date) -> Wanted:
        """Return the layout, with the products that its GTINs stand for today.

        Raises:
            Problem: 422 with the products that there are not, by line.
        """
        catalogue = read_catalogue(session, {one.position.gtin for one in self._rows})
        positions = []
        for one in self._rows:
            try:
                gtin = product_of(catalogue, one.position.gtin, "gtin", today)
                positions.append(replace(one.position, gtin=gtin))
            except Problem as problem:
                self._errors.add(one.line, "gtin", problem.detail.removesuffix("."), problem.remedy or "")
        self._errors.check()
        return Wanted(validity, tuple(positions), tuple(self._measures.values()), self._width)

    def _check_slots(self) -> None:
        first: dict[tuple[int, int], int] = {}
        for one in self._rows:
            slot = one.position.shelf, one.position.slot
            if first.setdefault(slot, one.line) != one.line:
                detail = f"shelf {slot[0]} has a slot {slot[1]} on line {first[slot]} already"
                self._errors.add(one.line, "slot", detail, "Count the slots of a shelf from the left, from 1.")

    def _check_shelves(self) -> None:
        for number in sorted({one.position.shelf for one in self._rows}):
            rows = [one for one in self._rows if one.position.shelf == number]
            base, clear = (self._same([(one.line, one.lengths[name]) for one in rows], name) for name in _OF_SHELF)
            if base is not None and clear is not None:
                self._measures[number] = PlannedShelf(number, base, clear)
            elif base is not None or clear is not None:
                missing = _OF_SHELF[base is not None]
                self._errors.add(rows[0].line, missing, f"is missing for shelf {number}", "Give both or none.")

    def _same(self, cells: Iterable[tuple[int, float | None]], column: str) -> float | None:
        """Return what all rows say that say anything."""
        said = [(line, value) for line, value in cells if value is not None]
        for line, value in said[1:]:
            if value != said[0][1]:
                detail = f"is {value:g} here and {said[0][1]:g} on line {said[0][0]}"
                self._errors.add(line, column, detail, "Give all rows of one shelf, or of the bay, the same.")
        return said[0][1] if said else None


def write_planogram(planogram: Planogram, names: Mapping[Gtin, str], file: BinaryIO) -> None:
    """Write the positions of a planogram; importing the file changes nothing."""
    text = TextIOWrapper(file, "utf-8", newline="")
    writer = csv.writer(text)
    writer.writerow(COLUMNS)
    shelves = {shelf.number: (shelf.base, shelf.clear) for shelf in planogram.shelves}
    for one in planogram.positions:
        what = (one.shelf, one.slot, one.gtin, names.get(one.gtin, ""), one.wide, one.high)
        measures = (one.x, one.width, *shelves.get(one.shelf, (None, None)), planogram.width)
        writer.writerow((*what, *map(_cell, measures)))
    text.detach()  # flushes; the file stays open


def _cell(length: float | None) -> str:
    return "" if length is None else repr(length).removesuffix(".0")  # all digits: it is compared when it comes back


def _read(row: CsvRow) -> _Read | None:
    mistakes = row.errors.count
    shelf, slot, gtin = row.read("shelf", _count(100)), row.read("slot", _count(1000)), row.read("gtin", read_gtin)
    wide, high = (_optional(row, name, _count(most), 1) for name, most in (("wide", 1000), ("high", 100)))
    lengths = {name: _optional(row, name, _length, None) for name in ("x", "width", *_OF_SHELF, _OF_BAY)}
    for name in ("width", *_OF_SHELF, _OF_BAY):
        if (length := lengths[name]) is not None and length <= 0:
            row.errors.add(row.line, name, "is not more than 0", "Write cm, or leave the cell empty.")
    if shelf is None or slot is None or gtin is None or row.errors.count > mistakes:
        return None
    try:
        return _Read(row.line, Position(shelf, slot, gtin, wide, high, lengths["x"], lengths["width"]), lengths)
    except ValueError as error:
        row.errors.add(row.line, "width", str(error), "Give both or none.")
        return None


def _optional(row: CsvRow, column: str, reader: Callable[[str], Any], otherwise: Any) -> Any:
    return row.read(column, reader) if row.cells.get(column) else otherwise


def _count(most: int) -> Callable[[str], int]:
    def read(cell: str) -> int:
        if not (cell.isascii() and cell.isdigit() and len(cell) < 6 and 1 <= int(cell) <= most):
            raise BadCell(f"{cell[:20]!r} is no number from 1 to {most}", "Write a whole number.")
        return int(cell)

    return read


def _length(cell: str) -> float:
    try:
        length = float(cell.replace(",", ".") if cell.count(",") == 1 and "." not in cell else cell)
    except ValueError:
        length = float("nan")
    if not abs(length) <= _MOST_LENGTH:
        raise BadCell(f"{cell[:20]!r} is no length", "Write cm as 12.5, or leave the cell empty.")
    return length

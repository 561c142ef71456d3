"""CSV files as spreadsheets write them: read row by row, with every mistake told by its line and column."""

import csv
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, BinaryIO, TypeVar

from service.catalogue.files.cells import BadCell
from service.problems import Problem

MOST_ERRORS = 100
MOST_LINE = 1_000_000  # characters
_UTF_16 = (b"\xff\xfe", b"\xfe\xff")
Value = TypeVar("Value")


@dataclass(slots=True)
class FileErrors:
    """The mistakes of a file: the first of them, and how many there are."""

    first: list[dict[str, Any]] = field(default_factory=list)
    count: int = 0

    def add(self, line: int, column: str | None, detail: str, remedy: str) -> None:
        """Note a mistake."""
        self.count += 1
        if len(self.first) < MOST_ERRORS:
            self.first.append({"line": line, "column": column, "detail": detail, "remedy": remedy})

    def check(self) -> None:
        """Refuse the file if it has mistakes.

        Raises:
            Problem: 422 with the first mistakes as ``errors`` and their number as ``error_count``.
        """
        if not self.count:
            return
        self.first.sort(key=lambda error: error["line"])
        first = self.first[0]
        place = f"line {first['line']}" + (f", column {first['column']}" if first["column"] else "")
        more = f"; {self.count - 1} more" if self.count > 1 else ""
        raise Problem(
            422,
            "bad-csv",
            f"{place}: {first['detail']}{more}. Nothing was changed.",
            field=first["column"],
            remedy=first["remedy"],
            members={"errors": self.first, "error_count": self.count},
        )


@dataclass(frozen=True, slots=True)
class CsvRow:
    """One row: the line it begins on, and its cells by column, without outer spaces."""

    line: int
    cells: Mapping[str, str]
    errors: FileErrors

    def read(self, column: str, reader: Callable[[str], Value]) -> Value | None:
        """Read a cell; where it cannot be read the mistake is noted and None returned."""
        try:
            return reader(self.cells[column])
        except BadCell as bad:
            self.errors.add(self.line, column, bad.detail, bad.remedy)
            return None


class CsvFile:
    """A file with a header. Takes UTF-8 with or without a byte order mark; commas, semicolons or tabs.

    Attributes:
        columns: those that the file has.

    Raises:
        Problem: 422 if the header is not one.
    """

    def __init__(self, file: BinaryIO, known: Iterable[str], needed: Iterable[str], errors: FileErrors) -> None:
        """Read the header of a file that is at its start."""
        self._file, self._errors = file, errors
        self._reader, self.columns = self._header(tuple(known), tuple(needed))

    def _header(self, known: tuple[str, ...], needed: tuple[str, ...]) -> tuple[Iterator[list[str]], tuple[str, ...]]:
        start = self._file.readline(MOST_LINE)
        if start.startswith(_UTF_16):
            self._errors.add(1, None, "the file is UTF-16", "Save it as 'CSV UTF-8'.")
            self._errors.check()
        first = start.decode("utf-8-sig", errors="replace")
        delimiter = max(",;\t", key=first.count)
        columns = tuple(name.strip().lower() for name in next(csv.reader([first], delimiter=delimiter), []))
        for column in needed:
            if column not in columns:
                self._errors.add(1, column, "this column is missing", f"Let the first line be: {','.join(known)}")
        for place, column in enumerate(columns):
            if column not in known:
                self._errors.add(1, column, "this column is unknown", f"Remove it; known are: {', '.join(known)}")
            elif column in columns[:place]:
                self._errors.add(1, column, "this column is there twice", "Remove one.")
        self._errors.check()
        return csv.reader(self._lines(), delimiter=delimiter, strict=True), columns

    def _lines(self) -> Iterator[str]:
        while line := self._file.readline(MOST_LINE):
            if len(line) == MOST_LINE:  # rubbish, which must not fill the memory
                raise csv.Error(f"a line has {MOST_LINE} characters or more")
            # What is no UTF-8 is found cell by cell, so that the mistake has a line and a column.
            yield line.decode(errors="surrogateescape")

    def __iter__(self) -> Iterator[CsvRow]:
        """Yield the rows that have as many cells as the header; empty ones are passed over."""
        reader: Any = self._reader
        while True:
            line = reader.line_num + 2  # the header was read without it
            try:
                cells = [cell.strip() for cell in next(reader)]
            except StopIteration:
                return
            except csv.Error as error:
                remedy = "Look for a quotation mark that is opened and not closed; inside of a text it is doubled."
                self._errors.add(line, None, f"this and all that follows cannot be read: {error}", remedy)
                return
            if len(cells) == len(self.columns):
                if any(cells):
                    yield CsvRow(line, dict(zip(self.columns, cells, strict=True)), self._errors)
            elif any(cells):
                detail = f"the row has {len(cells)} cells, the header {len(self.columns)}"
                self._errors.add(line, None, detail, "Put texts with delimiters or line ends in quotation marks.")

"""What one cell of a CSV file says: reading it strictly, with a remedy where it cannot be read, and writing it."""

import re
from datetime import date, datetime
from functools import lru_cache

from retail.gtin import Gtin, InvalidGtin, check_digit, parse_gtin
from retail.products import VariantKind
from service.stores.queries import ID_PATTERN

MOST_CATEGORY_PARTS = 12
MOST_PART = 100  # characters
MOST_SHOWN = 40  # characters of a wrong cell
_ROUNDED = re.compile(r"[\d.,]+[eE]\+?\d+")
_HALF_CHARACTER = re.compile("[\ud800-\udfff]")
_CATEGORY_PART = re.compile(r"((?:[^\\>]|\\.|\\\Z)*)(>|\Z)", re.DOTALL)


class BadCell(Exception):
    """A cell that cannot be read: what is wrong, and what to do about it."""

    def __init__(self, detail: str, remedy: str) -> None:
        super().__init__(detail)
        self.detail, self.remedy = detail, remedy


def read_gtin(cell: str) -> Gtin:
    """Read a GTIN of 8, 12, 13 or 14 digits.

    Raises:
        BadCell: for anything else; what spreadsheets do to GTINs is named.
    """
    if _ROUNDED.fullmatch(cell):
        raise BadCell(
            f"{_shown(cell)} is a GTIN that a spreadsheet rounded: its last digits are lost",
            "Format the column as text before the GTINs are pasted into it, and save the file again.",
        )
    try:
        return parse_gtin(cell[:MOST_SHOWN])
    except InvalidGtin as error:
        raise BadCell(str(error), _remedy_for_gtin(cell)) from error


def _remedy_for_gtin(cell: str) -> str:
    short = cell.isascii() and cell.isdigit() and len(cell) in (7, 9, 10, 11)
    if short and check_digit(cell[:-1]) == cell[-1]:
        return f"If a spreadsheet dropped leading zeros, write {cell.zfill(8 if len(cell) == 7 else 14)}."
    return "Correct the GTIN: 8, 12, 13 or 14 digits, the last one its check digit."


def read_text(cell: str, most: int) -> str:
    """Read a text that must be there.

    Raises:
        BadCell: if it is empty, too long, or holds characters that no record can.
    """
    if not cell:
        raise BadCell("is empty", "Fill it in.")
    if "\x00" in cell:
        raise BadCell("has a NUL character", "Remove it.")
    if _HALF_CHARACTER.search(cell):
        raise BadCell("is not UTF-8", "Save the file as 'CSV UTF-8'.")
    if len(cell) > most:
        raise BadCell(f"has {len(cell)} characters", f"Shorten it to {most}.")
    return cell


@lru_cache(10_000)  # a file says most of them over and over
def read_category(cell: str) -> tuple[str, ...]:
    r"""Read a path of the category tree as ``drinks > juice``; ``\>`` is a > within a name.

    Raises:
        BadCell: if a part is empty or too long, or if there are too many.
    """
    parts: list[str] = []
    for found in _CATEGORY_PART.finditer(cell):
        parts.append(re.sub(r"\\(.)", r"\1", found[1], flags=re.DOTALL).strip())
        if not found[2]:
            break
    if len(parts) > MOST_CATEGORY_PARTS:
        raise BadCell(f"has {len(parts)} parts", f"Use {MOST_CATEGORY_PARTS} at most.")
    if not all(parts):
        raise BadCell(f"{_shown(cell)} has an empty part", "Write the path from the root as: drinks > juice")
    return tuple(read_text(part, MOST_PART) for part in parts)


def write_category(path: tuple[str, ...]) -> str:
    r"""Write a path of the category tree as ``drinks > juice``, a > within a name as ``\>``."""
    return " > ".join(part.replace("\\", "\\\\").replace(">", "\\>") for part in path)


@lru_cache(10_000)
def read_date(cell: str) -> date | None:
    """Read a day as 2026-12-31, or as the 31.12.2026 that spreadsheets make of it; an empty cell is None.

    Raises:
        BadCell: for any other form: 01/02/2026 is another day here than there.
    """
    if not cell:
        return None
    form = "%d.%m.%Y" if "." in cell else "%Y-%m-%d"
    try:
        return datetime.strptime(cell, form).date()
    except ValueError as error:
        raise BadCell(f"{_shown(cell)} is not a day", "Write it as 2026-12-31.") from error


def write_date(day: date | None) -> str:
    """Write a day as 2026-12-31, none as an empty cell."""
    return day.isoformat() if day else ""


def read_variant_id(cell: str) -> str:
    """Read a variant's id.

    Raises:
        BadCell: if it is none.
    """
    if not re.match(ID_PATTERN, cell):
        raise BadCell(f"{_shown(cell)} is not a variant's id", "Use up to 64 of A-Z a-z 0-9 . _ -")
    return cell


def read_variant_kind(cell: str) -> VariantKind:
    """Read a variant's kind; an empty cell is a regular one.

    Raises:
        BadCell: for another word.
    """
    try:
        return VariantKind(cell.lower() or VariantKind.REGULAR)
    except ValueError as error:
        raise BadCell(f"{_shown(cell)} is no kind of variant", f"Use one of: {', '.join(VariantKind)}.") from error


def _shown(cell: str) -> str:
    return repr(cell if len(cell) <= MOST_SHOWN else cell[:MOST_SHOWN] + "…")

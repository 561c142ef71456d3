"""From what the database counted to rows of a report, and of its CSV file."""

import csv
from collections.abc import Collection, Iterable, Iterator
from io import TextIOWrapper
from typing import Any, BinaryIO

from sqlalchemy import Row

from service.catalogue.files.cells import write_category
from service.reports.scope import By, Of, Scope

Counted = Iterable[Row[*tuple[Any, ...]]]
_KEYS = {
    By.STORE: ("store_id", "store_name"),
    By.FORMAT: ("format",),
    By.CATEGORY: ("category",),
    By.WEEK: ("week", "monday"),
}
_FIGURES = (
    *("bays", "positions", "correct", "wrong_position", "wrong_shelf", "out_of_stock", "undecided"),
    *("compliance_rate", "on_shelf_availability"),
)


def compliance_of(counted: Counted, scope: Scope) -> Iterator[dict[str, Any]]:
    """Yield rows with their rates, which are those of the positions that were decided."""
    for row in counted:
        decided = row.positions - row.undecided
        yield {
            **_group(row, scope),
            "compliance_rate": row.correct / decided if decided else None,
            "on_shelf_availability": 1 - row.out_of_stock / decided if decided else None,
        }


def shares_of(counted: Counted, scope: Scope) -> Iterator[dict[str, Any]]:
    """Yield rows; facings whose product is not known have neither GTIN nor name."""
    for row in counted:
        group = _group(row, scope)
        yield group | {key: group[key] or None for key in ("gtin", "name") if key in group}


def write_compliance(rows: Iterable[dict[str, Any]], by: Collection[By], file: BinaryIO) -> None:
    """Write a compliance report as CSV, in constant memory."""
    _write(rows, [key for one in by for key in _KEYS[one]], _FIGURES, file)


def write_shares(rows: Iterable[dict[str, Any]], of: Of, by: Collection[By], file: BinaryIO) -> None:
    """Write a report of shares as CSV, in constant memory."""
    whose = ("gtin", "name") if of is Of.PRODUCT else ("category",)
    _write(rows, [key for one in by for key in _KEYS[one]], (*whose, "share"), file)


def _group(row: Row[*tuple[Any, ...]], scope: Scope) -> dict[str, Any]:
    group = dict(row._mapping)
    if "category" in group:
        group["category"] = [*scope.category, *filter(None, [group["category"]])]
    if "monday" in group:
        year, week, _ = group["monday"].isocalendar()
        group["week"] = f"{year}-W{week:02}"
    return group


def _write(rows: Iterable[dict[str, Any]], keys: Iterable[str], figures: Iterable[str], file: BinaryIO) -> None:
    text = TextIOWrapper(file, "utf-8", newline="")
    writer = csv.DictWriter(text, [*keys, *figures])
    writer.writeheader()
    for row in rows:
        writer.writerow({key: _cell(value) for key, value in row.items()})
    text.detach()  # flushes; the file stays open


def _cell(value: Any) -> Any:
    if isinstance(value, list):
        return write_category(tuple(value))
    return round(value, 6) if isinstance(value, float) else value

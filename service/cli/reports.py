"""`shelfloop reports`: how stores keep their planograms, from a running service."""

from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from retail.stores import StoreFormat
from service.cli.remote import Key, Url, call
from service.cli.terminal import output
from service.reports.scope import By, Of

app = typer.Typer(help="How stores keep their planograms, and who takes how much of the shelf.", no_args_is_help=True)
LOCAL = "http://127.0.0.1:8000"
REPORT_SECONDS = 600  # a year of a large chain
Grouping = Annotated[list[By] | None, typer.Option("--by", help="What has rows of its own; may be repeated.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Day of UTC; 12 weeks until today, else.")]
Stores = Annotated[list[str] | None, typer.Option("--store", help="Only this store; may be repeated.")]
Formats = Annotated[list[StoreFormat] | None, typer.Option("--format", help="Only this format; may be repeated.")]
Category = Annotated[list[str] | None, typer.Option(help="Only below this node: its path, an option for each part.")]
File = Annotated[Path | None, typer.Option("--csv", dir_okay=False, help="Write all rows into this file instead.")]


@app.command()
def compliance(
    key: Key,
    url: Url = LOCAL,
    by: Grouping = None,
    since: Day = None,
    until: Day = None,
    store: Stores = None,
    format: Formats = None,
    category: Category = None,
    file: File = None,
) -> None:
    """Report correct, wrong, out of stock and undecided positions; each counts once a day."""
    _report(url, key, "compliance", _asked(by, since, until, store, format, category), file)


@app.command(name="share-of-shelf")
def share_of_shelf(
    key: Key,
    url: Url = LOCAL,
    of: Annotated[Of, typer.Option(help="Whose share.")] = Of.CATEGORY,
    by: Grouping = None,
    since: Day = None,
    until: Day = None,
    store: Stores = None,
    format: Formats = None,
    category: Category = None,
    file: File = None,
) -> None:
    """Report how much of the shelf products or categories take; with --category, of what that category takes."""
    _report(url, key, "share-of-shelf", {"of": of.value, **_asked(by, since, until, store, format, category)}, file)


def _asked(
    by: list[By] | None,
    since: datetime | None,
    until: datetime | None,
    store: list[str] | None,
    format: list[StoreFormat] | None,
    category: list[str] | None,
) -> dict[str, Any]:
    days = {name: day.date().isoformat() for name, day in (("since", since), ("until", until)) if day}
    chosen = {"by": [one.value for one in by or ()], "format": [one.value for one in format or ()]}
    return days | chosen | {"store_id": store or [], "category": category or []}


def _report(url: str, key: str, name: str, asked: dict[str, Any], file: Path | None) -> None:
    path = f"/v1/reports/{name}"
    if file is not None:
        file.write_bytes(call(url, key, "GET", f"{path}.csv", timeout=REPORT_SECONDS, params=asked).content)
        output.print(f"Wrote {file}.")
        return
    report = call(url, key, "GET", path, timeout=REPORT_SECONDS, params=asked).json()
    if report["rows"]:
        output.print(_table(report["rows"]))
    more = "; further rows are left out, --csv has them all" if report["more"] else ""
    output.print(f"{report['since']} to {report['until']}{more or '.' if report['rows'] else ': nothing to report.'}")


def _table(rows: list[dict[str, Any]]) -> Table:
    table = Table(box=None, header_style="bold", pad_edge=False)
    for name, value in rows[0].items():
        table.add_column(name.replace("_", " "), justify="right" if isinstance(value, int | float) else "left")
    for row in rows:
        table.add_row(*(_cell(name, value) for name, value in row.items()))
    return table


def _cell(name: str, value: Any) -> str:
    if isinstance(value, list):
        return escape(" > ".join(value)) or "unknown"
    if value is None:
        return "unknown" if name == "gtin" else "–"
    return f"{value:.1%}" if isinstance(value, float) else escape(str(value))

"""`shelfloop catalogue`: the catalogue of a running service, as a file and change by change."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer
from rich.markup import escape
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

from service.cli.remote import Key, Url, call
from service.cli.terminal import fail, output

app = typer.Typer(help="The catalogue: as a CSV file, and change by change.", no_args_is_help=True)
LOCAL = "http://127.0.0.1:8000"
IMPORT_SECONDS = 3600  # a large import is one request
_CHUNK = 65_536  # bytes
_COLOURS = {"+": "green", "~": "yellow", "-": "red"}
_MOST_SHOWN = 20  # of what a change touched
_MOST_DETAILS = 150  # characters
Product = Annotated[str, typer.Argument(help="GTIN of the product.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")]


@app.command(name="import")
def import_file(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="A CSV file.")],
    key: Key,
    url: Url = LOCAL,
    dry_run: DryRun = False,
    complete: Annotated[bool, typer.Option("--complete", help="It is all there is: delist what it lacks.")] = False,
    confirm: Annotated[int, typer.Option(help="So many may be delisted, even if it is more than half.")] = 0,
) -> None:
    """Add and change products as a CSV file says, all or nothing."""
    params = {"dry_run": dry_run, "complete": complete, "confirm": confirm}
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(*columns, console=output, transient=True) as bar:
        answer = call(
            url,
            key,
            "POST",
            "/v1/catalogue/import",
            timeout=IMPORT_SECONDS,
            params=params,
            headers={"Content-Type": "text/csv"},
            content=_chunks(file, bar),
        )
    _print_import(answer.json())


@app.command()
def export(
    key: Key,
    url: Url = LOCAL,
    file: Annotated[Path | None, typer.Argument(dir_okay=False, help="Where to; the terminal by default.")] = None,
) -> None:
    """Write all products as a CSV file that can be imported."""
    content = call(url, key, "GET", "/v1/catalogue/export", timeout=IMPORT_SECONDS).content
    if file is None:
        typer.echo(content, nl=False)
    else:
        file.write_bytes(content)
        output.print(f"Wrote {file}.")


@app.command()
def changes(
    key: Key,
    url: Url = LOCAL,
    since: Annotated[int, typer.Option(min=0, help="Only after this version.")] = 0,
    most: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 1000,
) -> None:
    """List what changed, oldest first."""
    found = call(url, key, "GET", "/v1/catalogue/changes", params={"since": since, "limit": most}).json()
    for one in found["changes"]:  # a line each, not a table: details are long, and logs are searched
        when = one["at"][:16].replace("T", " ")
        output.print(f"[bold]{one['version']}[/]  {when}  {one['kind']} {one['gtin']} by {escape(one['by'])}")
        output.print(f"  {escape(_details(one['details']))}")
    output.print(f"The catalogue is at version {found['version']}.")


@app.command()
def touched(
    version: Annotated[int, typer.Argument(help="Version of the catalogue that the change made.")],
    key: Key,
    url: Url = LOCAL,
) -> None:
    """List the annotated facings, references and planogram positions that a change touched."""
    after: str | None = ""
    while after is not None:
        path, params = f"/v1/catalogue/changes/{version}/touched", {"after": after}
        page = call(url, key, "GET", path, params=params).json()
        for one in page["touched"]:
            output.print(_touched_line(one))
        after = page["next"]


@app.command()
def rename(
    gtin: Product,
    new_gtin: Annotated[str, typer.Argument(help="Its GTIN from now on.")],
    key: Key,
    url: Url = LOCAL,
    dry_run: DryRun = False,
) -> None:
    """Give a product another GTIN."""
    _change(url, key, gtin, "rename", {"new_gtin": new_gtin}, dry_run)


@app.command()
def merge(
    gtin: Product,
    into: Annotated[str, typer.Argument(help="GTIN of the product that remains.")],
    key: Key,
    url: Url = LOCAL,
    dry_run: DryRun = False,
) -> None:
    """Make a product part of another."""
    _change(url, key, gtin, "merge", {"into": into}, dry_run)


@app.command()
def split(
    gtin: Product,
    into: Annotated[list[str], typer.Option(help="GTIN=NAME of one part; repeat it. One may keep the GTIN.")],
    key: Key,
    url: Url = LOCAL,
    dry_run: DryRun = False,
) -> None:
    """Split a product into several of its category and family; annotators say anew which facing shows which."""
    known = call(url, key, "GET", _path(gtin)).json()
    parts = [_part(text, known) for text in into]
    _change(url, key, gtin, "split", {"into": parts}, dry_run)


@app.command()
def delist(
    gtin: Product,
    key: Key,
    url: Url = LOCAL,
    last_day: Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"], help="Today by default.")] = None,
    dry_run: DryRun = False,
) -> None:
    """Take a product off sale."""
    day: date = (last_day or datetime.now(UTC)).date()
    _change(url, key, gtin, "delist", {"last_day": day.isoformat()}, dry_run)


@app.command()
def relist(gtin: Product, key: Key, url: Url = LOCAL, dry_run: DryRun = False) -> None:
    """Put a delisted product on sale again."""
    _change(url, key, gtin, "relist", None, dry_run)


def _chunks(file: Path, bar: Progress) -> Iterator[bytes]:
    line = bar.add_task("Sending", total=file.stat().st_size)
    with file.open("rb") as opened:
        while chunk := opened.read(_CHUNK):
            yield chunk
            bar.advance(line, len(chunk))
    bar.reset(line, description="Comparing with the catalogue", total=None)


def _print_import(done: dict[str, Any]) -> None:
    for line in done["diff"]:
        output.print(line, style=_COLOURS[line[0]], markup=False)
    if done["diff_left_out"]:
        output.print(f"… and {done['diff_left_out']} more")
    counts = ", ".join(f"{done[name]} {name}" for name in ("added", "changed", "delisted", "unchanged"))
    output.print(f"[bold]{counts}[/]")
    if done["touched"]:
        effects = ", ".join(f"{count} {action}" for action, count in done["touched"].items())
        output.print(f"Annotated facings, references and planogram positions: {effects}.")
    kept = "Nothing was changed; that was a dry run." if done["dry_run"] else "Done."
    output.print(f"{kept} The catalogue is at version {done['catalogue_version']}.")


def _change(url: str, key: str, gtin: str, action: str, body: dict[str, Any] | None, dry_run: bool) -> None:
    request: dict[str, Any] = {} if body is None else {"json": body}
    done = call(url, key, "POST", f"{_path(gtin)}/{action}", params={"dry_run": dry_run}, **request).json()
    for one in done["touched"][:_MOST_SHOWN]:
        output.print(_touched_line(one))
    counts = ", ".join(f"{count} {kind}" for kind, count in done["counts"].items())
    if dry_run:
        output.print(f"This would touch {counts}.")
    elif done["changed"]:
        output.print(f"Touched {counts}. The catalogue is at version {done['catalogue_version']}.")
    else:
        output.print("Nothing to do: it is so already.")


def _part(text: str, known: dict[str, Any]) -> dict[str, Any]:
    gtin, equals, name = text.partition("=")
    if not equals:
        fail(f"--into {text} has no name.", "Write it as --into 4006381333931='Oat drink 500 ml'.")
    return {"gtin": gtin.strip(), "name": name, "category": known["category"], "family": known["family"]}


def _path(gtin: str) -> str:
    return f"/v1/products/{quote(gtin, safe='')}"


def _touched_line(one: dict[str, Any]) -> str:
    after = f" -> {one['after']}" if one["after"] else ""
    return escape(f"{one['kind']} {one['id']}: {one['action']}, {one['before']}{after}")


def _details(details: dict[str, Any]) -> str:
    before, after = details.get("before"), details.get("after")
    if before is not None and after is not None:
        said = {name: f"{before.get(name)} -> {new}" for name, new in after.items() if new != before.get(name)}
    else:
        said = after or details
    text = ", ".join(f"{name}: {value}" for name, value in said.items())
    return text if len(text) <= _MOST_DETAILS else f"{text[:_MOST_DETAILS]}…"

"""`shelfloop planograms`: what bays are meant to look like, through a running service."""

import json
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Table

from retail.stores import StoreFormat
from service.cli.remote import Key, Url, call
from service.cli.terminal import fail, output
from service.planograms.azure_files import Unit

app = typer.Typer(help="Planograms: what bays are meant to look like.", no_args_is_help=True)
LOCAL = "http://127.0.0.1:8000"
_LAYOUT = ("store_format", "valid_from", "valid_until", "width", "shelves")
_POSITION = ("shelf", "slot", "gtin", "wide", "high", "x", "width")
Id = Annotated[str, typer.Argument(help="The planogram's id.")]
DryRun = Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")]
Day = Annotated[datetime | None, typer.Option(formats=["%Y-%m-%d"])]
Version = Annotated[int | None, typer.Option(min=1, help="The newest by default.")]


@app.command()
def put(
    id: Id,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="JSON, as 'show --json' writes it.")],
    key: Key,
    url: Url = LOCAL,
    dry_run: DryRun = False,
) -> None:
    """Put a version of a planogram; what the newest says already changes nothing."""
    done = call(url, key, "PUT", f"/v1/planograms/{id}", json=_json(file), params={"dry_run": dry_run}).json()
    _print_put(done)


@app.command(name="import")
def import_file(
    id: Id,
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="CSV, or JSON in Azure's form.")],
    key: Key,
    url: Url = LOCAL,
    store_format: Annotated[StoreFormat | None, typer.Option(help="Of the stores it is for; all by default.")] = None,
    valid_from: Day = None,
    valid_until: Day = None,
    unit: Annotated[Unit, typer.Option(help="Of the lengths in Azure's form.")] = "cm",
    dry_run: DryRun = False,
) -> None:
    """Put a version of a planogram from a CSV file, or from one in the form of Azure's planogram matching."""
    params: dict[str, Any] = {"dry_run": dry_run}
    params |= {} if store_format is None else {"store_format": store_format.value}
    for name, day in (("valid_from", valid_from), ("valid_until", valid_until)):
        params |= {} if day is None else {name: day.date().isoformat()}
    path = f"/v1/planograms/{id}"
    if file.suffix.lower() == ".json":
        done = call(url, key, "POST", f"{path}/azure", json=_json(file), params={**params, "unit": unit})
    else:
        headers = {"Content-Type": "text/csv"}
        done = call(url, key, "POST", f"{path}/csv", content=file.read_bytes(), headers=headers, params=params)
    _print_put(done.json())


@app.command()
def follow(
    bay: Annotated[str, typer.Argument(help="The bay's id.")],
    id: Id,
    key: Key,
    url: Url = LOCAL,
) -> None:
    """Let a bay follow a planogram from now on."""
    done = call(url, key, "PUT", f"/v1/bays/{bay}/planogram", json={"planogram_id": id}).json()
    now = "follows" if done["changed"] else "follows already"
    output.print(f"Bay {bay} {now} planogram {id}, version {done['version']}.")


@app.command()
def show(
    id: Annotated[str, typer.Argument(help="The planogram's id; with --bay the bay's.")],
    key: Key,
    url: Url = LOCAL,
    version: Version = None,
    bay: Annotated[bool, typer.Option("--bay", help="What counts for a bay today.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="As 'put' takes it.")] = False,
    as_csv: Annotated[bool, typer.Option("--csv", help="As 'import' takes it.")] = False,
) -> None:
    """Show a version of a planogram."""
    if as_csv and bay:
        fail("--csv shows planograms, not bays.", "Ask without --csv for the planogram's id.")
    params = {} if version is None else {"version": version}
    if as_csv:
        typer.echo(call(url, key, "GET", f"/v1/planograms/{id}/csv", params=params).content, nl=False)
        return
    path = f"/v1/bays/{id}/planogram" if bay else f"/v1/planograms/{id}"
    found = call(url, key, "GET", path, params={} if bay else params).json()
    if as_json:
        typer.echo(json.dumps(_request(found), indent=2, ensure_ascii=False))
    else:
        _print_layout(found)


@app.command()
def diff(
    id: Id,
    before: Annotated[int, typer.Argument(min=1, help="An earlier version.")],
    key: Key,
    url: Url = LOCAL,
    after: Annotated[int | None, typer.Argument(min=1, help="A later one; the newest by default.")] = None,
) -> None:
    """Say what is otherwise in a later version."""
    params = {"from": before, **({} if after is None else {"to": after})}
    found = call(url, key, "GET", f"/v1/planograms/{id}/diff", params=params).json()
    _print_diff(found["sentences"] or ["Nothing is otherwise."])


@app.command(name="list")
def list_all(key: Key, url: Url = LOCAL) -> None:
    """List planograms with the bays that follow them."""
    after: str | None = ""
    while after is not None:
        page = call(url, key, "GET", "/v1/planograms", params={"after": after}).json()
        for one in page["planograms"]:
            bays = ", ".join(one["bays"]) or "no bay"
            output.print(f"[bold]{one['planogram_id']}[/]  version {one['version']}; {bays}")
        after = page["next"]


def _json(file: Path) -> Any:
    try:
        return json.loads(file.read_text("utf-8"))
    except ValueError as error:
        fail(f"{file} is not JSON: {error}", "A CSV file goes in with 'shelfloop planograms import'.")


def _request(found: dict[str, Any]) -> dict[str, Any]:
    positions = [{name: one[name] for name in _POSITION if one[name] is not None} for one in found["positions"]]
    return {**{name: found[name] for name in _LAYOUT if found[name]}, "positions": positions}


def _print_put(done: dict[str, Any]) -> None:
    name = f"Planogram {done['planogram_id']}"
    if not done["changed"]:
        output.print(f"Nothing to do: {name[0].lower()}{name[1:]}, version {done['version']}, says so already.")
        return
    _print_diff(done["diff"])
    bays = f" Bays to change: {', '.join(done['reset'])}." if done["reset"] else ""
    verb = "would have" if done["dry_run"] else "has"
    output.print(f"{name} {verb} version {done['version']}.{bays}")


def _print_diff(sentences: list[str]) -> None:
    for sentence in sentences:
        output.print(sentence, markup=False)


def _print_layout(found: dict[str, Any]) -> None:
    whose = f"for format {found['store_format']}" if found["store_format"] else "for all stores"
    days = f"{found['valid_from'] or '…'} to {found['valid_until'] or '…'}"
    valid = f", {days}" if found["valid_from"] or found["valid_until"] else ""
    output.print(f"[bold]{found['planogram_id']}[/], version {found['version']}, {whose}{valid}")
    table = Table("shelf", "slot", "GTIN", "product", "facings", "cm", box=None)
    for one in found["positions"]:
        high = f" x {one['high']}" if one["high"] > 1 else ""
        room = "" if one["x"] is None else f"{one['x']:g} to {one['x'] + one['width']:g}"
        name = escape(one["name"]) if one["state"] == "current" else f"{escape(one['name'])} ({one['state']})"
        table.add_row(str(one["shelf"]), str(one["slot"]), one["gtin"], name, f"{one['wide']}{high}", room)
    output.print(table)

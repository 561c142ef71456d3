"""`shelfloop compliance`: how a bay keeps its planogram, through a running service."""

from typing import Annotated, Any

import typer
from rich.markup import escape
from rich.table import Column, Table

from service.cli.remote import Key, Url, call
from service.cli.terminal import fail, output

_COLOURS = {
    "correct": "green",
    "wrong_position": "yellow",
    "wrong_shelf": "blue",
    "out_of_stock": "red",
    "undecided": "bright_black",
}


def compliance(
    bay: Annotated[str, typer.Argument(help="Id of the bay.")],
    key: Key,
    url: Url = "http://127.0.0.1:8000",
    capture: Annotated[str | None, typer.Option(help="A capture of it; the newest that was judged by default.")] = None,
    history: Annotated[int, typer.Option(min=0, max=100, help="List so many of its captures instead.")] = 0,
) -> None:
    """Show the verdict on every position of a bay, and what to do about it."""
    params: dict[str, str | int] = {"limit": max(history, 1)}
    found = call(url, key, "GET", f"/v1/bays/{bay}/compliance", params=params).json()["compliances"]
    if history:
        output.print(_history(found))
        return
    id = capture or next((one["capture_id"] for one in found), None)
    if id is None:
        fail(f"No photo of bay {bay} was judged yet.", "Give it a planogram, then send a photo of it.")
    judged = call(url, key, "GET", f"/v1/captures/{id}").json()
    if judged["compliance"] is None:
        fail(judged["unjudged"]["message"])
    _show(judged)


def _show(capture: dict[str, Any]) -> None:
    judged = capture["compliance"]
    planogram = f"planogram {judged['planogram_id']}, version {judged['planogram_version']}"
    output.print(f"Bay [bold]{capture['bay_id']}[/] at {judged['at']}, {planogram}: {_rate(judged)}")
    if judged["message"]:
        output.print(escape(judged["message"]))
    if judged["fits"]:
        output.print(_positions(judged["positions"]))
    for action in judged["actions"]:
        output.print(f"- {escape(action['text'])}")


def _positions(positions: list[dict[str, Any]]) -> Table:
    table = Table("place", "product", "verdict", "sure", "facings", box=None)
    for one in positions:
        table.add_row(
            f"{one['shelf']}/{one['slot']}",
            escape(one["name"] or one["gtin"]),
            f"[{_COLOURS[one['verdict']]}]{one['verdict'].replace('_', ' ')}[/]",
            f"{one['probability']:.0%}",
            f"{one['facings_seen']} of {one['facings_planned']}",
        )
    return table


def _history(compliances: list[dict[str, Any]]) -> Table:
    whole = (Column("taken at", no_wrap=True, min_width=20), Column("capture", no_wrap=True, min_width=32))
    table = Table(*whole, "planogram", "rate", *(name.replace("_", " ") for name in _COLOURS), box=None)
    for one in compliances:
        counts = [str(one["counts"][verdict]) for verdict in _COLOURS]
        planogram = f"{one['planogram_id']}, version {one['planogram_version']}"
        table.add_row(one["taken_at"], one["capture_id"], planogram, _rate(one), *counts)
    return table


def _rate(judged: dict[str, Any]) -> str:
    if not judged["fits"]:
        return "does not fit"
    return "nothing decided" if judged["rate"] is None else f"{judged['rate']:.0%} correct"

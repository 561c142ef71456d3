"""`shelfloop rounds`: what to label next, through a running service."""

from typing import Annotated, Any

import typer
from rich.table import Table

from service.cli.remote import Key, Url, call
from service.cli.terminal import output

app = typer.Typer(help="Rounds: pick what to label next.", no_args_is_help=True)
LOCAL = "http://127.0.0.1:8000"


@app.command()
def create(
    key: Key,
    url: Url = LOCAL,
    boxes: Annotated[int | None, typer.Option(help="Budget in predicted boxes.")] = None,
    seconds: Annotated[float | None, typer.Option(help="Budget in modelled annotator seconds.")] = None,
    random_share: Annotated[float, typer.Option(help="Share of the budget for the random control arm.")] = 0.15,
    support_share: Annotated[float, typer.Option(help="Share for conditions with too few labelled captures.")] = 0.1,
    event_share: Annotated[float, typer.Option(help="Share for bays whose planogram was reset.")] = 0.1,
    term: Annotated[
        list[str] | None, typer.Option(help="Weight of a term of the value, such as `flip=0`; several are possible.")
    ] = None,
    recipe: Annotated[str, typer.Option(help="How the rest is spent: adaptive, or a recipe by its name.")] = "adaptive",
    seed: Annotated[int, typer.Option(help="Of the random draws.")] = 0,
) -> None:
    """Pick captures and make a task of each; give the budget as boxes or as seconds."""
    budget = {name: value for name, value in (("boxes", boxes), ("seconds", seconds)) if value is not None}
    shares = {"random_share": random_share, "support_share": support_share, "event_share": event_share}
    config = {**budget, **shares, "terms": _weights(term or []), "recipe": recipe, "seed": seed}
    _print(call(url, key, "POST", "/v1/rounds", json=config).json())


@app.command()
def show(id: Annotated[str, typer.Argument(help="The round's id.")], key: Key, url: Url = LOCAL) -> None:
    """Show a round with its picks and the reason for each."""
    _print(call(url, key, "GET", f"/v1/rounds/{id}").json())


@app.command(name="list")
def list_all(key: Key, url: Url = LOCAL) -> None:
    """List rounds, newest first."""
    for found in call(url, key, "GET", "/v1/rounds").json():
        output.print(f"[bold]{found['id']}[/]  {found['created_at']}  pool of {found['pool_size']}, by {found['by']}")


@app.command()
def replay(id: Annotated[str, typer.Argument(help="The round's id.")], key: Key, url: Url = LOCAL) -> None:
    """Pick again from the pool as it was, and say whether the picks are the same."""
    answer = call(url, key, "POST", f"/v1/rounds/{id}/replay").json()
    output.print(answer["explanation"])
    if not answer["identical"]:
        raise typer.Exit(1)


def _weights(terms: list[str]) -> dict[str, float]:
    weights = {}
    for term in terms:
        name, _, weight = term.partition("=")
        try:
            weights[name] = float(weight)
        except ValueError as error:
            raise typer.BadParameter(f"{term!r} is no weight: write for example flip=0", param_hint="--term") from error
    return weights


def _print(found: dict[str, Any]) -> None:
    arms = ", ".join(f"{count} {arm}" for arm, count in found["arms"].items())
    output.print(f"Round [bold]{found['id']}[/]: {found['boxes']} boxes from a pool of {found['pool_size']}; {arms}")
    table = Table("rank", "capture", "arm", "boxes", "task", "why")
    for pick in found["picks"]:
        boxes = str(pick["predicted_boxes"])
        table.add_row(str(pick["rank"]), pick["capture_id"], pick["arm"], boxes, pick["task_state"], pick["reason"])
    output.print(table)
    for note in found["notes"]:
        output.print(f"[dim]{note}[/]")

"""`shelfloop savings`: what the sampler saved, through a running service."""

from typing import Annotated

import typer
from rich.table import Table

from service.cli.remote import Key, Url, call
from service.cli.terminal import output

app = typer.Typer(help="Savings: what picked labels are worth against random ones.", no_args_is_help=True)
LOCAL = "http://127.0.0.1:8000"


@app.command()
def show(round: Annotated[str, typer.Argument(help="The round's id.")], key: Key, url: Url = LOCAL) -> None:
    """Say what the picks of a round were worth, and those of all rounds until then."""
    found = call(url, key, "GET", f"/v1/rounds/{round}/saving").json()
    output.print(found["sentence"])
    if found["so_far"] and found["so_far"] != found["of_round"]:
        output.print(f"All rounds until this one: {found['so_far']['sentence']}")


@app.command(name="list")
def list_all(key: Key, url: Url = LOCAL) -> None:
    """List what was measured round by round, newest first, and how far each recipe is trusted because of it."""
    found = call(url, key, "GET", "/v1/savings").json()
    for one in found["rounds"]:
        output.print(f"[bold]{one['round_id']}[/]  {one['sentence']}")
    table = Table("recipe", "next round", "before any evidence", "it looks for")
    for recipe in found["recipes"]:
        table.add_row(recipe["name"], f"{recipe['share']:.0%}", f"{recipe['prior']:.0%}", recipe["about"])
    output.print(table)

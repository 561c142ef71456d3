"""`shelfloop models`: which model serves, through a running service."""

from typing import Annotated, Any

import typer
from rich.table import Table

from service.cli.remote import Key, Url, call
from service.cli.terminal import output

app = typer.Typer(help="Models: list, watch in shadow, promote, roll back.", no_args_is_help=True)
LOCAL = "http://127.0.0.1:8000"
Reason = Annotated[str, typer.Option(help="Why, for the records.")]


@app.command(name="list")
def list_all(key: Key, url: Url = LOCAL) -> None:
    """List models, newest first."""
    answer = call(url, key, "GET", "/v1/models").json()
    table = Table("version", "created", "source", "classes", "gate", "")
    for model in answer["models"]:
        gate = {None: "none", True: "passed", False: "failed"}[model["gate_passed"]]
        serving = "serves" if model["serving"] else ""
        version, classes = str(model["version"]), str(len(model["classes"]))
        table.add_row(version, model["created_at"][:19], model["source"], classes, gate, serving)
    output.print(table)
    if answer["waiting"]:
        output.print(f"{answer['waiting']} captures are in no round until a worker has looked at them again.")
    if answer["loading_error"]:
        output.print(f"[bold red]The champion could not be loaded:[/] {answer['loading_error']}")


@app.command()
def promote(
    version: Annotated[int, typer.Argument(help="The model's version.")],
    reason: Reason,
    key: Key,
    url: Url = LOCAL,
    force: Annotated[bool, typer.Option("--force", help="Although its gate failed; admins only.")] = False,
) -> None:
    """Make a model the champion."""
    request = {"reason": reason, "force": force}
    _print(call(url, key, "POST", f"/v1/models/{version}/promote", json=request).json())


@app.command()
def rollback(reason: Reason, key: Key, url: Url = LOCAL) -> None:
    """Bring back the model that served before."""
    _print(call(url, key, "POST", "/v1/models/rollback", json={"reason": reason}).json())


@app.command()
def shadow(
    version: Annotated[int, typer.Argument(help="The candidate's version.")], key: Key, url: Url = LOCAL
) -> None:
    """Show what a candidate in shadow sees otherwise than the champion."""
    answer = call(url, key, "GET", f"/v1/models/{version}/shadow").json()
    evidence = answer["evidence"]
    output.print(f"Model [bold]{version}[/] beside {answer['champion_version']}: {answer['note'] or answer['state']}")
    output.print(f"{evidence['captures']} of {answer['wanted']} captures, {evidence['boxes']} boxes")
    table = Table("stratum", "captures", "disagreement", "errors")
    for stratum, cell in answer["strata"].items():
        share = "" if cell["disagreement"] is None else f"{cell['disagreement']:.1%}"
        table.add_row(stratum, str(cell["captures"]), share, str(cell["errors"]))
    output.print(table)
    for objection in answer["objections"]:
        output.print(f"[bold red]Against it:[/] {objection}")


def _print(move: dict[str, Any]) -> None:
    output.print(f"Model [bold]{move['model_version']}[/] serves now, before it {move['previous_version']} did.")

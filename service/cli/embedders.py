"""`shelfloop embedders`: what names products, through a running service."""

from pathlib import Path
from typing import Annotated

import typer
from rich.table import Table

from service.cli.remote import Key, Url, call
from service.cli.terminal import output

app = typer.Typer(help="What names products: show, add another one, fit it further, calibrate.", no_args_is_help=True)
LOCAL = "http://127.0.0.1:8000"
Reason = Annotated[str, typer.Option(help="Why, for the records.")]


@app.command(name="list")
def list_all(key: Key, url: Url = LOCAL) -> None:
    """List embedders, newest first, and how the service that answers is doing."""
    table = Table("id", "created", "source", "state", "references read", "error")
    for embedder in call(url, key, "GET", "/v1/embedders").json()["embedders"]:
        progress = embedder["progress"]
        read = f"{progress['read']} of {progress['references']}" if "read" in progress else ""
        created, error = embedder["created_at"][:19], embedder["error"] or ""
        table.add_row(embedder["id"], created, embedder["source"], embedder["state"], read, error)
    output.print(table)
    state = call(url, key, "GET", "/v1/naming").json()
    if (gallery := state["gallery"]) is not None:
        fresh = "fresh" if not gallery["behind"] else f"{gallery['behind']} changes behind"
        output.print(f"{gallery['references']} references of {gallery['products']} products, {fresh}")
    if state["error"]:
        output.print(f"[bold red]The records could not be followed:[/] {state['error']}")


@app.command()
def add(
    file: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="The embedder's ONNX file.")],
    reason: Reason,
    key: Key,
    url: Url = LOCAL,
) -> None:
    """Let another embedder name products, as soon as a worker has let it read every reference."""
    answer = call(url, key, "POST", "/v1/embedders", params={"reason": reason}, content=file.read_bytes()).json()
    output.print(f"{answer['id']}  {answer['state']}")


@app.command()
def fit(
    reason: Reason,
    key: Key,
    url: Url = LOCAL,
    promote: Annotated[bool, typer.Option(help="Let it name if it is better on captures it was not fitted on.")] = True,
) -> None:
    """Fit the embedder that names further, on the facings that annotators named: a retraining, done by a worker."""
    order = {"reason": reason, "model": "embedder", "promote": "if_gate_passes" if promote else "never"}
    found = call(url, key, "POST", "/v1/retrainings", json=order).json()
    output.print(f"Retraining [bold]{found['id']}[/] is {found['state']}.")
    output.print(f"`shelfloop retrainings show {found['id']}` tells how far it is.")


@app.command()
def calibrate(reason: Reason, key: Key, url: Url = LOCAL) -> None:
    """Fit probabilities and sets of products on the random arm's labels, and measure what they are worth."""
    answer = call(url, key, "POST", "/v1/naming/calibrations", json={"reason": reason}).json()
    for name, figure in answer["measured"].items():
        output.print(f"{name}: {figure}")

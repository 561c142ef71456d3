"""`shelfloop retrainings`: plan, start, watch and cancel, through a running service."""

import json
import time
from typing import Annotated, Any, Literal

import typer
from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

from service.cli.remote import Key, Url, call
from service.cli.terminal import fail, output
from service.retrainings.schemas import Model, Preset

app = typer.Typer(help="Retrainings: plan, start, watch, cancel.", no_args_is_help=True)
LOCAL = "http://127.0.0.1:8000"
POLL_SECONDS = 1.0
Id = Annotated[str, typer.Argument(help="The retraining's id.")]
Which = Annotated[Model, typer.Option(help="The model that finds facings, or the one that names them.")]
Classes = Annotated[Literal["kinds", "products"], typer.Option(help="What the model tells apart.")]
Knobs = Annotated[Preset, typer.Option(help="Knobs to start from.")]
Set = Annotated[list[str] | None, typer.Option("--set", help="One knob, as epochs=10; may be repeated.")]
Arms = Annotated[list[str] | None, typer.Option("--arm", help="Only labels of this arm: value or random.")]
Wait = Annotated[bool, typer.Option("--wait", help="Watch it to its end; fails if it does.")]


@app.command()
def start(
    reason: Annotated[str, typer.Option(help="Why, for the records.")],
    key: Key,
    url: Url = LOCAL,
    model: Which = "detector",
    classes: Classes = "kinds",
    preset: Knobs = "quick",
    set_: Set = None,
    arm: Arms = None,
    promote: Annotated[bool, typer.Option(help="Promote the candidate if it passes its gate.")] = True,
    wait: Wait = False,
) -> None:
    """Order a retraining; a running `shelfloop worker` takes it up."""
    order = {
        **_order(reason, model, classes, preset, set_, arm),
        "promote": "if_gate_passes" if promote else "never",
    }
    found = call(url, key, "POST", "/v1/retrainings", json=order).json()
    output.print(f"Retraining [bold]{found['id']}[/] is {found['state']}.")
    if wait:
        _watch(url, key, found["id"])


@app.command()
def plan(
    key: Key,
    url: Url = LOCAL,
    model: Which = "detector",
    classes: Classes = "kinds",
    preset: Knobs = "quick",
    set_: Set = None,
    arm: Arms = None,
) -> None:
    """Say what a retraining would train on and how long it would take; nothing is ordered."""
    order = _order("a plan", model, classes, preset, set_, arm)
    found = call(url, key, "POST", "/v1/retrainings/plan", json=order).json()
    output.print(found["sentence"])
    for product in found["new_products"]:
        output.print(f"  new: {product['gtin']} {product['name']}")
    for reason in found["reasons"]:
        output.print(f"  {reason}")
    if found["in_flight"]:
        output.print(f"  [yellow]Not now: retraining {found['in_flight']} is not over.[/]")


@app.command()
def triggers(key: Key, url: Url = LOCAL) -> None:
    """Show what orders retrainings without a person, and how far each is from it."""
    found = call(url, key, "GET", "/v1/triggers").json()
    output.print(found["sentence"])
    for one in found["triggers"]:
        output.print(f"  {one['trigger']}: {'[bold]due[/]; ' if one['due'] else ''}{one['words']}")


@app.command()
def show(id: Id, key: Key, url: Url = LOCAL, wait: Wait = False) -> None:
    """Show how far a retraining is, and the checks its candidate passed or not."""
    if wait:
        _watch(url, key, id)
    else:
        _print(call(url, key, "GET", f"/v1/retrainings/{id}").json())


@app.command(name="list")
def list_all(key: Key, url: Url = LOCAL) -> None:
    """List retrainings, newest first."""
    for found in call(url, key, "GET", "/v1/retrainings").json():
        output.print(f"[bold]{found['id']}[/]  {found['created_at'][:19]}  {found['state']}  {found['reason']}")


@app.command()
def cancel(id: Id, key: Key, url: Url = LOCAL) -> None:
    """Call a retraining off."""
    call(url, key, "POST", f"/v1/retrainings/{id}/cancel")
    output.print(f"Cancelled retraining {id}.")


def _order(
    reason: str, model: str, classes: str, preset: str, knobs: list[str] | None, arms: list[str] | None
) -> dict[str, Any]:
    settings = dict(_knob(text) for text in knobs or ())
    training = {"model": model, "classes": classes, "preset": preset, "overrides": settings, "arms": arms or None}
    return {"reason": reason, **training}


def _knob(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not equals:
        fail(f"--set {text} has no value.", "Write it as --set epochs=10.")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _watch(url: str, key: str, id: str) -> None:
    columns = (TextColumn("{task.description}"), BarColumn(), TextColumn("{task.completed}/{task.total} epochs"))
    with Progress(*columns, TimeElapsedColumn(), console=output) as bar:
        line = bar.add_task("queued", total=None)
        while True:
            found = call(url, key, "GET", f"/v1/retrainings/{id}").json()
            progress = found["progress"]
            bar.update(
                line,
                description=progress["stage"],
                completed=progress.get("epoch", 0),
                total=progress.get("epochs"),
            )
            if found["finished_at"] or found["state"] == "shadowing":  # which takes as long as captures take to come
                break
            time.sleep(POLL_SECONDS)
    _print(found)
    if found["state"] in ("failed", "gate_failed", "shadow_failed", "cancelled"):
        raise typer.Exit(1)


def _print(found: dict[str, Any]) -> None:
    progress = found["progress"]
    output.print(f"Retraining [bold]{found['id']}[/]: {found['state']}; {progress.get('note', progress['stage'])}")
    if "epoch" in progress:
        output.print(f"  epoch {progress['epoch']} of {progress['epochs']}")
    if found["snapshot_hash"]:
        output.print(f"  snapshot {found['snapshot_hash'][:12]}, candidate {found['candidate_version'] or 'none yet'}")
    for check in (found["gate"] or {}).get("checks", ()):
        mark = "[green]passed[/]" if check["passed"] else "[red]failed[/]"
        output.print(f"  {check['name']}: {mark}; {check['reason']}")
    if found["error"]:
        output.print(f"  [red]{found['error']}[/]")

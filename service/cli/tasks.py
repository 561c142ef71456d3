"""`shelfloop tasks`: label from the command line, through a running service."""

import json
from pathlib import Path
from typing import Annotated

import typer

from labeling.leases import EscalationReason, SkipReason, TaskKind, TaskState
from service.cli.remote import Key, Url, call
from service.cli.terminal import fail, output

app = typer.Typer(help="Tasks: lease, label, skip, give back.", no_args_is_help=True)
LOCAL = "http://127.0.0.1:8000"
Id = Annotated[str, typer.Argument(help="The task's id.")]
Note = Annotated[str | None, typer.Option(help="For whoever looks at it later.")]
Token = Annotated[str, typer.Option("--token", help="The lease token that came with the task.")]


@app.command()
def lease(
    key: Key,
    url: Url = LOCAL,
    boxes: Annotated[int | None, typer.Option(help="Pre-labelled boxes, about.")] = None,
    minutes: Annotated[float | None, typer.Option(help="Modelled minutes of work, about.")] = None,
    count: Annotated[int | None, typer.Option(help="Tasks, at most.")] = None,
    store: Annotated[list[str] | None, typer.Option(help="Tasks of these stores only.")] = None,
    category: Annotated[str | None, typer.Option(help='Tasks that seem to show these only: "food/sweets".')] = None,
    kind: Annotated[TaskKind | None, typer.Option(help="Tasks of this kind only.")] = None,
    to: Annotated[Path | None, typer.Option(help="File for the whole answer, pre-labels included, as JSON.")] = None,
) -> None:
    """Take tasks for a while; without a limit, one."""
    limits = {"boxes": boxes, "minutes": minutes, "count": count}
    wanted = {"store_ids": store or None, "category": category, "kind": kind}
    answer = call(url, key, "POST", "/v1/tasks/lease", json={**limits, **wanted}).json()
    if not answer["tasks"]:
        output.print("No task is waiting.")
        return
    output.print(f"Lease until {answer['leased_until']}, token [bold]{answer['lease_token']}[/]")
    for task in answer["tasks"]:
        output.print(f"[bold]{task['id']}[/]  {len(task['prelabels'])} boxes drawn; {task['reason']}")
    if to is not None:
        to.write_text(json.dumps(answer, indent=1))


@app.command(name="list")
def list_all(
    key: Key, url: Url = LOCAL, state: Annotated[TaskState | None, typer.Option(help="Only these.")] = None
) -> None:
    """List tasks in the order of labelling."""
    for task in call(url, key, "GET", "/v1/tasks", params={} if state is None else {"state": state.value}).json():
        picked = task["arm"] or task["kind"]
        output.print(f"[bold]{task['id']}[/]  {task['state']}  {picked}  capture {task['capture_id']}")


@app.command()
def annotate(
    id: Id,
    token: Token,
    file: Annotated[Path, typer.Argument(help='JSON list of boxes: {"kind", "box": [x1, y1, x2, y2], "gtin"}.')],
    key: Key,
    url: Url = LOCAL,
) -> None:
    """Submit all boxes of a leased task."""
    try:
        boxes = json.loads(file.read_text())
    except (OSError, ValueError) as error:
        fail(f"{file} cannot be read: {error}", "Give a file with a JSON list of boxes.")
    kept = call(url, key, "POST", f"/v1/tasks/{id}/annotations", json={"lease_token": token, "boxes": boxes}).json()
    output.print(f"Labelled task {id} with {len(kept['boxes'])} boxes.")


@app.command()
def skip(
    id: Id,
    token: Token,
    reason: Annotated[SkipReason, typer.Option(help="Why.")],
    key: Key,
    url: Url = LOCAL,
    note: Note = None,
) -> None:
    """Pass a leased task over."""
    why = {"reason": reason.value, "note": note}
    call(url, key, "POST", f"/v1/tasks/{id}/skip", json={"lease_token": token, **why})
    output.print(f"Skipped task {id}.")


@app.command()
def release(id: Id, token: Token, key: Key, url: Url = LOCAL) -> None:
    """Give a leased task back for others."""
    call(url, key, "POST", f"/v1/tasks/{id}/release", json={"lease_token": token})
    output.print(f"Task {id} waits again.")


@app.command()
def escalate(
    id: Id,
    token: Token,
    reason: Annotated[EscalationReason, typer.Option(help="Why.")],
    key: Key,
    url: Url = LOCAL,
    note: Note = None,
) -> None:
    """Leave a leased task to an expert."""
    why = {"reason": reason.value, "note": note}
    call(url, key, "POST", f"/v1/tasks/{id}/escalate", json={"lease_token": token, **why})
    output.print(f"Task {id} waits for an expert.")


@app.command()
def extend(
    id: Id,
    token: Token,
    key: Key,
    url: Url = LOCAL,
    minutes: Annotated[float | None, typer.Option(help="From now; left out: as long as a new lease.")] = None,
) -> None:
    """Hold a leased task longer, and all others of its lease."""
    asked = {"lease_token": token, "minutes": minutes}
    end = call(url, key, "POST", f"/v1/tasks/{id}/extend", json=asked).json()["leased_until"]
    output.print(f"The lease lasts until {end}.")


@app.command()
def priority(
    id: Id,
    priority: Annotated[int, typer.Argument(help="Higher ones come first; 0 at first.")],
    key: Key,
    url: Url = LOCAL,
) -> None:
    """Let a task come sooner or later."""
    call(url, key, "PATCH", f"/v1/tasks/{id}", json={"priority": priority})
    output.print(f"Task {id} has priority {priority}.")

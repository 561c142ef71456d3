"""`shelfloop label-studio`: hand rounds to Label Studio, through a running service and its worker."""

from typing import Annotated, Any

import typer

from service.cli.remote import Key, Url, call
from service.cli.terminal import output

app = typer.Typer(help="Projects in Label Studio; `shelfloop worker` talks to it.", no_args_is_help=True)
LOCAL = "http://127.0.0.1:8000"
PATH = "/v1/label-studio/projects"
Id = Annotated[str, typer.Argument(help="The project's id here.")]


@app.command()
def push(
    round: Annotated[str, typer.Argument(help="The round's id.")],
    key: Key,
    url: Url = LOCAL,
    store: Annotated[list[str] | None, typer.Option(help="Only tasks of this store; may be repeated.")] = None,
    count: Annotated[int | None, typer.Option(help="Tasks, at most.")] = None,
) -> None:
    """Take queued tasks of a round out of the queue and hand them to Label Studio."""
    wanted = {"round_id": round, "store_ids": store or None, **({} if count is None else {"count": count})}
    _print(call(url, key, "POST", PATH, json=wanted).json())


@app.command(name="list")
def list_all(key: Key, url: Url = LOCAL) -> None:
    """List projects: what went out, what came back, what was refused and why."""
    for project in call(url, key, "GET", PATH).json():
        _print(project)


@app.command()
def sweep(id: Id, key: Key, url: Url = LOCAL) -> None:
    """Let the worker ask Label Studio at once for everything that changed."""
    _print(call(url, key, "POST", f"{PATH}/{id}/sweep").json())


@app.command()
def close(id: Id, key: Key, url: Url = LOCAL) -> None:
    """Take back what is not labelled yet, and show no more photos; the project in Label Studio stays."""
    _print(call(url, key, "POST", f"{PATH}/{id}/close").json())


def _print(project: dict[str, Any]) -> None:
    tasks = ", ".join(f"{count} {state}" for state, count in sorted(project["tasks"].items()))
    state = "closed" if project["closed_at"] else project["error"] or ("sent" if project["sent"] else "being sent")
    output.print(f"{project['id']}  {project['url'] or 'not made yet'}  {state}  {tasks}", markup=False)
    for one in project["refused"]:
        output.print(f"  task {one['number']} refused: {one['detail']}", markup=False)

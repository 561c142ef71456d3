"""`shelfloop clips`: clips of a running service, and the events in them as files."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from service.cli.remote import Key, Url, call
from service.cli.terminal import output

app = typer.Typer(help="Clips of a running service; `shelfloop worker` cuts them.", no_args_is_help=True)
UPLOAD_TIMEOUT = 3600  # seconds
EventsFile = Annotated[Path, typer.Argument(dir_okay=False, help="A .json or .csv file.")]


@app.command()
def send(
    clip: Annotated[Path, typer.Argument(exists=True, dir_okay=False, help="An MP4 or WebM file.")],
    store: Annotated[str, typer.Option(help="Id of the store.")],
    key: Key,
    url: Url = "http://127.0.0.1:8000",
    camera: Annotated[str | None, typer.Option(help="Id of the camera.")] = None,
    recorded_at: Annotated[datetime | None, typer.Option(help="When it begins, local time; now by default.")] = None,
) -> None:
    """Send a clip: it is cut, faces are covered, and the service deletes the file as it was sent."""
    params = {"store_id": store}
    if camera is not None:
        params["camera_id"] = camera
    if recorded_at is not None:
        params["recorded_at"] = recorded_at.astimezone().isoformat()
    with clip.open("rb") as file:
        answer = call(url, key, "POST", "/v1/clips", UPLOAD_TIMEOUT, params=params, content=file)
    known = " (sent before)" if answer.status_code == 200 else ""
    output.print(f"{answer.json()['id']}  {answer.json()['state']}{known}")


@app.command(name="list")
def list_newest(
    key: Key,
    url: Url = "http://127.0.0.1:8000",
    most: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
) -> None:
    """List the newest clips."""
    for clip in call(url, key, "GET", "/v1/clips", params={"limit": most}).json():
        pieces = ", ".join(f"{count} {state}" for state, count in clip["pieces"].items())
        told = clip["error"] or pieces
        output.print(f"{clip['id']}  {clip['recorded_at']}  {clip['store_id']}  {clip['state']}  {told}", markup=False)


@app.command()
def remove(
    id: Annotated[str, typer.Argument(help="The clip's id.")], key: Key, url: Url = "http://127.0.0.1:8000"
) -> None:
    """Delete a clip with its frames and labels."""
    call(url, key, "DELETE", f"/v1/clips/{id}")
    output.print(f"Removed clip {id}.")


@app.command(name="export")
def export_events(file: EventsFile, key: Key, url: Url = "http://127.0.0.1:8000") -> None:
    """Write all labelled pieces with their events, and what each event weighs in training."""
    file.write_bytes(call(url, key, "GET", "/v1/clips/export", params={"format": _format(file)}).content)
    output.print(f"Wrote {file}.")


@app.command(name="import")
def import_events(file: EventsFile, key: Key, url: Url = "http://127.0.0.1:8000") -> None:
    """Let the events of an exported file that was changed count."""
    params = {"format": _format(file)}
    done = call(url, key, "POST", "/v1/clips/import", params=params, content=file.read_bytes()).json()
    output.print(f"{done['pieces']} pieces read, {done['changed']} changed.")


def _format(file: Path) -> str:
    return "csv" if file.suffix.lower() == ".csv" else "json"

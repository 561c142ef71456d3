"""`shelfloop captures`: captures of a running service."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from service.cli.remote import Key, Url, call
from service.cli.terminal import output

app = typer.Typer(help="Captures of a running service.", no_args_is_help=True)


@app.command()
def send(
    photos: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="JPEG, PNG or WebP files.")],
    store: Annotated[str, typer.Option(help="Id of the store.")],
    bay: Annotated[str, typer.Option(help="Id of the bay that the photos show.")],
    key: Key,
    url: Url = "http://127.0.0.1:8000",
    camera: Annotated[str | None, typer.Option(help="Id of the camera.")] = None,
    taken_at: Annotated[datetime | None, typer.Option(help="When they were taken, local time; now by default.")] = None,
) -> None:
    """Send photos of a bay."""
    fields = {"store_id": store, "bay_id": bay}
    if camera is not None:
        fields["camera_id"] = camera
    if taken_at is not None:
        fields["taken_at"] = taken_at.astimezone().isoformat()
    for photo in track(photos, "Sending", disable=len(photos) < 2, transient=True):
        answer = call(url, key, "POST", "/v1/captures", data=fields, files={"photo": (photo.name, photo.read_bytes())})
        capture = answer.json()
        known = " (sent before)" if capture["duplicate"] else ""
        output.print(f"{capture['id']}  {len(capture['detections'])} detections  {photo}{known}")


@app.command(name="list")
def list_newest(
    key: Key,
    url: Url = "http://127.0.0.1:8000",
    store: Annotated[str | None, typer.Option(help="Only of this store.")] = None,
    most: Annotated[int, typer.Option(min=1, max=1000, help="At most so many.")] = 20,
) -> None:
    """List the newest captures."""
    wanted: dict[str, str | int] = {"limit": most} if store is None else {"limit": most, "store_id": store}
    for capture in call(url, key, "GET", "/v1/captures", params=wanted).json()["captures"]:
        place = f"{capture['store_id']}/{capture['bay_id']}"
        output.print(
            f"{capture['id']}  {capture['taken_at']}  {place}  {capture['predicted_boxes']} boxes  {capture['stratum']}"
        )

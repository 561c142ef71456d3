"""`shelfloop products`: pictures that products are recognised by, through a running service."""

from pathlib import Path
from typing import Annotated

import typer
from rich.progress import track

from service.cli.remote import Key, Url, call
from service.cli.terminal import output
from service.naming.pictures import View

app = typer.Typer(help="Pictures that products are recognised by.", no_args_is_help=True)
LOCAL = "http://127.0.0.1:8000"
Gtin = Annotated[str, typer.Argument(help="The product's GTIN.")]


@app.command(name="add-reference")
def add_reference(
    gtin: Gtin,
    photos: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Pictures that it fills.")],
    key: Key,
    url: Url = LOCAL,
    view: Annotated[View, typer.Option(help="From where they show it.")] = View.FRONT,
    variant: Annotated[str | None, typer.Option(help="The packaging they show; the first look by default.")] = None,
) -> None:
    """Add pictures of a product: it is recognised by them at once."""
    fields = {"view": view.value, **({} if variant is None else {"variant_id": variant})}
    for photo in track(photos, "Adding", disable=len(photos) < 2, transient=True):
        files = {"photo": (photo.name, photo.read_bytes())}
        answer = call(url, key, "POST", f"/v1/products/{gtin}/references", data=fields, files=files)
        known = "" if answer.status_code == 201 else " (was there)"
        output.print(f"{answer.json()['id']}  {photo}{known}")


@app.command()
def references(gtin: Gtin, key: Key, url: Url = LOCAL) -> None:
    """List a product's references, newest first."""
    answer = call(url, key, "GET", f"/v1/products/{gtin}/references").json()
    for one in answer["references"]:
        output.print(f"{one['id']}  {one['created_at'][:19]}  {one['source']}  {one['view']}  {one['state']}")
    if answer["missing_views"]:
        output.print(f"No picture from: {', '.join(answer['missing_views'])}")


@app.command(name="remove-reference")
def remove_reference(
    gtin: Gtin, id: Annotated[str, typer.Argument(help="The reference's id.")], key: Key, url: Url = LOCAL
) -> None:
    """Remove a reference: nothing is recognised by it any more."""
    call(url, key, "DELETE", f"/v1/products/{gtin}/references/{id}")

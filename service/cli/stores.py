"""`shelfloop stores`: stores and their bays, through a running service."""

from typing import Annotated

import typer

from retail.stores import StoreFormat
from service.cli.remote import Key, Url, call
from service.cli.terminal import output

app = typer.Typer(help="Stores, cameras and bays of a running service.", no_args_is_help=True)


@app.command()
def add(
    id: Annotated[str, typer.Argument(help="The store's id.")],
    name: Annotated[str, typer.Option(help="The store's name.")],
    format: Annotated[StoreFormat, typer.Option(help="How large it is and how it is built.")],
    key: Key,
    url: Url = "http://127.0.0.1:8000",
    bay: Annotated[list[str] | None, typer.Option(help="A bay of it; may be repeated.")] = None,
    camera: Annotated[list[str] | None, typer.Option(help="A camera of it; may be repeated.")] = None,
) -> None:
    """Register a store with its bays and cameras; what is registered already stays."""
    call(url, key, "PUT", f"/v1/stores/{id}", json={"name": name, "format": format})
    for kind, places in (("bays", bay), ("cameras", camera)):
        for place in places or ():
            call(url, key, "PUT", f"/v1/stores/{id}/{kind}/{place}")
    output.print(f"Registered store {id} with {len(bay or ())} bays and {len(camera or ())} cameras.")


@app.command(name="list")
def list_all(key: Key, url: Url = "http://127.0.0.1:8000") -> None:
    """List stores with their bays and cameras."""
    for store in call(url, key, "GET", "/v1/stores").json():
        output.print(f"[bold]{store['id']}[/]  {store['name']} ({store['format']})")
        output.print(f"  bays: {', '.join(store['bays']) or 'none'}; cameras: {', '.join(store['cameras']) or 'none'}")

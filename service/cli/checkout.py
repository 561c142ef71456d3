"""`shelfloop checkout`: ask a running service which product some photos or a clip show."""

from pathlib import Path
from typing import Annotated

import typer

from service.cli.remote import Key, Url, call
from service.cli.terminal import output

LOCAL = "http://127.0.0.1:8000"
_CLIPS = {".mp4", ".webm", ".mov"}


def checkout(
    views: Annotated[
        list[Path], typer.Argument(exists=True, dir_okay=False, help="Photos of one product, or one MP4 or WebM clip.")
    ],
    key: Key,
    url: Url = LOCAL,
    store: Annotated[str | None, typer.Option(help="Consider only what this store carries.")] = None,
) -> None:
    """Say which product several views show. Nothing is kept."""
    files = [("clip" if view.suffix.lower() in _CLIPS else "photo", (view.name, view.read_bytes())) for view in views]
    fields = {} if store is None else {"store_id": store}
    answer = call(url, key, "POST", "/v1/checkout/recognise", data=fields, files=files).json()
    for view in answer["views"]:
        output.print(f"{view['source']}: {view['gtin'] or 'unknown'}  {view['naming']['probability']:.2f}")
    if answer["unresolved"]:
        output.print(answer["unknown_policy"]["message"])
    else:
        output.print(f"[bold]{answer['gtin']}[/]  {answer['naming']['probability']:.2f}")

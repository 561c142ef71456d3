"""`shelfloop serve`: the service itself."""

from typing import Annotated

import typer
import uvicorn

from service.app import create_app
from service.cli.terminal import fail
from service.context import make_context
from service.migrations import is_current, upgrade
from service.settings import Settings


def serve(
    host: Annotated[
        str, typer.Option(help="Address to listen on; 0.0.0.0 for every one of this machine.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.")] = 8000,
) -> None:
    """Run the service: API, pages and metrics."""
    context = make_context(Settings())
    if context.database.is_sqlite:
        upgrade(context.database)
    elif not is_current(context.database):
        fail("The database is not up to date.", "Run 'shelfloop database upgrade' once, then start the servers.")
    uvicorn.run(create_app(context), host=host, port=port, access_log=False)

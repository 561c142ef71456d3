"""`shelfloop worker`: the process that retrains, re-embeds and sends webhooks."""

import logging
from typing import Annotated

import typer

from service.cli.terminal import fail
from service.jobs import WorkerIsRunning
from service.settings import Settings
from service.worker import CannotWork, run_worker


def worker(
    name: Annotated[
        str, typer.Option(envvar="SHELFLOOP_WORKER", help="Keep it over restarts: what it left undone belongs to it.")
    ] = "worker-1",
) -> None:
    """Run retrainings and re-embeddings, each one at a time, and send webhooks.

    One worker with SQLite, many with PostgreSQL.
    """
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s: %(message)s")
    try:
        run_worker(Settings(), name)
    except (WorkerIsRunning, CannotWork) as error:
        fail(f"This worker cannot start: {error}.")

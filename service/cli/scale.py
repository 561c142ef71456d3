"""`shelfloop scale`: work over the whole pool on a Ray cluster, beside the service's records."""

import csv
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Annotated

import typer

from service.cli.terminal import fail, fail_with, output
from service.context import Context, make_context
from service.problems import Problem
from service.rounds.resigning import Overtaken
from service.scale.cluster import HERE, Cluster, ScaleMissing, connected
from service.scale.resigning import renew_on
from service.scale.scoring import COLUMNS, score
from service.settings import Settings

app = typer.Typer(
    help="Work over the whole pool on a Ray cluster (pip install 'shelfloop[scale]').", no_args_is_help=True
)
Address = Annotated[str, typer.Option(envvar="RAY_ADDRESS", help="Of a cluster; `local` starts one on this machine.")]
Workers = Annotated[int, typer.Option(min=1, help="Processes that work at once.")]


@app.command()
def resign(address: Address = HERE, workers: Workers = 2) -> None:
    """After a promotion: renew the signatures that another model left, as the worker does, with many processes."""
    with _ready(address, workers) as (context, cluster):
        try:
            count = renew_on(context, cluster)
        except Overtaken:
            fail("Another model became champion meanwhile.", "Run the command again.")
    output.print(f"Looked at {count:,} captures again.")


@app.command(name="score")
def score_pool(
    version: Annotated[int, typer.Argument(help="Of the model, for example a candidate's.")],
    out: Annotated[Path, typer.Option("--out", help="CSV file to write.")],
    address: Address = HERE,
    workers: Workers = 2,
) -> None:
    """Write what a model would make of each capture nobody has labelled; nothing in the service changes."""
    with _ready(address, workers) as (context, cluster):
        rows = score(context, version, cluster)
    with out.open("w", newline="") as file:
        writer = csv.DictWriter(file, COLUMNS)
        writer.writeheader()
        writer.writerows(rows)
    output.print(f"Wrote the scores of {len(rows):,} captures to {out}.", markup=False)


@contextmanager
def _ready(address: str, workers: int) -> Iterator[tuple[Context, Cluster]]:
    settings = Settings()
    vision = settings.vision.model_copy(update={"blur_faces": False})  # kept pictures have none
    context = make_context(settings.model_copy(update={"vision": vision}))
    try:
        with connected(address, workers) as cluster:
            yield context, cluster
    except ScaleMissing as missing:
        fail(str(missing))
    except Problem as problem:
        fail_with(problem)
    finally:
        context.database.close()

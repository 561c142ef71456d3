"""`shelfloop snapshots`: list and compare through a running service; export and rebuild beside its records."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path
from typing import Annotated

import typer

from service.cli.remote import Key, Url, call
from service.cli.terminal import complain, fail, fail_with, output
from service.context import open_database
from service.database import Database
from service.image_store import ImageStore
from service.problems import Problem
from service.settings import Settings
from service.snapshots.exporting import export_snapshot
from service.snapshots.rebuilding import rebuild as rebuild_snapshot
from training.snapshot_export import ExportFormat

app = typer.Typer(help="Snapshots: the training sets of retrainings.", no_args_is_help=True)
LOCAL = "http://127.0.0.1:8000"
Hash = Annotated[str, typer.Argument(help="The snapshot's hash, or at least its first 8 digits.")]


@app.command(name="list")
def list_all(key: Key, url: Url = LOCAL) -> None:
    """List snapshots, newest first."""
    for found in call(url, key, "GET", "/v1/snapshots").json():
        counts = ", ".join(f"{count:,} {name}" for name, count in found["counts"].items() if count)
        output.print(f"[bold]{found['hash'][:12]}[/]  {found['frozen_at'][:19]}  {counts}")


@app.command()
def show(hash: Hash, key: Key, url: Url = LOCAL) -> None:
    """Show what a snapshot holds by class and condition, and the versions of all that its labels depend on."""
    found = call(url, key, "GET", f"/v1/snapshots/{hash}").json()
    output.print(f"Snapshot [bold]{found['hash']}[/], frozen {found['frozen_at'][:19]}; split {found['split_rule']}.")
    for what in ("classes", "strata"):
        for name, counts in found[what].items():
            told = ", ".join(f"{count:,} {part}" for part, count in counts.items() if count)
            output.print(f"  {name}: {told or 'none'}", markup=False)
    output.print("  " + ", ".join(f"{name} {version}" for name, version in found["versions"].items()), markup=False)


@app.command()
def diff(before: Hash, after: Hash, key: Key, url: Url = LOCAL) -> None:
    """Tell what changed from one snapshot to another."""
    for line in call(url, key, "GET", f"/v1/snapshots/{before}/diff/{after}").json()["text"]:
        output.print(line, markup=False)


@app.command()
def export(
    hash: Hash,
    format: Annotated[ExportFormat, typer.Option("--format", help="yolo: Ultralytics' YAML; coco: JSON.")],
    out: Annotated[Path, typer.Option("--out", help="Folder to write to; made, or empty.")],
) -> None:
    """Write a snapshot's photos and labels as a folder, beside the service's records (no key is asked for)."""
    if out.exists() and any(out.iterdir()):
        fail(f"{out} is not empty.", "Name a new folder.")
    with _records() as (database, images):
        done = export_snapshot(database, images, hash, out, format)
    for why in done.left_out:
        complain(f"left out: {why}")
    output.print(f"Wrote {done.photos} photos to {out}.", markup=False)


@app.command()
def rebuild(hash: Hash) -> None:
    """Make a snapshot again from its annotations, look at every photo, and say whether it is the same."""
    with _records() as (database, images):
        found = rebuild_snapshot(database, images, Settings().home, hash)
    for line in (*found.damaged, *found.missing, *found.differences):
        complain(line)
    if found.gone:
        output.print(f"{len(found.gone)} photos were deleted because their time was over: {', '.join(found.gone[:10])}")
    if not found.is_same:
        fail(f"Another snapshot came out: {found.found[:12]}.", "The lines above say what differs.")
    mended = " Its manifest was damaged and is whole again." if found.mended else ""
    output.print(f"The records give the same snapshot [bold]{found.hash[:12]}[/].{mended}")
    if found.damaged:
        raise typer.Exit(1)


@contextmanager
def _records() -> Iterator[tuple[Database, ImageStore]]:
    settings = Settings()
    with closing(open_database(settings)) as database:
        try:
            yield database, ImageStore(settings.resolved_image_store)
        except Problem as problem:
            fail_with(problem)

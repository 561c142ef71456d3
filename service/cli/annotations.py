"""`shelfloop annotations`: files of annotations out of and into a running service."""

from pathlib import Path
from typing import Annotated

import typer

from service.annotation_files.schemas import FormatName
from service.cli.remote import Key, Url, call
from service.cli.terminal import complain, fail, output

app = typer.Typer(help="Annotations as COCO, YOLO, Label Studio or CVAT files.", no_args_is_help=True)
LOCAL = "http://127.0.0.1:8000"
SECONDS = 600.0
FormatOf = Annotated[FormatName, typer.Option("--format", help="Of the file.")]


@app.command(name="export")
def export_file(
    to: Annotated[Path, typer.Argument(help="File to write; more than one has the number in its name.")],
    format: FormatOf,
    key: Key,
    url: Url = LOCAL,
    round: Annotated[str | None, typer.Option(help="Only of this round.")] = None,
    store: Annotated[str | None, typer.Option(help="Only of this store.")] = None,
) -> None:
    """Write the annotations that count: 5,000 photos in each file."""
    asked = {"format": format.value, "round_id": round, "store_id": store, "limit": 5000}
    path, params, number = "/v1/annotations/export", {name: value for name, value in asked.items() if value}, 1
    while path:
        answer = call(url, key, "GET", path, timeout=SECONDS, params=params or None)
        file = to if number == 1 else to.with_stem(f"{to.stem}-{number}")
        file.write_bytes(answer.content)
        output.print(f"Wrote {file}.", markup=False)
        path, params, number = answer.links.get("next", {}).get("url", ""), {}, number + 1


@app.command(name="import")
def import_file(
    file: Annotated[Path, typer.Argument(help="File to read; photos are named by the ids of captures.")],
    format: FormatOf,
    key: Key,
    url: Url = LOCAL,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would become of it.")] = False,
) -> None:
    """Let the boxes of a file count."""
    try:
        data = file.read_bytes()
    except OSError as error:
        fail(f"{file} cannot be read: {error}", "Name the file that the other tool wrote.")
    asked = {"format": format.value, "dry_run": dry_run}
    found = call(url, key, "POST", "/v1/annotations/import", timeout=SECONDS, params=asked, content=data).json()
    for problem in found["problems"]:
        complain(f"{problem['name']}: {problem['detail']}")
    would = "would count" if dry_run else "count now"
    output.print(f"{found['kept']} photos {would}, {found['unchanged']} did already, {found['refused']} are refused.")
    if found["refused"]:
        raise typer.Exit(1)

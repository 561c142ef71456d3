"""`shelfloop analyze`: look at photos here, without a service."""

import json
from pathlib import Path
from typing import Annotated, Any

import typer

from retail.stores import StoreFormat
from service.captures.looking import look_at
from service.captures.overlay import overlay_of
from service.captures.photos import open_photo
from service.cli.records import records
from service.cli.terminal import fail, fail_with, output
from service.context import face_finder, utc_now
from service.database import Database
from service.image_store import ImageStore
from service.models.serving import Serving, ServingModel
from service.models.starter import ensure_starter
from service.naming.embedders import Embedders
from service.naming.serving import Naming, NamingModel
from service.problems import Problem
from service.settings import Settings


def analyze(
    photos: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="JPEG, PNG or WebP files.")],
    as_json: Annotated[
        bool, typer.Option("--json", help="Print what the API would answer, one line for each photo.")
    ] = False,
    overlay: Annotated[
        Path | None, typer.Option(help="Write the photo with its boxes here; for a single photo.")
    ] = None,
    format: Annotated[StoreFormat, typer.Option(help="Format of the store.")] = StoreFormat.SUPERMARKET,
) -> None:
    """Look at photos with the champion and the gallery of this installation, and keep nothing."""
    if overlay is not None and len(photos) > 1:
        fail("--overlay takes one photo.", "Call it once for each photo.")
    settings = Settings()
    with records(settings) as database:
        model, naming = _champion(settings, database), _naming(settings, database)
    faces = face_finder(settings)
    for photo in photos:
        try:
            opened = open_photo(photo.read_bytes(), model, faces, settings.photo)
        except Problem as problem:
            fail_with(Problem(problem.status, problem.code, f"{photo}: {problem.detail}", remedy=problem.remedy))
        answer = look_at(opened, format, model, naming).answer()
        typer.echo(json.dumps(answer)) if as_json else output.print(_summary(photo, answer))
        if overlay is not None:
            overlay.write_bytes(overlay_of(opened.picture(), answer["detections"], answer["shelves"]))


def _champion(settings: Settings, database: Database) -> ServingModel:
    """Load the champion; where there is no installation yet, that is the starter."""
    with database.write() as session:
        ensure_starter(session, utc_now())
    serving = Serving(settings, database)
    serving.refresh()
    try:
        return serving.current()
    except Problem as problem:
        fail_with(problem)


def _naming(settings: Settings, database: Database) -> NamingModel | None:
    if not settings.naming.enabled:
        return None
    images = ImageStore(settings.resolved_image_store)
    naming = Naming(settings, database, images, Embedders(settings, images), utc_now)
    naming.refresh()
    try:
        return naming.current()
    except Problem as problem:
        fail_with(problem)


def _summary(photo: Path, answer: dict[str, Any]) -> str:
    kinds = [detection["kind"] for detection in answer["detections"]]
    counts = ", ".join(f"{kinds.count(kind)} {kind}" for kind in sorted(set(kinds))) or "nothing"
    return f"{photo}: {counts}; {answer['condition']['stratum']}; {answer['faces_blurred']} faces"

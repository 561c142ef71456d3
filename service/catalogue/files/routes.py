"""The catalogue as a CSV file over HTTP: out, and in again."""

from typing import Annotated, BinaryIO

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Query, Request
from fastapi.responses import StreamingResponse

from service.auth.callers import require
from service.auth.permissions import Action
from service.catalogue.files.body import CSV_ANSWER, CSV_BODY, received_csv
from service.catalogue.files.exporting import write_catalogue
from service.catalogue.files.importing import Import
from service.catalogue.files.schemas import ImportAnswer
from service.catalogue.files.staging import StagedProducts
from service.catalogue.queries import catalogue_version, lock_catalogue
from service.catalogue.routes import Changer, DryRun
from service.context import Context
from service.csv_answers import csv_answer
from service.dependencies import ContextOf

router = APIRouter(prefix="/v1/catalogue", tags=["catalogue"])


@router.get(
    "/export",
    response_class=StreamingResponse,
    responses=CSV_ANSWER,
    dependencies=[Depends(require(Action.READ_CATALOGUE))],
)
def export_catalogue(context: ContextOf) -> StreamingResponse:
    """Return all products as a CSV file that can be imported; one row for each variant."""

    def write(file: BinaryIO) -> None:
        with context.database.read() as session:
            write_catalogue(session, file)

    return csv_answer(write, "catalogue.csv")


@router.post("/import", openapi_extra=CSV_BODY)
async def import_catalogue(
    request: Request,
    context: ContextOf,
    caller: Changer,
    dry_run: DryRun = False,
    complete: Annotated[bool, Query(description="the file is the whole catalogue: delist what it lacks")] = False,
    confirm: Annotated[
        int, Query(ge=0, le=2**31 - 1, description="how many products may be delisted if it is more than half of them")
    ] = 0,
) -> ImportAnswer:
    """Add and change products as a CSV file says, all or nothing; the same file twice changes nothing the second time.

    The first line names the columns: gtin, name and category are needed. Products that the file does not name, and
    fields that it has no column for, stay as they are.
    """
    async with received_csv(request) as file:
        return await run_sync(lambda: _import(context, file, caller.name, dry_run, complete, confirm))


def _import(context: Context, file: BinaryIO, by: str, dry_run: bool, complete: bool, confirm: int) -> ImportAnswer:
    with StagedProducts(file) as staged, context.database.write() as session:
        lock_catalogue(session)
        before = catalogue_version(session)
        done = Import(session, by, context.clock()).run(staged, complete, None if dry_run else confirm)
        after = catalogue_version(session)
        if dry_run:
            session.rollback()
    return ImportAnswer(
        dry_run=dry_run,
        catalogue_version=before if dry_run else after,
        added=done.added,
        changed=done.changed,
        delisted=done.delisted,
        unchanged=done.unchanged,
        touched=done.touched,
        diff=done.diff,
        diff_left_out=done.added + done.changed + done.delisted - len(done.diff),
    )

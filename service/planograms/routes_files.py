"""Planograms as files over HTTP: CSV, and the form of Azure's retired planogram matching."""

from datetime import date
from typing import Annotated, BinaryIO

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.responses import StreamingResponse

from retail.stores import StoreFormat
from service.auth.callers import require
from service.auth.permissions import Action
from service.azure.schemas import AzurePlanogramRequest
from service.catalogue.files.body import CSV_ANSWER, CSV_BODY, received_csv
from service.catalogue.routes import Changer, DryRun
from service.csv_answers import csv_answer
from service.dependencies import ContextOf
from service.planograms.answers import whole
from service.planograms.azure_files import Unit, wanted_of
from service.planograms.csv_files import PlanogramFile, write_planogram
from service.planograms.putting import checked_validity, put
from service.planograms.queries import names_of
from service.planograms.routes import VersionNumber, wanted_version
from service.planograms.schemas import PutAnswer
from service.stores.schemas import Id

router = APIRouter(prefix="/v1/planograms/{planogram_id}", tags=["planograms"])
FormatOf = Annotated[StoreFormat | None, Query(description="of the stores that it is for; all by default")]
From = Annotated[date | None, Query(description="first day")]
Until = Annotated[date | None, Query(description="last day")]


@router.get(
    "/csv",
    response_class=StreamingResponse,
    responses=CSV_ANSWER,
    dependencies=[Depends(require(Action.READ_CATALOGUE))],
)
def export_csv(context: ContextOf, planogram_id: Id, version: VersionNumber | None = None) -> StreamingResponse:
    """Return a version of a planogram, the newest by default, as a CSV file that can be imported."""
    with context.database.read() as session:
        record = wanted_version(session, planogram_id, version)
        planogram = whole(session, record)
        names = names_of(session, planogram.gtins)
    return csv_answer(lambda file: write_planogram(planogram, names, file), f"{planogram_id}.csv")


@router.post("/csv", openapi_extra=CSV_BODY)
async def import_csv(
    request: Request,
    context: ContextOf,
    caller: Changer,
    planogram_id: Id,
    response: Response,
    store_format: FormatOf = None,
    valid_from: From = None,
    valid_until: Until = None,
    dry_run: DryRun = False,
) -> PutAnswer:
    """Put a version of a planogram as a CSV file says, all or nothing.

    The first line names the columns: shelf, slot and gtin are needed; wide, high, x, width, shelf_base, shelf_clear
    and bay_width may be there; name is for people alone.
    """
    validity = checked_validity(store_format, valid_from, valid_until)

    def run(file: BinaryIO) -> PutAnswer:
        read, today = PlanogramFile(file), context.clock().date()
        return put(context, caller, planogram_id, lambda session: read.wanted(session, validity, today), dry_run)

    async with received_csv(request) as file:
        done = await run_sync(run, file)
    response.status_code = 201 if done.changed and not dry_run else 200
    return done


@router.post("/azure")
def import_azure(
    context: ContextOf,
    caller: Changer,
    planogram_id: Id,
    request: AzurePlanogramRequest,
    response: Response,
    unit: Annotated[Unit, Query(description="of the lengths in the file, which does not say")] = "cm",
    store_format: FormatOf = None,
    valid_from: From = None,
    valid_until: Until = None,
    dry_run: DryRun = False,
) -> PutAnswer:
    """Put a version of a planogram that is in the form of Azure's retired planogram matching; product ids are GTINs.

    Facings of one product side by side or stacked on one fixture become one position.
    """
    validity = checked_validity(store_format, valid_from, valid_until)
    azure, today = request.checked(""), context.clock().date()
    done = put(context, caller, planogram_id, lambda session: wanted_of(session, azure, unit, validity, today), dry_run)
    response.status_code = 201 if done.changed and not dry_run else 200
    return done

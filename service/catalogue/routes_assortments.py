"""What stores carry, over HTTP."""

from collections.abc import Callable, Iterable
from typing import Annotated, BinaryIO

from anyio.to_thread import run_sync
from fastapi import APIRouter, Depends, Query, Request, Response
from sqlalchemy.orm import Session

from retail.catalogue import Listing
from retail.catalogue_events import AssortmentChanged
from retail.gtin import Gtin
from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.catalogue.assortments import carried_by, has_assortment, list_assortment
from service.catalogue.doing import change_or_try, checked_gtin
from service.catalogue.files.assortments import read_listings, write_listings
from service.catalogue.files.body import CSV_ANSWER, CSV_BODY, received_csv
from service.catalogue.queries import lock_catalogue
from service.catalogue.routes import Changer, DryRun
from service.catalogue.schemas_assortments import (
    AssortmentAnswer,
    AssortmentChangeAnswer,
    AssortmentRequest,
    ListingAnswer,
    ListingRequest,
)
from service.context import Context
from service.dependencies import ContextOf
from service.problems import Problem, not_found
from service.records import StoreRecord
from service.stores.schemas import Id

router = APIRouter(prefix="/v1/stores/{store_id}/assortment", tags=["catalogue"])
Reader = Annotated[Caller, Depends(require(Action.READ_CATALOGUE))]
Listings = dict[Gtin, Listing]


@router.put("")
def change_assortment(
    context: ContextOf, caller: Changer, store_id: Id, request: AssortmentRequest, dry_run: DryRun = False
) -> AssortmentChangeAnswer:
    """Say what a store carries; the same request twice is the same as once."""
    added = _listings(request.products or request.add, "products" if request.products else "add")
    removed = {checked_gtin(gtin, f"remove[{place}]") for place, gtin in enumerate(request.remove)}

    def wanted(known: Listings) -> Listings:
        return added if request.products else _amended(known, added, removed)

    return _change(context, caller, store_id, wanted, dry_run)


@router.delete("")
def lift_assortment(
    context: ContextOf, caller: Changer, store_id: Id, dry_run: DryRun = False
) -> AssortmentChangeAnswer:
    """Let a store carry everything."""
    return _change(context, caller, store_id, lambda _: {}, dry_run)


@router.get("")
def read_assortment(
    context: ContextOf,
    caller: Reader,
    store_id: Id,
    after: Annotated[str, Query(pattern=r"^\d*$")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
) -> AssortmentAnswer:
    """List what a store carries, whatever the day."""
    caller.check_reach(store_id)
    with context.database.read() as session:
        _check_store(session, store_id)
        found = [ListingAnswer.model_validate(one) for one in list_assortment(session, store_id, after, limit)]
        everything = not found and not has_assortment(session, store_id)
    following = found[-1].gtin if len(found) == limit else None
    return AssortmentAnswer(store_id=store_id, everything=everything, products=found, next=following)


@router.get("/export", response_class=Response, responses=CSV_ANSWER)
def export_assortment(context: ContextOf, caller: Reader, store_id: Id) -> Response:
    """Return what a store carries as a CSV file that can be imported."""
    caller.check_reach(store_id)
    with context.database.read() as session:
        _check_store(session, store_id)
        text = write_listings(carried_by(session, store_id).values())
    return Response(text, media_type="text/csv; charset=utf-8")


@router.post("/import", openapi_extra=CSV_BODY)
async def import_assortment(
    request: Request, context: ContextOf, caller: Changer, store_id: Id, dry_run: DryRun = False
) -> AssortmentChangeAnswer:
    """Let a store carry exactly what a CSV file names; columns gtin, valid_from and valid_until."""
    async with received_csv(request) as file:
        return await run_sync(lambda: _import(context, caller, store_id, file, dry_run))


def _import(context: Context, caller: Caller, store_id: str, file: BinaryIO, dry_run: bool) -> AssortmentChangeAnswer:
    wanted = read_listings(file)
    if not wanted:
        raise _nothing_left()
    return _change(context, caller, store_id, lambda _: wanted, dry_run)


def _change(
    context: Context, caller: Caller, store_id: str, wanted: Callable[[Listings], Listings], dry_run: bool
) -> AssortmentChangeAnswer:
    caller.check_reach(store_id)
    with context.database.write() as session:
        lock_catalogue(session)  # before the first look
        _check_store(session, store_id)
        before = carried_by(session, store_id)
        after = wanted(before)
        added = tuple(listing for gtin, listing in after.items() if before.get(gtin) != listing)
        removed = tuple(gtin for gtin in before if gtin not in after)
        made = change_or_try(session, AssortmentChanged(store_id, added, removed), caller.name, context, dry_run)
    return AssortmentChangeAnswer(
        store_id=store_id,
        catalogue_version=made.version,
        changed=made.changed,
        dry_run=dry_run,
        added=len(added),
        removed=len(removed),
        carried=len(after),
    )


def _amended(known: Listings, added: Listings, removed: set[Gtin]) -> Listings:
    if not known:
        detail = "A store without an assortment carries everything, and nothing can be added to that."
        remedy = "Give all that it carries as products."
        raise Problem(422, "invalid-assortment", detail, field="add", remedy=remedy)
    if both := added.keys() & removed:
        detail = f"{min(both)} is added and removed."
        raise Problem(422, "invalid-assortment", detail, field="remove", remedy="Name each product once.")
    left = {gtin: listing for gtin, listing in known.items() if gtin not in removed} | added
    if not left:
        raise _nothing_left()
    return left


def _nothing_left() -> Problem:
    detail = "The store would carry nothing."
    remedy = "Name what it carries; to let it carry everything, DELETE its assortment."
    return Problem(422, "invalid-assortment", detail, field="remove", remedy=remedy)


def _listings(listed: Iterable[str | ListingRequest], field: str) -> Listings:
    found: Listings = {}
    for place, one in enumerate(listed):
        here = f"{field}[{place}]"
        request = ListingRequest(gtin=one) if isinstance(one, str) else one
        gtin = checked_gtin(request.gtin, here)
        try:
            listing = Listing(gtin, request.valid_from, request.valid_until)
        except ValueError as error:
            raise Problem(422, "invalid-assortment", f"{error}.", field=here, remedy="Correct the days.") from error
        if found.setdefault(gtin, listing) != listing:
            remedy = "Name each product once."
            raise Problem(422, "invalid-assortment", f"{gtin} is named twice.", field=here, remedy=remedy)
    return found


def _check_store(session: Session, store_id: str) -> None:
    if session.get(StoreRecord, store_id) is None:
        raise not_found("store", store_id, field="store_id", remedy=f"Register it with PUT /v1/stores/{store_id}.")

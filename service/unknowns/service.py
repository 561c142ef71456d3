"""Deciding about unknown facings: all of a request is done, or nothing."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy.orm import Session

from retail.products import Product
from service.auth.callers import Caller
from service.catalogue.queries import hold_catalogue
from service.context import Context
from service.naming.references import add_shelf_references, remove_references
from service.records import UnknownFacingRecord
from service.unknowns.crops import Crops
from service.unknowns.deciding import (
    check_may_reopen,
    product_to_name,
    reachable_facings,
    still_open,
    variant_on_shelves,
)
from service.unknowns.pictures import kept_pictures
from service.unknowns.queries import State
from service.unknowns.schemas import DecisionAnswer, DismissRequest, NameRequest, ReopenRequest


def name_facings(context: Context, caller: Caller, crops: Crops, wanted: NameRequest) -> DecisionAnswer:
    """Name facings, and let the best of them be pictures that the product is known by.

    Raises:
        Problem: 404, 409 or 422.
    """
    with context.database.read() as session:  # before any photo is opened
        opened = _to_name(session, caller, wanted, context.clock(), lock=False)[1]
    with kept_pictures(context, crops, opened) as pictures, context.database.write() as session:
        hold_catalogue(session)
        now = context.clock()
        product, opened = _to_name(session, caller, wanted, now, lock=True)
        for facing in opened:
            _decide(facing, State.NAMED, caller, now, gtin=product.gtin)
        ids = {facing.id for facing in opened}
        references = [picture for picture in pictures if picture.id in ids]
        needless = add_shelf_references(session, variant_on_shelves(product), references, now)
    _follow(context, needless)
    known_by = sum(picture.image_key not in needless for picture in references)
    return DecisionAnswer(
        decided=len(opened), facings=len(set(wanted.facing_ids)), gtin=product.gtin, references=known_by
    )


def dismiss_facings(context: Context, caller: Caller, wanted: DismissRequest) -> DecisionAnswer:
    """Decide that facings are to have no name.

    Raises:
        Problem: 404 or 409.
    """
    with context.database.write() as session:
        facings = reachable_facings(session, caller, wanted.facing_ids, lock=True)
        opened = still_open(session, caller, facings, lambda one: one.reason == wanted.reason)
        for facing in opened:
            _decide(facing, State.DISMISSED, caller, context.clock(), reason=wanted.reason)
    return DecisionAnswer(decided=len(opened), facings=len(facings))


def reopen_facings(context: Context, caller: Caller, wanted: ReopenRequest) -> DecisionAnswer:
    """Make facings unknown again; those that became pictures of a product are pictures of it no more.

    Raises:
        Problem: 404 or 409.
    """
    with context.database.write() as session:
        hold_catalogue(session)
        facings = reachable_facings(session, caller, wanted.facing_ids, lock=True)
        check_may_reopen(session, caller, facings)
        decided = [facing for facing in facings if facing.state != State.OPEN]
        for facing in decided:
            _decide(facing, State.OPEN, None, None)
        needless = remove_references(session, [facing.id for facing in decided], context.clock())
    _follow(context, needless)
    return DecisionAnswer(decided=len(decided), facings=len(facings))


def _to_name(
    session: Session, caller: Caller, wanted: NameRequest, now: datetime, *, lock: bool
) -> tuple[Product, list[UnknownFacingRecord]]:
    """Return the product, and the facings that have no name yet."""
    product = product_to_name(session, wanted.gtin, now.date())
    facings = reachable_facings(session, caller, wanted.facing_ids, lock=lock)
    return product, still_open(session, caller, facings, lambda one: one.gtin == product.gtin)


def _decide(
    facing: UnknownFacingRecord,
    state: State,
    caller: Caller | None,
    now: datetime | None,
    *,
    gtin: str | None = None,
    reason: str | None = None,
) -> None:
    facing.state, facing.gtin, facing.reason = state, gtin, reason
    facing.decided_by, facing.decided_at = None if caller is None else caller.id, now


def _follow(context: Context, needless: Sequence[str]) -> None:
    """Clear away, and let this server know at once what the others will know in a moment."""
    for key in needless:
        context.images.delete(key)
    context.naming.refresh()

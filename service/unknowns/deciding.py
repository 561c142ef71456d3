"""What a decision about unknown facings may be made of, and who decided them before."""

from collections.abc import Callable, Collection, Sequence
from datetime import date

from sqlalchemy.orm import Session

from retail.gtin import InvalidGtin, parse_gtin
from retail.products import Product, VariantKind
from service.auth.callers import Caller
from service.auth.permissions import Role
from service.catalogue.loading import read_catalogue
from service.catalogue.resolving import product_of
from service.problems import Problem, not_found
from service.records import UnknownFacingRecord
from service.unknowns.queries import State, find_facings, name_of_key

_MAY_OVERRULE = (Role.EXPERT, Role.ADMIN)


def reachable_facings(
    session: Session, caller: Caller, ids: Collection[str], *, lock: bool = False
) -> Sequence[UnknownFacingRecord]:
    """Return all of these facings.

    Raises:
        Problem: 404 if one is not there, or in a store that the key does not reach.
    """
    found = {one.id: one for one in find_facings(session, set(ids), lock=lock) if caller.may_reach(one.store_id)}
    for id in ids:
        if id not in found:
            remedy = "GET /v1/unknowns lists the facings that are open."
            raise not_found("unknown facing", id, field="facing_ids", remedy=remedy)
    return list(found.values())


def still_open(
    session: Session,
    caller: Caller,
    facings: Sequence[UnknownFacingRecord],
    is_same: Callable[[UnknownFacingRecord], bool],
) -> list[UnknownFacingRecord]:
    """Return those that nobody decided; those that this caller decided in the same way need nothing more.

    Raises:
        Problem: 409 if one was decided otherwise, or by somebody else; it says by whom, and what.
    """
    decided = [one for one in facings if one.state != State.OPEN]
    others = [one for one in decided if one.decided_by != caller.id or not is_same(one)]
    if others:
        raise _decided(session, others)
    return [one for one in facings if one.state == State.OPEN]


def check_may_reopen(session: Session, caller: Caller, facings: Sequence[UnknownFacingRecord]) -> None:
    """Refuse to undo what somebody else decided, unless the caller is there to overrule.

    Raises:
        Problem: 409.
    """
    others = [one for one in facings if one.state != State.OPEN and one.decided_by != caller.id]
    if others and caller.role not in _MAY_OVERRULE:
        raise _decided(session, others)


def product_to_name(session: Session, text: str, on: date) -> Product:
    """Return the product that a GTIN means today.

    Raises:
        Problem: 422 if it is no GTIN or no product's, or if the product was split or delisted.
    """
    try:
        gtin = parse_gtin(text)
    except InvalidGtin as error:
        remedy = "Correct the GTIN: 8, 12, 13 or 14 digits, the last one its check digit."
        raise Problem(422, "invalid-gtin", f"{error}.", field="gtin", remedy=remedy) from error
    catalogue = read_catalogue(session, [gtin])
    return catalogue.by_gtin[product_of(catalogue, gtin, "gtin", on)]


def variant_on_shelves(product: Product) -> str:
    """Return the variant that facings named by their product alone are taken to show: a regular one still packed."""
    return min(product.variants, key=lambda one: (one.valid_until is not None, one.kind is not VariantKind.REGULAR)).id


def _decided(session: Session, others: Sequence[UnknownFacingRecord]) -> Problem:
    first, who = others[0], name_of_key(session, others[0].decided_by)
    what = (
        f"named {first.gtin}" if first.state == State.NAMED else f"dismissed ({(first.reason or '').replace('_', ' ')})"
    )
    count = "One facing was" if len(others) == 1 else f"{len(others)} facings were"
    return Problem(
        409,
        "facing-decided",
        f"{count} decided meanwhile: {first.id} was {what} by {who}. Nothing of this request was done.",
        field="facing_ids",
        remedy="Leave out what is decided, or have it reopened with POST /v1/unknowns/reopen.",
    )

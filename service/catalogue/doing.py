"""One change of the catalogue as a request does it: kept or only tried, refused in words, listed in the answer."""

from collections import Counter
from collections.abc import Callable

from sqlalchemy.orm import Session

from retail.catalogue_events import Event, InvalidChange
from retail.gtin import Gtin, InvalidGtin, parse_gtin
from service.auth.callers import Caller
from service.catalogue.queries import find_product, lock_catalogue
from service.catalogue.schemas import ChangedAnswer, CountsAnswer, TouchedAnswer
from service.catalogue.service import Change, change
from service.context import Context
from service.problems import Problem, not_found

MOST_SHOWN = 1000
Decide = Callable[[Session], Event]


def do(context: Context, caller: Caller, event: Event, dry_run: bool) -> ChangedAnswer:
    """Change the catalogue, or find out what the change would touch.

    Raises:
        Problem: product-not-found or catalogue-change-refused, naming the field and the remedy.
    """
    with context.database.write() as session:
        made = change_or_try(session, event, caller.name, context, dry_run)
    counts = Counter(one.kind for one in made.touched)
    return ChangedAnswer(
        catalogue_version=made.version,
        changed=made.changed,
        dry_run=dry_run,
        counts=CountsAnswer(facings=counts["facing"], references=counts["reference"], positions=counts["position"]),
        touched=[TouchedAnswer.model_validate(one) for one in made.touched[:MOST_SHOWN]],
    )


def change_or_try(session: Session, event: Event, by: str, context: Context, dry_run: bool) -> Change:
    """Change the catalogue; with `dry_run` take everything back at once."""
    lock_catalogue(session)
    attempt = session.begin_nested()
    try:
        made = change(session, event, by, context.clock())
    except InvalidChange as error:
        raise _refused(session, event, error) from error
    if dry_run:
        attempt.rollback()
    else:
        attempt.commit()
    return made


def checked_gtin(text: str, field: str = "gtin") -> Gtin:
    """Read a GTIN of a request.

    Raises:
        Problem: invalid-gtin.
    """
    try:
        return parse_gtin(text)
    except InvalidGtin as error:
        remedy = "Correct the GTIN: 8, 12, 13 or 14 digits, the last one its check digit."
        raise Problem(422, "invalid-gtin", f"{error}.", field=field, remedy=remedy) from error


def product_not_found(gtin: Gtin) -> Problem:
    """Make the problem for a product that there never was."""
    return not_found("product", gtin, field="gtin", remedy=f"Add it with PUT /v1/products/{gtin}.")


def _refused(session: Session, event: Event, error: InvalidChange) -> Problem:
    gtin = getattr(event, "gtin", None)
    if gtin is not None and error.field == "gtin" and find_product(session, gtin) is None:
        return product_not_found(gtin)
    return Problem(
        409,
        "catalogue-change-refused",
        f"{error.detail[0].upper()}{error.detail[1:]}.",
        field=error.field,
        remedy=f"{error.remedy[0].upper()}{error.remedy[1:]}.",
    )

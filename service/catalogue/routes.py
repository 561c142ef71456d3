"""Products over HTTP."""

from collections.abc import Iterable, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from sqlalchemy.orm import Session

from retail.catalogue_events import Added, Changed, Event
from retail.gtin import Gtin
from retail.products import Product
from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.catalogue.doing import change_or_try, checked_gtin, product_not_found
from service.catalogue.queries import find_product, list_products, lock_catalogue, variants_of
from service.catalogue.schemas import (
    ProductAnswer,
    ProductRequest,
    ProductsAnswer,
    PutProductAnswer,
    VariantAnswer,
)
from service.dependencies import ContextOf
from service.problems import Problem
from service.records import ProductRecord
from service.texts import Text

router = APIRouter(prefix="/v1/products", tags=["catalogue"])
may_read = Depends(require(Action.READ_CATALOGUE))
Changer = Annotated[Caller, Depends(require(Action.CHANGE_CATALOGUE))]
DryRun = Annotated[bool, Query(description="change nothing, only say what would be")]


@router.put("/{gtin}")
def add_or_change_product(
    context: ContextOf,
    caller: Changer,
    gtin: str,
    product: ProductRequest,
    response: Response,
    dry_run: DryRun = False,
) -> PutProductAnswer:
    """Add a product or change it; an identical request changes nothing, the catalogue's version included."""
    wanted = checked_product(checked_gtin(gtin), product)
    with context.database.write() as session:
        lock_catalogue(session)  # before the first look: what is read without the lock may be old when it is held
        known = find_product(session, wanted.gtin)
        new, last_day = known is None or known.became is not None, known.valid_until if known else None
        made = change_or_try(session, _put(wanted, new), caller.name, context, dry_run)
        looks = [*variants_of(session, [wanted.gtin])[wanted.gtin]]
    response.status_code = 201 if new and not dry_run else 200
    return PutProductAnswer(
        gtin=wanted.gtin,
        name=wanted.name,
        category=list(wanted.category),
        family=wanted.family,
        valid_from=wanted.valid_from,
        valid_until=last_day,
        variants=_looks(looks or wanted.variants),
        catalogue_version=made.version,
        changed=made.changed,
    )


@router.get("", dependencies=[may_read])
def read_products(
    context: ContextOf,
    q: Annotated[Text, Query(max_length=200, description="part of the name, in any case, or of the GTIN")] = "",
    family: Annotated[Text | None, Query(max_length=100, description="only siblings of this family")] = None,
    category: Annotated[
        list[Text], Query(max_length=12, description="only below this node of the category tree: its path, repeated")
    ] = [],  # noqa: B006
    after: Annotated[str, Query(pattern=r"^\d*$")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> ProductsAnswer:
    """List products in the order of their GTIN, delisted ones too."""
    with context.database.read() as session:
        found = list_products(session, after, limit, q=q, family=family, category=category)
        answers = _answers(session, found)
    return ProductsAnswer(products=answers, next=answers[-1].gtin if len(answers) == limit else None)


@router.get("/{gtin}", dependencies=[may_read])
def read_product(context: ContextOf, gtin: str) -> ProductAnswer:
    """Return one product."""
    wanted = checked_gtin(gtin)
    with context.database.read() as session:
        record = find_product(session, wanted)
        if record is None:
            raise product_not_found(wanted)
        if record.became is not None:
            raise _former(wanted, record.became)
        return _answers(session, [record])[0]


def checked_product(gtin: Gtin, product: ProductRequest) -> Product:
    """Make a product of a request.

    Raises:
        Problem: invalid-product.
    """
    try:
        return Product(gtin, product.name, tuple(product.category), product.family or None, (), product.valid_from)
    except ValueError as error:
        field = "name" if not product.name.strip() else "category"
        raise Problem(422, "invalid-product", f"{error}.", field=field, remedy="Correct this field.") from error


def _put(wanted: Product, new: bool) -> Event:
    if new:
        return Added(wanted)
    return Changed(wanted.gtin, wanted.name, wanted.category, wanted.family, wanted.valid_from)


def _answers(session: Session, records: Sequence[ProductRecord]) -> list[ProductAnswer]:
    looks = variants_of(session, [record.gtin for record in records])
    return [
        ProductAnswer(
            gtin=record.gtin,
            name=record.name,
            category=record.category,
            family=record.family,
            valid_from=record.valid_from,
            valid_until=record.valid_until,
            variants=_looks(looks[record.gtin]),
        )
        for record in records
    ]


def _looks(looks: Iterable[object]) -> list[VariantAnswer]:
    return [VariantAnswer.model_validate(look) for look in looks]


def _former(gtin: Gtin, became: Sequence[str]) -> Problem:
    now = " and ".join(became)
    remedy = "; ".join(f"GET /v1/products/{heir}" for heir in became)
    return Problem(404, "product-not-found", f"Product {gtin} became {now}.", field="gtin", remedy=f"{remedy}.")

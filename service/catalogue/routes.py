"""The catalogue over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response

from retail.gtin import Gtin, InvalidGtin, parse_gtin
from retail.products import Product
from service.auth.callers import require
from service.auth.permissions import Action
from service.catalogue.queries import catalogue_version, find_product, list_changes, list_products, lock_catalogue
from service.catalogue.schemas import (
    ChangeAnswer,
    ChangesAnswer,
    ProductAnswer,
    ProductRequest,
    ProductsAnswer,
    PutProductAnswer,
)
from service.catalogue.service import put_product
from service.dependencies import ContextOf
from service.problems import Problem, not_found

router = APIRouter(prefix="/v1", tags=["catalogue"])
may_read = Depends(require(Action.READ_CATALOGUE))
may_change = Depends(require(Action.CHANGE_CATALOGUE))


@router.put("/products/{gtin}", dependencies=[may_change])
def add_or_change_product(
    context: ContextOf, gtin: str, product: ProductRequest, response: Response
) -> PutProductAnswer:
    """Add a product or change it; an identical request changes nothing, the catalogue's version included."""
    wanted = _checked_product(_checked_gtin(gtin), product)
    with context.database.write() as session:
        lock_catalogue(session)  # before the first look: what is read without the lock may be old when it is held
        new = find_product(session, wanted.gtin) is None
        version, changed = put_product(session, wanted, context.clock())
    response.status_code = 201 if new else 200
    return PutProductAnswer(
        gtin=wanted.gtin,
        name=wanted.name,
        category=list(wanted.category),
        family=wanted.family,
        catalogue_version=version,
        changed=changed,
    )


@router.get("/products", dependencies=[may_read])
def read_products(
    context: ContextOf,
    after: Annotated[str, Query(pattern=r"^\d*$")] = "",
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> ProductsAnswer:
    """List products in the order of their GTIN."""
    with context.database.read() as session:
        found = [ProductAnswer.model_validate(record) for record in list_products(session, after, limit)]
    return ProductsAnswer(products=found, next=found[-1].gtin if len(found) == limit else None)


@router.get("/products/{gtin}", dependencies=[may_read])
def read_product(context: ContextOf, gtin: str) -> ProductAnswer:
    """Return one product."""
    wanted = _checked_gtin(gtin)
    with context.database.read() as session:
        record = find_product(session, wanted)
        if record is None:
            raise not_found("product", wanted, field="gtin", remedy=f"Add it with PUT /v1/products/{wanted}.")
        return ProductAnswer.model_validate(record)


@router.get("/catalogue/changes", dependencies=[may_read])
def read_changes(
    context: ContextOf,
    since: Annotated[int, Query(ge=0, le=2**31 - 1, description="changes after this version")] = 0,
    limit: Annotated[int, Query(ge=1, le=1000)] = 1000,
) -> ChangesAnswer:
    """List what changed after a version."""
    with context.database.read() as session:
        changes = [ChangeAnswer.model_validate(record) for record in list_changes(session, since, limit)]
        return ChangesAnswer(version=catalogue_version(session), changes=changes)


def _checked_gtin(text: str) -> Gtin:
    try:
        return parse_gtin(text)
    except InvalidGtin as error:
        remedy = "Correct the GTIN: 8, 12, 13 or 14 digits, the last one its check digit."
        raise Problem(422, "invalid-gtin", f"{error}.", field="gtin", remedy=remedy) from error


def _checked_product(gtin: Gtin, product: ProductRequest) -> Product:
    try:
        return Product(gtin, product.name, tuple(product.category), product.family)
    except ValueError as error:
        field = "name" if not product.name.strip() else "category"
        raise Problem(422, "invalid-product", f"{error}.", field=field, remedy="Correct this field.") from error

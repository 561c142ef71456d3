"""From which sides products are known, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from service.auth.callers import require
from service.auth.permissions import Action
from service.catalogue.doing import checked_gtin, product_not_found
from service.checkout.coverage import coverage_of, list_coverages
from service.checkout.schemas import CoverageAnswer, CoveragesAnswer
from service.dependencies import ContextOf

router = APIRouter(prefix="/v1/products", tags=["references"], dependencies=[Depends(require(Action.READ_CATALOGUE))])


@router.get("/views")
def read_coverages(
    context: ContextOf,
    missing: Annotated[bool, Query(description="only products that some view is missing of")] = False,
    limit: Annotated[int, Query(ge=1, le=1000)] = 100,
) -> CoveragesAnswer:
    """List products by how much they need pictures: those that came out unknown most often, then those least seen."""
    today = context.clock().date()
    with context.database.read() as session:
        found = list_coverages(session, today, only_missing=missing, limit=limit)
    return CoveragesAnswer(products=[CoverageAnswer.model_validate(one) for one in found])


@router.get("/{gtin}/views")
def read_coverage(context: ContextOf, gtin: str) -> CoverageAnswer:
    """Say how many references show a product from each side, and which sides are missing."""
    wanted = checked_gtin(gtin)
    with context.database.read() as session:
        found = coverage_of(session, wanted)
    if found is None:
        raise product_not_found(wanted)
    return CoverageAnswer.model_validate(found)

"""What labels say about the guideline and the catalogue, over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.dependencies import ContextOf
from service.guidelines.catalogue_health import catalogue_health
from service.guidelines.missing_rules import missing_rules
from service.guidelines.schemas_reports import HealthAnswer, MissingRulesAnswer

router = APIRouter(prefix="/v1", tags=["guidelines"])
Reader = Annotated[Caller, Depends(require(Action.READ_QUALITY))]
Limit = Annotated[int, Query(ge=1, le=200, description="of pairs")]


@router.get("/guidelines/missing-rules")
def read_missing_rules(context: ContextOf, caller: Reader, limit: Limit = 20) -> MissingRulesAnswer:
    """Say which rules are missing: answers that people take for each other, with pieces of photos of both."""
    with context.database.read() as session:
        return missing_rules(session, limit)


@router.get("/catalogue/health")
def read_catalogue_health(context: ContextOf, caller: Reader, limit: Limit = 20) -> HealthAnswer:
    """Say which products cannot be told apart, which are two, and what is wrong in the category tree."""
    with context.database.read() as session:
        return catalogue_health(session, context.clock().date(), limit)

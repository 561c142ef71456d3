"""Privacy over HTTP: who saw what, how long pictures are kept, what was deleted."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query
from sqlalchemy.orm import Session

from service.auth.callers import Caller, require
from service.auth.permissions import Action
from service.dependencies import ContextOf
from service.privacy.queries import list_deletions, list_refusals, list_rules, list_views, put_rule
from service.privacy.retention import EVERY_STORE, Kind
from service.privacy.schemas import DeletionAnswer, RefusalAnswer, RetentionAnswer, RetentionRequest, ViewAnswer
from service.problems import not_found
from service.records import RetentionRecord, StoreRecord

router = APIRouter(prefix="/v1", tags=["privacy"])
Keeper = Annotated[Caller, Depends(require(Action.KEEP_PRIVACY))]
Limit = Annotated[int, Query(ge=1, le=1000)]


@router.get("/views")
def read_views(
    context: ContextOf,
    _caller: Keeper,
    key_id: str | None = None,
    subject_id: Annotated[str | None, Query(description="a capture or a clip")] = None,
    store_id: str | None = None,
    limit: Limit = 100,
) -> list[ViewAnswer]:
    """Show who was shown which pictures, the latest first."""
    with context.database.read() as session:
        views = list_views(session, key_id, subject_id, store_id, limit)
        return [ViewAnswer.model_validate(view) for view in views]


@router.get("/refusals")
def read_refusals(
    context: ContextOf, _caller: Keeper, key_id: str | None = None, limit: Limit = 100
) -> list[RefusalAnswer]:
    """Show who asked for what is not for him, the latest first."""
    with context.database.read() as session:
        return [RefusalAnswer.model_validate(refusal) for refusal in list_refusals(session, key_id, limit)]


@router.get("/retention")
def read_retention(context: ContextOf, _caller: Keeper) -> list[RetentionAnswer]:
    """Show how long pictures are kept; what has no rule is kept until somebody sets one."""
    with context.database.read() as session:
        return [_rule(rule) for rule in list_rules(session)]


@router.put("/retention")
def set_retention(context: ContextOf, caller: Keeper, request: RetentionRequest) -> list[RetentionAnswer]:
    """Set how long captures, clips or views are kept, for one store or for all; the worker deletes what is older."""
    with context.database.write() as session:
        if request.store_id is not None:
            _check_store(session, request.store_id)
        put_rule(session, request.store_id, request.kind, request.days, caller.name, context.clock())
        session.flush()
        return [_rule(rule) for rule in list_rules(session)]


@router.get("/deletions")
def read_deletions(
    context: ContextOf, _caller: Keeper, store_id: str | None = None, limit: Limit = 100
) -> list[DeletionAnswer]:
    """Show what was deleted because its time was over, with the proof: first what is not proved yet."""
    with context.database.read() as session:
        return [DeletionAnswer.model_validate(one) for one in list_deletions(session, store_id, limit)]


def _check_store(session: Session, store_id: str) -> None:
    if session.get(StoreRecord, store_id) is None:
        raise not_found("store", store_id, field="store_id", remedy="GET /v1/stores lists the stores there are.")


def _rule(rule: RetentionRecord) -> RetentionAnswer:
    store_id = None if rule.store_id == EVERY_STORE else rule.store_id
    return RetentionAnswer(store_id=store_id, kind=Kind(rule.kind), days=rule.days, by=rule.by, at=rule.at)

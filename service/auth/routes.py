"""Key administration over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path

from service.auth.callers import require
from service.auth.keys import issue_key
from service.auth.permissions import Action
from service.auth.queries import list_keys, revoke_key
from service.auth.schemas import IssuedKey, KeyAnswer, NewKey
from service.dependencies import ContextOf
from service.problems import not_found

router = APIRouter(prefix="/v1/keys", tags=["keys"], dependencies=[Depends(require(Action.MANAGE_KEYS))])


@router.post("", status_code=201)
def make_key(context: ContextOf, key: NewKey) -> IssuedKey:
    """Make a key; the answer shows its secret once."""
    with context.database.write() as session:
        record, secret = issue_key(session, name=key.name, role=key.role, store_ids=key.store_ids, now=context.clock())
        answer = KeyAnswer.model_validate(record)
    return IssuedKey(**answer.model_dump(), key=secret)


@router.get("")
def read_keys(context: ContextOf) -> list[KeyAnswer]:
    """List all keys, revoked ones included."""
    with context.database.read() as session:
        return [KeyAnswer.model_validate(record) for record in list_keys(session)]


@router.delete("/{id}", status_code=204)
def end_key(context: ContextOf, id: Annotated[str, Path(pattern="^[0-9a-f]{32}$")]) -> None:
    """Revoke a key, at once and for good."""
    with context.database.write() as session:
        if not revoke_key(session, id, context.clock()):
            raise not_found("key", id, field="id", remedy="GET /v1/keys lists the keys there are.")

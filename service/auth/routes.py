"""Key administration over HTTP."""

from typing import Annotated

from fastapi import APIRouter, Depends

from service.auth.callers import Caller, require
from service.auth.keys import issue_key
from service.auth.permissions import Action
from service.auth.queries import find_key, list_keys, revoke_key
from service.auth.schemas import IssuedKey, KeyAnswer, NewKey
from service.dependencies import ContextOf
from service.ids import RecordId
from service.problems import Problem, not_found

router = APIRouter(prefix="/v1/keys", tags=["keys"])
Manager = Annotated[Caller, Depends(require(Action.MANAGE_KEYS))]


@router.post("", status_code=201)
def make_key(context: ContextOf, caller: Manager, key: NewKey) -> IssuedKey:
    """Make a key for stores within the scope of the caller's; the answer shows its secret once."""
    if not caller.covers(key.store_ids):
        raise Problem(
            403,
            "store-out-of-scope",
            "A key cannot reach stores that the key which makes it does not reach.",
            field="store_ids",
            remedy=f"Name some of these: {', '.join(sorted(caller.store_ids or ())) or 'none'}.",
        )
    with context.database.write() as session:
        record, secret = issue_key(session, **dict(key), now=context.clock())
        answer = KeyAnswer.model_validate(record)
    return IssuedKey(**answer.model_dump(), key=secret)


@router.get("")
def read_keys(context: ContextOf, caller: Manager) -> list[KeyAnswer]:
    """List the keys within the scope of the caller's, revoked ones included."""
    with context.database.read() as session:
        return [KeyAnswer.model_validate(key) for key in list_keys(session) if caller.covers(key.store_ids)]


@router.delete("/{id}", status_code=204)
def end_key(context: ContextOf, caller: Manager, id: RecordId) -> None:
    """Revoke a key, at once and for good."""
    with context.database.write() as session:
        key = find_key(session, id)
        if key is None or not caller.covers(key.store_ids):
            raise not_found("key", id, field="id", remedy="GET /v1/keys lists the keys there are.")
        revoke_key(session, id, context.clock())

"""Who is calling, and the check that a route asks for."""

from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request
from fastapi.security import HTTPAuthorizationCredentials, HTTPBearer

from service.auth.keys import digest_of
from service.auth.permissions import ALLOWED, OVER_ALL_STORES, Action, Role, roles_allowed
from service.auth.queries import find_valid_key
from service.dependencies import ContextOf
from service.naming.policy import UnknownPolicy
from service.problems import Problem

_bearer = HTTPBearer(auto_error=False, description="An API key: `slk_…`")
Credentials = Annotated[HTTPAuthorizationCredentials | None, Depends(_bearer)]


@dataclass(frozen=True, slots=True)
class Caller:
    """The holder of the key that came with a request.

    Attributes:
        store_ids: the stores this key is limited to, None for all.
        unknown_policy: what it wants done about facings that show no known product.
    """

    id: str
    name: str
    role: Role
    store_ids: frozenset[str] | None
    unknown_policy: UnknownPolicy = UnknownPolicy.REVIEW

    def may_reach(self, store_id: str) -> bool:
        """Say whether a store is within this key's scope."""
        return self.store_ids is None or store_id in self.store_ids

    def covers(self, store_ids: Iterable[str] | None) -> bool:
        """Say whether all these stores are within this key's scope; None stands for all there are."""
        return self.store_ids is None or (store_ids is not None and self.store_ids.issuperset(store_ids))

    def check_reach(self, store_id: str) -> None:
        """Refuse a store outside of the key's scope.

        Raises:
            Problem: 403, whether or not there is such a store.
        """
        if not self.may_reach(store_id):
            raise Problem(
                403,
                "store-out-of-scope",
                f"This key does not reach store {store_id!r}.",
                field="store_id",
                remedy="Use a key for this store; an admin makes one with POST /v1/keys.",
            )


def identify(request: Request, context: ContextOf, credentials: Credentials) -> Caller:
    """Find out who is calling; `request.state.key_id` says so from then on.

    Raises:
        Problem: 401 without a key, or with one that is unknown or revoked.
    """
    if credentials is None:
        raise _unauthorized("api-key-missing", "This request carries no API key.")
    key = find_valid_key(context.database, digest_of(credentials.credentials))
    if key is None:
        raise _unauthorized("api-key-invalid", "This API key is unknown or was revoked.")
    request.state.key_id = key.id
    store_ids = None if key.store_ids is None else frozenset(key.store_ids)
    return Caller(key.id, key.name, Role(key.role), store_ids, UnknownPolicy(key.unknown_policy))


def require(action: Action) -> Callable[[Caller], Awaitable[Caller]]:
    """Make the dependency of a route that does `action`; it gives the route its `Caller`."""

    async def check(caller: Annotated[Caller, Depends(identify)]) -> Caller:
        if action not in ALLOWED[caller.role]:
            roles = ", ".join(roles_allowed(action))
            raise Problem(
                403,
                "role-not-allowed",
                f"A key of role {caller.role} may not {action}.",
                field="Authorization",
                remedy=f"Use a key of one of these roles: {roles}.",
            )
        if action in OVER_ALL_STORES and not caller.covers(None):
            raise Problem(
                403,
                "needs-all-stores",
                f"A key limited to some stores may not {action}: they are over all stores.",
                field="Authorization",
                remedy="Use a key without store_ids; an admin for all stores makes one with POST /v1/keys.",
            )
        return caller

    return check


def _unauthorized(code: str, detail: str) -> Problem:
    remedy = "Send 'Authorization: Bearer slk_…'; 'shelfloop keys create' or an admin makes keys."
    return Problem(401, code, detail, field="Authorization", remedy=remedy)

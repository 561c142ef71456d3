"""Azure's planogram matching over HTTP, at the path and with the key's header that it had."""

from collections.abc import Callable, Coroutine
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials

from service.auth.callers import Caller, Credentials, identify, require
from service.auth.permissions import Action
from service.azure.matching import match
from service.azure.schemas import MatchAnswer, MatchRequest
from service.dependencies import ContextOf
from service.problems import Problem, invalid_request

_key = APIKeyHeader(name="Ocp-Apim-Subscription-Key", auto_error=False, description="An API key: `slk_…`")


class _AzureRoute(APIRoute):
    """Problems as everywhere, with Azure's `error` member in them."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return what answers a request."""
        answered = super().get_route_handler()

        async def answer(request: Request) -> Response:
            try:
                return await answered(request)
            except RequestValidationError as error:
                raise _in_its_form(invalid_request(error)) from error
            except Problem as problem:
                raise _in_its_form(problem) from problem

        return answer


def _in_its_form(problem: Problem) -> Problem:
    problem.members = {**problem.members, "error": {"code": problem.code, "message": problem.detail}}
    return problem


router = APIRouter(tags=["planograms"], route_class=_AzureRoute)


def _identify(
    request: Request, context: ContextOf, key: Annotated[str | None, Depends(_key)], bearer: Credentials
) -> Caller:
    return identify(request, context, HTTPAuthorizationCredentials(scheme="Bearer", credentials=key) if key else bearer)


async def _check(caller: Annotated[Caller, Depends(_identify)]) -> Caller:
    return await require(Action.ANALYZE)(caller)


# Microsoft's own sample client puts two slashes there.
@router.post("/computervision//planogramcompliance:match", include_in_schema=False, response_model_exclude_none=True)
@router.post("/computervision/planogramcompliance:match", response_model_exclude_none=True)
def match_planogram(_caller: Annotated[Caller, Depends(_check)], request: MatchRequest) -> MatchAnswer:
    """Match a planogram with what was found in a photo, as Azure's planogram compliance did until 2025.

    Every position comes back with the product or the gap in it. Nothing is kept. `api-version` is not looked at.
    """
    return MatchAnswer.of(request, match(request))

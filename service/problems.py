"""Errors that reach a caller: RFC 9457 problem documents with a stable code."""

from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from anyio.to_thread import run_sync
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse
from starlette.exceptions import HTTPException


class Problem(Exception):
    """An error with everything its problem document says.

    Attributes:
        code: stable kebab-case name that programs may compare.
        field: the part of the request that is wrong, for example ``store_id`` or ``boxes[3].x2``.
        remedy: what the caller can do about it.
        retry_after: seconds after which the same request may succeed; None if it never will.
        members: further members of the document, for programs.
        hidden_in: the store of something that is there, but not for this caller; kept in the audit log, never told.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        field: str | None = None,
        remedy: str | None = None,
        retry_after: int | None = None,
        members: Mapping[str, Any] | None = None,
        hidden_in: str | None = None,
    ) -> None:
        """Say what is wrong; `detail` is a sentence for people."""
        super().__init__(detail)
        self.status, self.code, self.detail = status, code, detail
        self.field, self.remedy, self.retry_after = field, remedy, retry_after
        self.members, self.hidden_in = members or {}, hidden_in

    @property
    def is_refusal(self) -> bool:
        """Whether somebody asked for what is there, but not for him."""
        return self.status == HTTPStatus.FORBIDDEN or self.hidden_in is not None

    def document(self) -> dict[str, Any]:
        """Return the problem document's members."""
        members = {
            "type": f"urn:shelfloop:problem:{self.code}",
            "title": HTTPStatus(self.status).phrase,
            "status": self.status,
            "code": self.code,
            "detail": self.detail,
            "field": self.field,
            "remedy": self.remedy,
            "retryable": self.retry_after is not None,
            **self.members,
        }
        return {name: value for name, value in members.items() if value is not None}

    def response(self) -> JSONResponse:
        """Return the HTTP answer."""
        headers = {} if self.retry_after is None else {"Retry-After": str(self.retry_after)}
        if self.status == HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = "Bearer"
        return JSONResponse(self.document(), self.status, headers, media_type="application/problem+json")


def not_found(
    what: str, id: str, *, field: str | None = None, remedy: str | None = None, hidden_in: str | None = None
) -> Problem:
    """Make the problem for something that is not there, or is there in a store that the caller may not see."""
    code = f"{what.replace(' ', '-')}-not-found"
    return Problem(404, code, f"There is no {what} {id!r}.", field=field, remedy=remedy, hidden_in=hidden_in)


def invalid_request(error: RequestValidationError) -> Problem:
    """Make the problem for a request that is not of the form its route describes."""
    first = error.errors()[0]
    field = ".".join(str(part) for part in first["loc"][1:]) or str(first["loc"][0])
    remedy = "Correct this field; the API's own description is at /docs."
    return Problem(422, "invalid-request", f"{field}: {first['msg']}.", field=field, remedy=remedy)


def install_problem_handlers(app: FastAPI, keep_refusal: Callable[[Request, Problem], None]) -> None:
    """Answer every error as a problem document; refusals are kept before they are answered."""

    @app.exception_handler(Problem)
    async def on_problem(request: Request, problem: Problem) -> JSONResponse:
        if problem.is_refusal:
            await run_sync(keep_refusal, request, problem)
        return problem.response()

    @app.exception_handler(RequestValidationError)
    async def on_invalid(_request: Request, error: RequestValidationError) -> JSONResponse:
        return invalid_request(error).response()

    @app.exception_handler(HTTPException)
    async def on_http(_request: Request, error: HTTPException) -> JSONResponse:
        code = HTTPStatus(error.status_code).phrase.lower().replace(" ", "-")
        response = Problem(error.status_code, code, str(error.detail)).response()
        response.headers.update(error.headers or {})  # Allow, with 405
        return response

    @app.exception_handler(Exception)
    async def on_bug(_request: Request, _error: Exception) -> JSONResponse:
        return Problem(
            500,
            "internal-error",
            "Something went wrong on our side; nothing of this request was kept.",
            remedy="Try again; if it stays, give the operators the time of this answer.",
            retry_after=5,
        ).response()

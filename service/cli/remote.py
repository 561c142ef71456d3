"""Calling a running service from the command line."""

from typing import Annotated, Any

import httpx
import typer

from service.cli.terminal import complain, fail

Key = Annotated[str, typer.Option(envvar="SHELFLOOP_KEY", help="API key.")]
Url = Annotated[str, typer.Option(envvar="SHELFLOOP_URL", help="Address of the service.")]
TIMEOUT = 120  # seconds: a busy service answers late rather than never


def call(url: str, key: str, method: str, path: str, timeout: float = TIMEOUT, **request: Any) -> httpx.Response:
    """Send a request and return its answer; end the command where the service says no or nothing."""
    headers = {"Authorization": f"Bearer {key}", **request.pop("headers", {})}
    try:
        answer = httpx.request(method, url.rstrip("/") + path, headers=headers, timeout=timeout, **request)
    except httpx.HTTPError as error:
        fail(
            f"The service at {url} does not answer: {error}", "Start it with 'shelfloop serve', or name it with --url."
        )
    if answer.is_error:
        _fail_with_answer(answer)
    return answer


def _fail_with_answer(answer: httpx.Response) -> None:
    if answer.headers.get("Content-Type") != "application/problem+json":
        fail(f"The service answered {answer.status_code} {answer.reason_phrase}.", "Is --url the address of Shelfloop?")
    problem = answer.json()
    for one in problem.get("errors", ()):
        place = f"line {one['line']}" + (f", column {one['column']}" if one["column"] else "")
        complain(f"{place}: {one['detail']}. {one['remedy']}")
    fail(f"{problem['detail']} ({problem['code']})", problem.get("remedy"))

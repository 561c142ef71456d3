"""What is asked of a Label Studio: only at its configured address, for a limited time, never through a redirect."""

import json
from collections.abc import Generator, Iterator, Sequence
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from types import TracebackType
from typing import Any, Self

import httpx

from service.settings import LabelStudioSettings

SECONDS_TO_ANSWER, SECONDS_TO_CONNECT = 60.0, 5.0
PAGE = 20  # tasks; each may come with two hundred kilobytes of annotations and predictions


class LabelStudioError(RuntimeError):
    """Label Studio did not do what it was asked; the message says what it said, and holds no secret."""


class _PersonalToken(httpx.Auth):
    """A personal access token of Label Studio is exchanged for one of a few minutes."""

    requires_response_body = True

    def __init__(self, exchange: str, token: str) -> None:
        self._exchange, self._token, self._access = exchange, token, ""

    def auth_flow(self, request: httpx.Request) -> Generator[httpx.Request, httpx.Response, None]:
        """Exchange the token where there is none yet, or the last one is refused."""
        if self._access:
            request.headers["Authorization"] = f"Bearer {self._access}"
            answer = yield request
            if answer.status_code != httpx.codes.UNAUTHORIZED:
                return
        answer = yield httpx.Request("POST", self._exchange, json={"refresh": self._token})
        if answer.is_success:
            self._access = str(answer.json()["access"])
        request.headers["Authorization"] = f"Bearer {self._access}"
        yield request


class LabelStudio:
    """The API of the configured server. Every method raises `LabelStudioError` where it does not do what it should."""

    def __init__(self, settings: LabelStudioSettings) -> None:
        """Prepare to call; nothing is sent yet."""
        url, token = settings.url.rstrip("/"), settings.token.get_secret_value()
        personal = token.count(".") == 2  # a JSON web token; the older ones are 40 hexadecimal digits
        self._http = httpx.Client(
            base_url=url,
            auth=_PersonalToken(f"{url}/api/token/refresh", token) if personal else None,
            headers={} if personal else {"Authorization": f"Token {token}"},
            timeout=httpx.Timeout(SECONDS_TO_ANSWER, connect=SECONDS_TO_CONNECT),
            trust_env=False,
            follow_redirects=False,
        )

    def __enter__(self) -> Self:
        """Keep connections until the end of the block."""
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        """Close them."""
        self._http.close()

    def find_project(self, title: str) -> int | None:
        """Return the number of the project of this title."""
        found = self._ask("GET", "/api/projects", params={"title": title, "page_size": 100})["results"]
        return next((int(project["id"]) for project in found if project["title"] == title), None)

    def make_project(self, title: str, description: str, label_config: str) -> int:
        """Make a project that shows its tasks in their order, each once."""
        project = {
            "title": title,
            "description": description,
            "label_config": label_config,
            "sampling": "Sequential sampling",
            "maximum_annotations": 1,
            "skip_queue": "IGNORE_SKIPPED",
            "show_skip_button": True,
            "enable_empty_annotation": True,
            "show_collab_predictions": True,
        }
        return int(self._ask("POST", "/api/projects", json=project)["id"])

    def find_hook(self, project: int, url: str) -> int | None:
        """Return the number of the project's webhook to an address."""
        found = self._ask("GET", "/api/webhooks/", params={"project": project})
        return next((int(hook["id"]) for hook in found if hook["url"] == url), None)

    def add_hook(self, project: int, url: str, headers: dict[str, str]) -> int:
        """Let changed annotations be told to an address, with these headers."""
        hook = {
            "project": project,
            "url": url,
            "headers": headers,
            "send_payload": True,
            "send_for_all_actions": False,
            "actions": ["ANNOTATION_CREATED", "ANNOTATION_UPDATED"],
        }
        return int(self._ask("POST", "/api/webhooks/", json=hook)["id"])

    def remove_hook(self, hook: int) -> None:
        """Remove a webhook; one that is gone already is fine."""
        self._send("DELETE", f"/api/webhooks/{hook}/", allow=httpx.codes.NOT_FOUND)

    def add_tasks(self, project: int, tasks: Sequence[dict[str, Any]]) -> list[int]:
        """Import tasks with their predictions, and return their numbers in the same order."""
        answer = self._ask("POST", f"/api/projects/{project}/import", params={"return_task_ids": "true"}, json=tasks)
        numbers = [int(number) for number in answer["task_ids"]]
        if len(numbers) != len(tasks):
            raise LabelStudioError(f"Label Studio took {len(numbers)} of {len(tasks)} tasks")
        return sorted(numbers)

    def change_task(self, number: int, data: dict[str, Any]) -> None:
        """Replace a task's data."""
        self._ask("PATCH", f"/api/tasks/{number}/", json={"data": data})

    def tasks(self, project: int, since: datetime | None) -> Iterator[tuple[datetime, list[dict[str, Any]]]]:
        """Yield pages of tasks with their annotations, and Label Studio's time when it answered.

        In the order of their numbers: tasks that change meanwhile do not push others off the page that comes next.

        Args:
            project: its number.
            since: only those changed later, by Label Studio's clock.
        """
        later = {"filter": "filter:tasks:updated_at", "operator": "greater", "type": "Datetime"}
        items = [] if since is None else [{**later, "value": since.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")}]
        query = json.dumps({"filters": {"conjunction": "and", "items": items}, "ordering": ["tasks:id"]})
        asked = {"project": project, "fields": "all", "page_size": PAGE, "query": query}
        page, seen, total = 1, 0, 1
        while seen < total:
            # Pages go missing at the end where tasks are deleted meanwhile; the first one never does.
            gone = httpx.codes.NOT_FOUND if page > 1 else None
            answer = self._send("GET", "/api/tasks", params={**asked, "page": page}, allow=gone)
            if answer.status_code == gone:
                return
            found = _parsed(answer)
            yield _time_of(answer), found["tasks"]
            page, seen, total = page + 1, seen + PAGE, int(found["total"])

    def _ask(self, method: str, path: str, **request: Any) -> Any:
        return _parsed(self._send(method, path, **request))

    def _send(self, method: str, path: str, allow: int | None = None, **request: Any) -> httpx.Response:
        try:
            answer = self._http.request(method, path, **request)
        except httpx.HTTPError as error:
            raise LabelStudioError(f"Label Studio does not answer: {type(error).__name__}") from error
        if not answer.is_success and answer.status_code != allow:
            raise LabelStudioError(f"Label Studio answered {answer.status_code} to {method} {path}{_detail(answer)}")
        return answer


def _parsed(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError as error:
        raise LabelStudioError("Label Studio did not answer in JSON: is its address right?") from error


def _detail(answer: httpx.Response) -> str:
    try:
        said = answer.json()
    except ValueError:
        return ""
    return f": {said['detail']}"[:200] if isinstance(said, dict) and "detail" in said else ""


def _time_of(answer: httpx.Response) -> datetime:
    try:
        return parsedate_to_datetime(answer.headers["Date"]).astimezone(UTC)
    except (KeyError, ValueError) as error:
        raise LabelStudioError("Label Studio did not say what time it is") from error

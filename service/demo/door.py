"""One role's way in, over HTTP."""

from typing import Any

import httpx

from service.demo.installation import DemoFailed


class Door:
    """Calls the service with one key over one connection."""

    def __init__(self, url: str, key: str) -> None:
        """Knock at `url` with `key`."""
        self._client = httpx.Client(base_url=url, headers={"Authorization": f"Bearer {key}"}, timeout=120)

    def call(self, method: str, path: str, **request: Any) -> Any:
        """Send a request and return the answer's JSON.

        Raises:
            DemoFailed: with what the service said.
        """
        answer = self._client.request(method, path, **request)
        if answer.is_error:
            raise DemoFailed(f"{method} {path} was answered {answer.status_code}: {answer.text}")
        return answer.json() if answer.content else None

    def close(self) -> None:
        """Give the connection back."""
        self._client.close()

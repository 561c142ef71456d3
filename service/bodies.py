"""How much of a request is read before it is refused."""

import re

from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

MOST_BYTES = 4_000_000
# `captures.upload` and `catalogue.files.body` limit these themselves.
UPLOADS = re.compile(
    r"/v1/(captures|analyze|annotations/import|clips|catalogue/import|embedders|checkout/recognise|"
    r"products/[^/]+/references)"
)


class LimitBodies:
    """ASGI middleware that stops reading where a body becomes too large; FastAPI reads it before it asks for a key."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request."""
        read = 0

        async def limited() -> Message:
            nonlocal read
            message = await receive()
            read += len(message.get("body", b""))
            if read > MOST_BYTES:
                # Not a Problem: of what is raised while FastAPI reads a body only this comes through.
                raise HTTPException(413, f"The request is larger than {MOST_BYTES / 1e6:g} MB.")
            return message

        unlimited = scope["type"] != "http" or UPLOADS.fullmatch(scope["path"])
        await self.app(scope, receive if unlimited else limited, send)

"""A CSV file as the body of a request, kept on disk and refused where it becomes too large."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from tempfile import TemporaryFile
from typing import Any, BinaryIO

from fastapi import Request

from service.problems import Problem

MOST_MEGABYTES = 200
CSV_ANSWER: dict[int | str, dict[str, Any]] = {200: {"content": {"text/csv": {}}, "description": "A CSV file, UTF-8"}}
CSV_BODY = {
    "requestBody": {"required": True, "content": {"text/csv": {"schema": {"type": "string", "format": "binary"}}}}
}


@asynccontextmanager
async def received_csv(request: Request) -> AsyncIterator[BinaryIO]:
    """Read a request's body into a temporary file and go back to its start.

    Raises:
        Problem: 415 if it is not sent as CSV, 413 as soon as it is known to be too large.
    """
    if request.headers.get("Content-Type", "").partition(";")[0].strip().lower() != "text/csv":
        remedy = "Send the file itself as the body, with Content-Type: text/csv."
        raise Problem(415, "not-csv", "The request is not CSV.", field="Content-Type", remedy=remedy)
    with TemporaryFile() as file:
        async for chunk in request.stream():
            file.write(chunk)
            if file.tell() > MOST_MEGABYTES * 1_000_000:
                remedy = "Split it; products that a file does not name stay as they are."
                raise Problem(413, "file-too-large", f"The file is larger than {MOST_MEGABYTES} MB.", remedy=remedy)
        file.seek(0)
        yield file

"""Filling a service's catalogue through its own doors."""

import json
import urllib.request
from collections.abc import Mapping
from typing import Any

_BOUNDARY = "reference-bench-boundary"


def call(port: int, headers: Mapping[str, str], method: str, path: str, body: Any = None) -> Any:
    """Send JSON, or bytes as a multipart form's photo, and return the answer."""
    if isinstance(body, bytes):
        kind = f"multipart/form-data; boundary={_BOUNDARY}"
        before = f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="photo"; filename="pack.jpg"\r\n\r\n'
        data = before.encode() + body + f"\r\n--{_BOUNDARY}--\r\n".encode()
    else:
        kind, data = "application/json", json.dumps(body).encode()
    sent = urllib.request.Request(
        f"http://127.0.0.1:{port}{path}",
        None if body is None else data,
        {**headers, "Content-Type": kind},
        method=method,
    )
    with urllib.request.urlopen(sent, timeout=120) as answer:
        return json.loads(answer.read() or b"null")


def add_product(port: int, headers: Mapping[str, str], gtin: str, references: list[bytes]) -> None:
    """Add a product that is recognised by these pictures."""
    call(port, headers, "PUT", f"/v1/products/{gtin}", {"name": f"Product {gtin}", "category": ["bench"]})
    for picture in references:
        call(port, headers, "POST", f"/v1/products/{gtin}/references", picture)

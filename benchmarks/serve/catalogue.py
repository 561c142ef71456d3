"""Filling a service's catalogue through its own doors."""

import json
import urllib.request
from collections.abc import Mapping
from dataclasses import asdict
from typing import Any

from retail.planograms import Planogram

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


def follow_planogram(port: int, headers: Mapping[str, str], bay_id: str, planogram: Planogram) -> None:
    """Let a bay follow a planogram; products that the catalogue lacks are added without a picture."""
    for gtin in sorted(planogram.gtins):
        call(port, headers, "PUT", f"/v1/products/{gtin}", {"name": f"Product {gtin}", "category": ["bench"]})
    shelves, positions = ([asdict(one) for one in some] for some in (planogram.shelves, planogram.positions))
    layout = {"width": planogram.width, "shelves": shelves, "positions": positions}
    call(port, headers, "PUT", f"/v1/planograms/{planogram.id}", layout)
    call(port, headers, "PUT", f"/v1/bays/{bay_id}/planogram", {"planogram_id": planogram.id})

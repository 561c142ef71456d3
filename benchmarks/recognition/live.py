"""A new product on two servers: its pictures go to the one, and the other one names it, without a restart."""

import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks.report import Target
from benchmarks.serve.catalogue import add_product, call
from benchmarks.serve.client import Door, ask_once
from benchmarks.serve.dense import draw_dense_shelves
from benchmarks.serve.ours import SHELFLOOP, create_key
from benchmarks.serve.processes import Server, free_port, running

TARGETS = {"add_to_live_s": Target(at_most=2.0)}
REFERENCES = 5
PRODUCTS = 8
_PATIENCE = 60.0  # seconds


@dataclass(frozen=True, slots=True)
class Live:
    """Seconds for each new product, from sending its first picture.

    Attributes:
        answered: until the last picture was answered; from then on the server that took it names the product.
        live: until the other server has all of them in its gallery.
        gone: from sending the removal of a product's references until the other server has none of them.
    """

    answered: Sequence[float]
    live: Sequence[float]
    gone: Sequence[float]
    named: int

    def headline(self) -> dict[str, float | None]:
        """Return the claim: the slowest product."""
        return {"add_to_live_s": max(self.live)}

    def rows(self) -> list[dict[str, Any]]:
        """Return what it is made of."""
        return [
            {
                "live": f"{REFERENCES} references sent one by one to one server, seen on another one of the same home",
                "products": len(self.live),
                "answered_s_median": median(self.answered),
                "live_s_median": median(self.live),
                "live_s_slowest": max(self.live),
                "gone_s_slowest": max(self.gone),
                "named_by_the_other": self.named,
            }
        ]


def measure_live(folder: Path) -> Live:
    """Add products to one of two servers of one home, and watch the other one."""
    shelves = draw_dense_shelves()
    products = [(gtin, pictures) for gtin, pictures in shelves.references.items()][:PRODUCTS]
    answered, live, gone, named = [], [], [], 0
    with _two_servers(folder) as (first, second, headers):
        for number, (gtin, pictures) in enumerate(products):
            sent = _repeated(pictures)
            begin = time.perf_counter()
            add_product(first.port, headers, gtin, sent)
            answered.append(time.perf_counter() - begin)
            _wait_for(second, headers, references=(number + 1) * REFERENCES)
            live.append(time.perf_counter() - begin)
        door = Door(second.port, "/v1/analyze", {}, headers)
        _, answer, _ = ask_once(door, shelves.photos.photos[0])
        named = len({one["gtin"] for one in answer["detections"]} & {gtin for gtin, _ in products})
        left = len(products) * REFERENCES
        for gtin, _ in products:
            path = f"/v1/products/{gtin}/references"
            ids = [one["id"] for one in call(first.port, headers, "GET", path)["references"]]
            begin = time.perf_counter()
            for id in ids:
                call(first.port, headers, "DELETE", f"{path}/{id}")
            left -= len(ids)
            _wait_for(second, headers, references=left)
            gone.append(time.perf_counter() - begin)
    return Live(answered, live, gone, named)


def _repeated(pictures: Sequence[bytes]) -> list[bytes]:
    """Return as many pictures as a product is added with; bytes behind a JPEG's end make others of the same."""
    return [pictures[number % len(pictures)] + b"\0" * (number // len(pictures)) for number in range(REFERENCES)]


@contextmanager
def _two_servers(folder: Path) -> Iterator[tuple[Server, Server, Mapping[str, str]]]:
    environment = {"SHELFLOOP_HOME": str(folder)}
    headers = {"Authorization": f"Bearer {create_key(environment)}"}
    with ExitStack() as stack:
        servers = []
        for name in ("first", "second"):
            port = free_port()
            command = [SHELFLOOP, "serve", "--port", str(port)]
            server = stack.enter_context(running(command, environment, port, folder / f"{name}.log"))
            server.wait_for("/readyz")
            servers.append(server)
        yield servers[0], servers[1], headers


def _wait_for(server: Server, headers: Mapping[str, str], references: int) -> None:
    end = time.perf_counter() + _PATIENCE
    while call(server.port, headers, "GET", "/v1/naming")["gallery"]["references"] != references:
        if time.perf_counter() > end:
            raise TimeoutError(f"the other server never came to {references} references")
        time.sleep(0.02)

"""What Prometheus may read: requests, stages of the way a photo travels, the queue, the model."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import perf_counter

from prometheus_client import Counter, Gauge, Histogram
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_SECONDS = (0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10)

requests = Counter("shelfloop_requests", "Requests answered", ["method", "route", "status"])
latency = Histogram("shelfloop_request_seconds", "Time to answer", ["method", "route"], buckets=_SECONDS)
stages = Histogram("shelfloop_stage_seconds", "Time of one stage of a photo", ["stage"], buckets=_SECONDS)
photos_admitted = Gauge("shelfloop_photos_admitted", "Photos in work or waiting")
photos_refused = Counter("shelfloop_photos_refused", "Photos refused because too many were waiting")
model_version = Gauge("shelfloop_model_version", "Version of the model that answers")


@contextmanager
def stage(name: str) -> Iterator[None]:
    """Measure one stage: decode, faces, infer, name, planogram or store."""
    begin = perf_counter()
    try:
        yield
    finally:
        stages.labels(name).observe(perf_counter() - begin)


class MeasureRequests:
    """ASGI middleware that counts and times requests by the route that answered them."""

    def __init__(self, app: ASGIApp) -> None:
        """Wrap an application."""
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request and count it."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 500

        async def watch(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        begin = perf_counter()
        try:
            await self.app(scope, receive, watch)
        finally:
            # The route's template, not the address: ids in labels would make a series for every capture.
            route = getattr(scope.get("route"), "path", "other")
            requests.labels(scope["method"], route, status).inc()
            latency.labels(scope["method"], route).observe(perf_counter() - begin)

"""Bays with verdicts, and a receiver that can be down."""

import base64
import hashlib
import hmac
import json
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from email.message import Message
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from retail.compliance import Verdict
from service.context import Context
from service.records import (
    BayRecord,
    CaptureRecord,
    ComplianceRecord,
    PositionVerdictRecord,
    ProductRecord,
    StoreRecord,
    WebhookRecord,
)
from service.settings import Settings, WebhookSettings
from service.webhooks.announcing import announce
from service.webhooks.delivering import keep_delivering

MILK, JUICE = "00000000000017", "00000000000024"
Places = dict[tuple[int, int], Verdict]


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Settings with which a receiver of this machine may be told."""
    return settings.model_copy(update={"webhooks": WebhookSettings(private_networks=["127.0.0.0/8"])})


@dataclass
class Bays:
    """Writes down how a bay was found, and announces it."""

    context: Context
    captures: int = 0

    def found(
        self, verdicts: Places, bay_id: str = "b1", minutes: float = 0, gtin: str = MILK, fits: bool = True
    ) -> str:
        """Keep a photo taken so many minutes after now with its verdicts; return the capture's id."""
        self.captures += 1
        id = f"{self.captures:032x}"
        with self.context.database.write() as session:
            session.merge(StoreRecord(id="s1", name="Corner shop", format="convenience"))
            session.merge(ProductRecord(gtin=MILK, name="Milk", category=["dairy"]))
            session.merge(ProductRecord(gtin=JUICE, name="Juice", category=["drinks"]))
            session.flush()
            session.merge(BayRecord(id=bay_id, store_id="s1"))
            session.flush()
            session.add(self._capture(id, bay_id, minutes))
            session.flush()
            session.add(self._compliance(id, bay_id, minutes, fits))
            session.flush()
            session.add_all(_verdict(id, place, verdict, gtin) for place, verdict in verdicts.items())
            announce(session, id)
        return id

    def _capture(self, id: str, bay_id: str, minutes: float) -> CaptureRecord:
        now = self.context.clock()
        return CaptureRecord(
            id=id,
            sha256=id,
            store_id="s1",
            bay_id=bay_id,
            taken_at=now + timedelta(minutes=minutes),
            received_at=now,
            width=640,
            height=480,
            image_key=f"{id}.jpg",
            image_sha256=id,
            faces_blurred=0,
            stratum="neutral/frontal/convenience",
            model_version=1,
            truncated=False,
            detections=[],
        )

    def _compliance(self, id: str, bay_id: str, minutes: float, fits: bool) -> ComplianceRecord:
        return ComplianceRecord(
            capture_id=id,
            bay_id=bay_id,
            store_id="s1",
            planogram_id="dairy-2",
            version=3,
            at=self.context.clock() + timedelta(minutes=minutes),
            photos=[id],
            fits=fits,
            counts={},
            flip=0.1,
            answer={},
        )


def _verdict(id: str, place: tuple[int, int], verdict: Verdict, gtin: str) -> PositionVerdictRecord:
    return PositionVerdictRecord(
        capture_id=id,
        shelf=place[0],
        slot=place[1],
        gtin=gtin,
        verdict=verdict,
        probability=0.97,
        flip=0.03,
        in_view=True,
        facings_planned=3,
        facings_seen=0 if verdict == Verdict.OUT_OF_STOCK else 3,
    )


@pytest.fixture
def bays(context: Context) -> Bays:
    return Bays(context)


SECRET = "whsec_" + base64.b64encode(b"thirty-two bytes, known to both.").decode()


@pytest.fixture
def webhook(context: Context) -> Callable[..., str]:
    """Add a webhook and return its id: `webhook("http://127.0.0.1:9/", ["s1"])`."""

    def add(url: str = "http://127.0.0.1:9/", store_ids: list[str] | None = None) -> str:
        with context.database.write() as session:
            now, number = context.clock(), len(session.query(WebhookRecord).all())
            record = WebhookRecord(
                id=f"{number:032x}", url=url, store_ids=store_ids, secret=SECRET, created_at=now, by="a test"
            )
            record.next_attempt_at = now
            session.add(record)
        return record.id

    return add


@dataclass
class Heard:
    """One request as the receiver got it."""

    path: str
    headers: Message
    body: bytes

    @property
    def event(self) -> Any:
        return json.loads(self.body)

    def is_signed(self, secret: str = SECRET) -> bool:
        """Check the signature as a receiver would who has read Standard Webhooks: with no code of the sender."""
        key = base64.b64decode(secret.split("_", 1)[1])
        signed = f"{self.headers['webhook-id']}.{self.headers['webhook-timestamp']}.{self.body.decode()}"
        mine = base64.b64encode(hmac.new(key, signed.encode(), hashlib.sha256).digest()).decode()
        return any(hmac.compare_digest(one, f"v1,{mine}") for one in self.headers["webhook-signature"].split(" "))


@dataclass
class Receiver:
    """A real HTTP server on a port that stays the same when it goes down and comes up.

    `answers` are given in turn, each a status with headers; 204 after them. `heard` is what was answered 2xx.
    """

    port: int = 0
    answers: list[tuple[int, dict[str, str]]] = field(default_factory=list)
    heard: list[Heard] = field(default_factory=list)
    refused: list[Heard] = field(default_factory=list)
    silent: threading.Event | None = None
    _server: ThreadingHTTPServer | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hook?shop=1"

    def up(self) -> None:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                if receiver.silent is not None:
                    receiver.silent.wait(20)
                    return
                status, headers = receiver.answers.pop(0) if receiver.answers else (204, {})
                kept = receiver.heard if 200 <= status < 300 else receiver.refused
                kept.append(Heard(self.path, self.headers, body))
                self.send_response(status)
                for name, value in headers.items():
                    self.send_header(name, value)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None: ...

        self._server = ThreadingHTTPServer(("127.0.0.1", self.port), Handler)
        self._server.daemon_threads = True
        self.port = self._server.server_port
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()

    def down(self) -> None:
        if self._server is not None:
            self._server.shutdown()
            self._server.server_close()
            self._server = None


@pytest.fixture
def new_receiver() -> Iterator[Callable[[], Receiver]]:
    started: list[Receiver] = []

    def start() -> Receiver:
        started.append(Receiver())
        started[-1].up()
        return started[-1]

    yield start
    for receiver in started:
        if receiver.silent is not None:
            receiver.silent.set()
        receiver.down()


@pytest.fixture
def receiver(new_receiver: Callable[[], Receiver]) -> Receiver:
    return new_receiver()


@pytest.fixture
def courier(context: Context) -> Iterator[None]:
    """What the worker runs, looking often."""
    stopping = threading.Event()
    thread = threading.Thread(target=keep_delivering, args=(context, stopping, "w1", 0.01))
    thread.start()
    yield
    stopping.set()
    thread.join()

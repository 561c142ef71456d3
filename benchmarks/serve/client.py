"""Clients so light that they leave the processor to the service they share it with."""

import asyncio
import itertools
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from time import perf_counter
from typing import Any

from benchmarks.serve.load import BROKEN, REFUSED, Answer, Load
from benchmarks.serve.photos import PhotoSet, distinct

_BOUNDARY = "photo-bench-boundary"
_LENGTH = re.compile(rb"\r\ncontent-length: *(\d+)", re.IGNORECASE)
_RETRY_AFTER = re.compile(rb"\r\nretry-after: *(\d+)", re.IGNORECASE)
_numbers = itertools.count(1)  # of all photos ever sent, so that no two are the same bytes


@dataclass(frozen=True, slots=True)
class Door:
    """Where photos go: a multipart form on this machine.

    Attributes:
        fields: text fields of the form; ``{client}`` in a value becomes the client's number.
        keep_alive: False to open a connection for each request.
    """

    port: int
    path: str
    fields: Mapping[str, str] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)
    keep_alive: bool = True

    def request(self, photo: bytes, client: int) -> list[bytes]:
        """Return the request in parts."""
        form = [_text_field(name, value.format(client=client)) for name, value in self.fields.items()]
        disposition = 'Content-Disposition: form-data; name="photo"; filename="photo.jpg"'
        form.append(f"--{_BOUNDARY}\r\n{disposition}\r\nContent-Type: image/jpeg\r\n\r\n")
        before, after = "".join(form).encode(), f"\r\n--{_BOUNDARY}--\r\n".encode()
        headers = {
            "Host": "127.0.0.1",
            "Content-Type": f"multipart/form-data; boundary={_BOUNDARY}",
            "Content-Length": str(len(before) + len(photo) + len(after)),
            "Connection": "keep-alive" if self.keep_alive else "close",
            **self.headers,
        }
        lines = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        return [f"POST {self.path} HTTP/1.1\r\n{lines}\r\n".encode(), before, photo, after]


def _text_field(name: str, value: str) -> str:
    return f'--{_BOUNDARY}\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{value}\r\n'


@dataclass(slots=True)
class Client:
    """Sends one photo after the other."""

    door: Door
    number: int = 0
    _streams: tuple[asyncio.StreamReader, asyncio.StreamWriter] | None = None

    async def send(self, photo: bytes) -> tuple[int, bytes, int]:
        """Return status, body and the seconds after which to try again."""
        try:
            reader, writer = self._streams or await asyncio.open_connection("127.0.0.1", self.door.port, limit=2**22)
            self._streams = reader, writer
            # Not drained: a service that refuses answers before it has read everything.
            writer.writelines(self.door.request(photo, self.number))
            head = await reader.readuntil(b"\r\n\r\n")
            length, wait = _LENGTH.search(head), _RETRY_AFTER.search(head)
            body = await reader.readexactly(int(length[1])) if length else b""
        except (OSError, asyncio.IncompleteReadError):
            await self.close()
            return BROKEN, b"", 0
        if not self.door.keep_alive or b"connection: close" in head.lower():
            await self.close()
        return int(head[9:12]), body, int(wait[1]) if wait else 0

    async def close(self) -> None:
        """Close the connection; the next photo opens another."""
        if self._streams is not None:
            self._streams[1].close()
            self._streams = None


def ask_once(door: Door, photo: bytes) -> tuple[int, dict[str, Any], float]:
    """Send one photo and return status, answer and seconds."""

    async def ask() -> tuple[int, bytes, float]:
        client = Client(door)
        begin = perf_counter()
        status, body, _ = await client.send(photo)
        seconds = perf_counter() - begin
        await client.close()
        return status, body, seconds

    status, body, seconds = asyncio.run(ask())
    return status, json.loads(body or b"{}"), seconds


def keep_busy(door: Door, photos: PhotoSet, clients: int, seconds: float, warm_up: float) -> Load:
    """Let clients send photos, each the next one as soon as it has its answer.

    Args:
        door: where to.
        photos: what, in turn; each time as other bytes.
        clients: how many.
        seconds: length of the window whose answers count.
        warm_up: seconds before the window, until the queue is as long as it will be.
    """
    return asyncio.run(_keep_busy(door, photos, clients, seconds, warm_up))


async def _keep_busy(door: Door, photos: PhotoSet, clients: int, seconds: float, warm_up: float) -> Load:
    answers: list[Answer] = []
    turn = itertools.cycle(photos.photos)
    opening = perf_counter() + warm_up
    closing = opening + seconds
    await asyncio.gather(*(_work(Client(door, number), turn, closing, answers) for number in range(clients)))
    return Load([answer for answer in answers if opening <= answer.end < closing], seconds)


async def _work(client: Client, turn: Iterator[bytes], closing: float, answers: list[Answer]) -> None:
    while perf_counter() < closing:
        photo = distinct(next(turn), next(_numbers))
        begin = perf_counter()
        status, _, wait = await client.send(photo)
        answers.append(Answer(begin, perf_counter(), status))
        if status == REFUSED:
            await asyncio.sleep(wait)
    await client.close()

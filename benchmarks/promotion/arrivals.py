"""Photos that arrive at a constant rate, whether or not those before were answered."""

import asyncio
import itertools
from collections.abc import Sequence
from time import perf_counter

from benchmarks.serve.client import Client, Door
from benchmarks.serve.load import Answer
from benchmarks.serve.photos import distinct

_IDLE_SECONDS = 2.0  # then a connection is replaced: a server closes those that lay idle for five
_CLIENTS = 64  # connections at most; as many bays are registered
_numbers = itertools.count(10**9)  # of photos, beside those that clients in closed loops number


def arrivals(door: Door, photos: Sequence[bytes], rate: float, seconds: float, warm_up: float) -> list[Answer]:
    """Send photos at a rate and return the answers to those that were due within the window after the warm-up.

    An answer begins when its photo was due, not when it was sent: a service that keeps its callers waiting does not
    look faster because they send less (Tene: How NOT to measure latency).

    Args:
        door: where to.
        photos: what, in turn; each time as other bytes.
        rate: photos per second.
        seconds: length of the window.
        warm_up: seconds before the window.
    """
    return asyncio.run(_arrive(door, photos, rate, seconds, warm_up))


async def _arrive(door: Door, photos: Sequence[bytes], rate: float, seconds: float, warm_up: float) -> list[Answer]:
    idle = [(Client(door, number), 0.0) for number in range(_CLIENTS)]
    begin, answers = perf_counter() + 0.1, list[Answer]()
    async with asyncio.TaskGroup() as group:
        for turn in range(round(rate * (warm_up + seconds))):
            due = begin + turn / rate
            await asyncio.sleep(max(0.0, due - perf_counter()))
            photo = distinct(photos[turn % len(photos)], next(_numbers))
            group.create_task(_send(idle, photo, due, answers))
    for client, _ in idle:
        await client.close()
    return [answer for answer in answers if answer.begin >= begin + warm_up]


async def _send(idle: list[tuple[Client, float]], photo: bytes, due: float, answers: list[Answer]) -> None:
    while not idle:
        await asyncio.sleep(0.001)
    client, used_at = idle.pop()
    if perf_counter() - used_at > _IDLE_SECONDS:
        await client.close()
    status, _, _ = await client.send(photo)
    answers.append(Answer(due, perf_counter(), status))
    idle.append((client, perf_counter()))

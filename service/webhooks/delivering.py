"""The part of a worker that tells receivers: many webhooks at once, each one in order."""

import asyncio
import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import httpx

from service.context import Context
from service.webhooks.queries import due_webhooks, forget_deliveries, let_go
from service.webhooks.sending import Outcome, Parcel, new_client, send
from service.webhooks.settling import settle, take_parcel

log = logging.getLogger(__name__)
POLL_SECONDS = 1.0
MOST_AT_ONCE = 16  # webhooks; each takes a thread while it looks up an address or writes
KEPT = timedelta(days=30)
FORGET_EVERY = timedelta(hours=1)


def keep_delivering(
    context: Context, stopping: threading.Event, holder: str, poll_seconds: float = POLL_SECONDS
) -> None:
    """Until `stopping` is set, send what waits. No other worker may have the name `holder`."""
    asyncio.run(_Courier(context, stopping, holder).keep_looking(poll_seconds))


class _Courier:
    def __init__(self, context: Context, stopping: threading.Event, holder: str) -> None:
        self._context, self._stopping, self._holder = context, stopping, holder
        self._busy: set[str] = set()
        self._forgot_at: datetime | None = None

    async def keep_looking(self, poll_seconds: float) -> None:
        # Not asyncio's own pool, which is small on small machines: a few slow name servers would hold up all.
        asyncio.get_running_loop().set_default_executor(ThreadPoolExecutor(2 * MOST_AT_ONCE, "webhooks"))
        fresh = True
        async with new_client() as client, asyncio.TaskGroup() as group:
            while not self._stopping.is_set():
                try:
                    due = await asyncio.to_thread(self._look, fresh, frozenset(self._busy))
                except Exception:  # mostly a database that restarts
                    log.exception("Webhooks could not be looked up; looking again")
                else:
                    fresh = False
                    for id in due:
                        self._busy.add(id)
                        group.create_task(self._tell(client, id))
                await asyncio.sleep(poll_seconds)

    def _look(self, fresh: bool, busy: frozenset[str]) -> list[str]:
        now = self._context.clock()
        if fresh:
            with self._context.database.write() as session:
                let_go(session, self._holder)
        if self._forgot_at is None or now - self._forgot_at >= FORGET_EVERY:
            with self._context.database.write() as session:
                forget_deliveries(session, now - KEPT)
            self._forgot_at = now
        if len(busy) >= MOST_AT_ONCE:
            return []
        with self._context.database.read() as session:
            return list(due_webhooks(session, now, busy, MOST_AT_ONCE - len(busy)))

    async def _tell(self, client: httpx.AsyncClient, webhook_id: str) -> None:
        """Send what a webhook waits for, one after the other, until one fails or none is left."""
        networks = self._context.settings.webhooks.private_networks
        try:
            while not self._stopping.is_set():
                parcel = await asyncio.to_thread(self._take, webhook_id)
                if parcel is None:
                    break
                outcome = await send(client, parcel, networks, self._context.clock())
                await asyncio.to_thread(self._settle, parcel, outcome)
        except Exception:  # one webhook's trouble is not the others'
            log.exception("Webhook %s could not be told; trying again", webhook_id)
        finally:
            self._busy.discard(webhook_id)

    def _take(self, webhook_id: str) -> Parcel | None:
        with self._context.database.write() as session:
            return take_parcel(session, webhook_id, self._holder, self._context.clock())

    def _settle(self, parcel: Parcel, outcome: Outcome) -> None:
        with self._context.database.write() as session:
            settle(session, parcel, outcome, self._holder, self._context.clock())

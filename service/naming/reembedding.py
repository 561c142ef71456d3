"""Another embedder: it reads every reference in a durable job, and then all servers swap at once."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from service.context import Context
from service.jobs import ATTEMPTS_TO_FAIL, MayPass, StepFailed, step
from service.naming.queries import count_references, lock_embedder, lock_gallery, unread_references
from service.naming.reading import read_references
from service.naming.swapping import EmbedderState, let_serve
from service.records import EmbedderRecord

log = logging.getLogger(__name__)
QUEUE = "embeddings"
BATCH = 64  # references between two reports; what a killed worker repeats at most
LONGEST_ERROR = 2000


class Overtaken(Exception):
    """The order is no longer to be carried out: a later one was given."""


@dataclass(frozen=True)
class Order:
    """An embedder that is to name, and which order for it this is: it may come back after others."""

    context: Context
    embedder_id: str
    number: int

    @contextmanager
    def record(self) -> Iterator[tuple[Session, EmbedderRecord]]:
        """Change the embedder's record; committed at the end of the block.

        Raises:
            Overtaken: if a later order was given, or this one is done.
        """
        with self.context.database.write() as session:
            lock_gallery(session)
            record = lock_embedder(session, self.embedder_id)
            if record is None or record.state != EmbedderState.EMBEDDING or record.progress["order"] != self.number:
                raise Overtaken
            yield session, record


def reembed(context: Context, order: str) -> None:
    """Carry an order out; whatever goes wrong is written into its record, and the embedder that names goes on."""
    embedder_id, _, number = order.rpartition("/")
    work = Order(context, embedder_id, int(number))
    try:
        for part in (read_all, swap):
            step(part.__name__, partial(part, work), let_out=Overtaken)
    except Overtaken:
        log.info("The order %s is not to be carried out any more", order)
    except (StepFailed, MayPass) as error:
        step("fail", partial(fail, work, str(error)), attempts=ATTEMPTS_TO_FAIL)


def read_all(order: Order) -> None:
    """Read every live reference that this embedder has not read; killed, it goes on with what is left."""
    context, last = order.context, ""
    embedder = context.naming.embedders.load(order.embedder_id)
    with context.database.read() as session:
        all, read = count_references(session, embedder.id)
    while True:
        with context.database.read() as session:
            unread = unread_references(session, embedder.id, last, BATCH)
        if not unread:
            return
        read_references(context.database, context.images, embedder, unread)
        last, read = unread[-1].id, read + len(unread)
        with order.record() as (_, record):
            record.progress = {**record.progress, "references": all, "read": read}


def swap(order: Order) -> None:
    """Let the embedder name; a reference that came since is read by the servers as they load it."""
    context = order.context
    embedders = context.naming.embedders
    calibration = embedders.calibration_of(embedders.load(order.embedder_id))
    with order.record() as (session, record):
        reason, by = record.progress["reason"], record.progress["by"]
        let_serve(session, record, calibration.model_dump(mode="json"), reason, by, context.clock())


def fail(order: Order, error: str) -> None:
    """Write down why the embedder does not name."""
    with order.record() as (_, record):
        record.state, record.error = EmbedderState.FAILED, error[:LONGEST_ERROR]

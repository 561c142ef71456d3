"""The order for another embedder, as a record: the worker finds it there and carries it out (`reembedding.py`).

Servers take such orders and run none, so nothing here needs the machinery of jobs, which takes time to import.
"""

from service.context import Context
from service.naming.queries import lock_embedder, lock_gallery
from service.naming.swapping import EmbedderState
from service.problems import Problem
from service.records import EmbedderRecord
from vision.artefact import BadArtefact

_FILE = "file"


def order_embedder(context: Context, data: bytes, reason: str, by: str) -> EmbedderRecord:
    """Let an embedder name products as soon as it has read every reference; one that serves or reads is left alone.

    Raises:
        Problem: bad-embedder.
    """
    try:
        embedder = context.naming.embedders.check(data)
    except BadArtefact as error:
        remedy = "Send an ONNX file that training.embedder exported."
        raise Problem(422, "bad-embedder", f"This is no embedder: {error}.", remedy=remedy) from error
    context.naming.embedders.keep(embedder.id, data)
    with context.database.write() as session:
        lock_gallery(session)
        record = lock_embedder(session, embedder.id)
        if record is None:
            record = EmbedderRecord(
                id=embedder.id, created_at=context.clock(), by=by, source=_FILE, state="", progress={"order": 0}
            )
            session.add(record)
        if record.state not in (EmbedderState.SERVING, EmbedderState.EMBEDDING):
            record.state, record.error = EmbedderState.EMBEDDING, None
            record.progress = {"order": record.progress.get("order", 0) + 1, "reason": reason, "by": by}
    return record

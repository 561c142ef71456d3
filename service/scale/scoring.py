"""What a model would make of the pool: each capture's value for labelling, without renewing a signature."""

from collections.abc import Iterable, Iterator

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from service.context import Context
from service.records import CaptureRecord, SignatureRecord, TaskRecord
from service.scale.cluster import Cluster, Row
from service.scale.looking import Looker, looked_at, prepared
from service.signature_numbers import unpacked

COLUMNS = ("capture_id", "value", "plain", "boxes", "facings", "doubted", "unknown", "gaps", "confidence")


def score(context: Context, version: int, cluster: Cluster | None = None) -> list[Row]:
    """Return the scores of the pool by capture id, as a version of the model sees it, in this process or on a cluster.

    A photo that cannot be read any more has no score.

    Raises:
        Problem: model-not-found.
    """
    with context.database.read() as session:
        ids = pool_ids(session)
    if cluster is None:
        rows: Iterable[Row] = looked_at(context, prepared(context, version), ids)
    else:
        context.naming.refresh()
        wanted = [{"capture_id": id} for id in ids]
        rows = cluster.mapped(wanted, Looker, context.settings, version) if wanted else ()
    return sorted(_scores(rows), key=lambda one: str(one["capture_id"]))


def pool_ids(session: Session) -> list[str]:
    """Return the captures that no task holds and that are no near-duplicate of another, in order."""
    signature = SignatureRecord
    query = (
        select(signature.capture_id)
        .join(CaptureRecord, CaptureRecord.id == signature.capture_id)
        .where(
            ~signature.near_duplicate,
            CaptureRecord.deleted_at.is_(None),
            ~exists().where(TaskRecord.capture_id == signature.capture_id),
        )
    )
    return list(session.scalars(query.order_by(signature.capture_id)))


def _scores(rows: Iterable[Row]) -> Iterator[Row]:
    for row in rows:
        if row["numbers"] is not None:
            numbers = unpacked(row["numbers"])
            yield {name: numbers.get(name, row.get(name)) for name in COLUMNS} | {"unknown": row["unknown"]}

"""Looking at captures with one model: what each leaves behind, as plain rows that travel between processes."""

from collections.abc import Iterable, Iterator
from itertools import islice
from typing import TYPE_CHECKING

from sqlalchemy import select

from service.captures.signing import sign
from service.context import Context, make_context
from service.models.queries import get_model
from service.models.serving import ServingModel, load_model
from service.problems import Problem
from service.records import CaptureRecord, LooksRecord, SignatureRecord
from service.rounds.resigning import look_again
from service.scale.cluster import BATCH, Row
from service.settings import Settings

if TYPE_CHECKING:
    import pyarrow

SIGNATURE = (
    "model_version",
    "image_vector",
    "numbers",
    "predicted_boxes",
    "facings",
    "gaps",
    "unknown",
    "confidence",
    "luminance",
    "clipped",
    "temperature",
    "gradient",
)
LOOKS = ("embedder_id", "looks")


def looked_at(context: Context, model: ServingModel, capture_ids: Iterable[str]) -> Iterator[Row]:
    """Yield a row for each capture; of one whose photo cannot be read only `capture_id` is not None.

    The kept picture is read and named as naming stands. Nothing is written.
    """
    ids = iter(capture_ids)
    while some := list(islice(ids, BATCH)):
        with context.database.read() as session:
            captures = {one.id: one for one in session.scalars(select(CaptureRecord).where(CaptureRecord.id.in_(some)))}
        for id in some:
            yield {"capture_id": id, **_row(context, model, captures[id])}


def _row(context: Context, model: ServingModel, capture: CaptureRecord) -> Row:
    seen = look_again(context, model, capture)
    if seen is None:
        return dict.fromkeys((*SIGNATURE, *LOOKS))
    with context.database.read() as session:
        signature, looks = sign(session, capture, seen, flip=0.0)
    return {name: getattr(signature, name) for name in SIGNATURE} | {name: getattr(looks, name) for name in LOOKS}


def as_records(row: Row) -> tuple[SignatureRecord, LooksRecord]:
    """Return what a row says of a capture that could be read."""
    signature = SignatureRecord(capture_id=row["capture_id"], **{name: row[name] for name in SIGNATURE})
    looks = {name: row[name] for name in LOOKS}
    return signature, LooksRecord(capture_id=row["capture_id"], model_version=row["model_version"], **looks)


def prepared(context: Context, version: int) -> ServingModel:
    """Load a version of the model and what names products, as records have it now.

    Raises:
        Problem: model-not-found, or naming-not-loaded.
    """
    with context.database.read() as session:
        record = get_model(session, version)
    context.naming.refresh()
    if context.naming.error is not None:
        raise Problem(503, "naming-not-loaded", f"Nothing can name products: {context.naming.error}.", retry_after=5)
    return load_model(context.settings, record)


class Looker:
    """One process of a cluster: it reaches the records and the image store itself, and writes nothing."""

    def __init__(self, settings: Settings, version: int) -> None:
        """Load the model. Kept pictures have no faces any more, so none are looked for."""
        vision = settings.vision.model_copy(update={"blur_faces": False})
        self._context = make_context(settings.model_copy(update={"vision": vision}))
        self._model = prepared(self._context, version)

    def __call__(self, batch: "pyarrow.Table") -> "pyarrow.Table":
        """Return a row for each capture; `left_by` comes back as it was given."""
        import pyarrow

        given = batch.to_pylist()
        rows = looked_at(self._context, self._model, [row["capture_id"] for row in given])
        return pyarrow.Table.from_pylist(
            [{**row, **looked} for row, looked in zip(given, rows, strict=True)], schema=_schema(batch)
        )


def _schema(batch: "pyarrow.Table") -> "pyarrow.Schema":
    """Name the types: a batch in which a column is null throughout would otherwise have another schema."""
    import pyarrow

    whole, real, raw, text = pyarrow.int64(), pyarrow.float64(), pyarrow.binary(), pyarrow.string()
    types = dict.fromkeys(SIGNATURE, real)
    types |= dict.fromkeys(("model_version", "predicted_boxes", "facings", "gaps", "unknown"), whole)
    types |= {"image_vector": raw, "numbers": raw, "looks": raw, "embedder_id": text}
    return pyarrow.schema([*batch.schema, *(pyarrow.field(name, types[name]) for name in (*SIGNATURE, *LOOKS))])

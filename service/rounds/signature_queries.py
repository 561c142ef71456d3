"""SQL about signatures that another model than the champion left."""

from collections.abc import Sequence

from sqlalchemy import Select, Update, func, select, update
from sqlalchemy.orm import Session

from service.records import CaptureRecord, LooksRecord, SignatureRecord
from service.signature_numbers import changed, unpacked

_BY_THE_MODEL = (
    "model_version",
    "image_vector",
    "predicted_boxes",
    "facings",
    "gaps",
    "unknown",
    "confidence",
)
# The kept picture would give nearly the same again; what was measured of the photo itself stays.
_OF_THE_PHOTO = ("luminance", "clipped", "temperature", "gradient")


def count_unsigned(session: Session, model_version: int) -> int:
    """Count the captures that no round can pick yet, because another model left their signature."""
    return sum(session.scalar(select(func.count()).select_from(part.subquery())) or 0 for part in _parts(model_version))


def last_unsigned(session: Session, model_version: int) -> str | None:
    """Return the id of the capture that comes last in the order of ``list_unsigned``, None if there is none."""
    for part in reversed(_parts(model_version)):
        last = part.order_by(SignatureRecord.model_version, SignatureRecord.capture_id).limit(1)
        if (row := session.execute(last).first()) is not None:
            return row[0]
    return None


def list_unsigned(session: Session, model_version: int, limit: int) -> Sequence[tuple[CaptureRecord, int]]:
    """Return captures whose signature another model left, and that model: of the newest model the newest captures.

    This is the order of an index: in any other one a million signatures would be sorted for each answer.
    """
    found: list[tuple[CaptureRecord, int]] = []
    for part in _parts(model_version):
        newest = part.order_by(SignatureRecord.model_version.desc(), SignatureRecord.capture_id.desc())
        of_captures = newest.join(CaptureRecord, CaptureRecord.id == SignatureRecord.capture_id)
        rows = session.execute(
            of_captures.with_only_columns(CaptureRecord, SignatureRecord.model_version).limit(limit - len(found))
        )
        found += [(capture, left_by) for capture, left_by in rows]
    return found


def unsigned_ids(session: Session, model_version: int) -> list[tuple[str, int]]:
    """Return the ids of the captures of ``list_unsigned``, all of them, and the model that left each signature."""
    return [
        (id, left_by)
        for part in _parts(model_version)
        for id, left_by in session.execute(
            part.add_columns(SignatureRecord.model_version).order_by(
                SignatureRecord.model_version.desc(), SignatureRecord.capture_id.desc()
            )
        )
    ]


def renew_signature(session: Session, renewed: SignatureRecord, looks: LooksRecord, left_by: int) -> None:
    """Replace the signature that a model left, and the looks; one that was replaced meanwhile stays as it is."""
    former = session.get(SignatureRecord, renewed.capture_id, with_for_update=True)
    if former is None or former.model_version != left_by:
        return
    for name in _BY_THE_MODEL:
        setattr(former, name, getattr(renewed, name))
    for name in _OF_THE_PHOTO:
        if getattr(former, name) is None:
            setattr(former, name, getattr(renewed, name))
    kept = unpacked(former.numbers)
    former.numbers = changed(renewed.numbers, flip=kept["flip"], **({"hash": kept["hash"]} if kept["hash"] else {}))
    session.merge(looks)


def give_up_signature(session: Session, capture_id: str, left_by: int, model_version: int) -> None:
    """Let a model not try again to look at a photo that cannot be read; the next champion will."""
    session.execute(_left(capture_id, left_by).values(model_version=-model_version))


def _left(capture_id: str, left_by: int) -> Update:
    return update(SignatureRecord).where(
        SignatureRecord.capture_id == capture_id, SignatureRecord.model_version == left_by
    )


def _parts(model_version: int) -> list[Select[str]]:
    """Return queries of the ids that other models left, each a range of the index; newer models come first.

    What the model gave up has its negative version.
    """
    left_by = SignatureRecord.model_version
    ids = select(SignatureRecord.capture_id).where(~SignatureRecord.near_duplicate)
    return [
        ids.where(left_by > model_version),
        ids.where(left_by < model_version, left_by > -model_version),
        ids.where(left_by < -model_version),
    ]

"""A camera's captures as drift looks at them: the reference, then the newest."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from math import nan

import numpy as np
from numpy.typing import NDArray
from sqlalchemy.orm import Session

from sampling.drift.deciding import FEWEST_BEFORE
from sampling.drift.history import History, Rows
from sampling.drift.signals import SCALARS, Signal
from sampling.drift.windows import MOST_BEFORE, first, newest, spread
from service.captures.queries import VECTOR
from service.drift.queries import Scope, Taken, first_taken, newest_taken, read_signatures
from service.records import SignatureRecord

# Of a camera that sends hundreds a day this is a month, of any other its whole recent past.
_LISTED = 10_000
_OF_LIGHT = (Signal.LUMINANCE, Signal.CLIPPED, Signal.TEMPERATURE, Signal.GRADIENT)


class Reference(StrEnum):
    """What the newest captures are compared with."""

    SNAPSHOT = "snapshot"  # what the camera saw until the serving model's training set was frozen
    FIRST = "first"  # its first captures, where that model knows none


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """A history, and what is needed beside it to tell of it.

    Attributes:
        taken: when each capture was taken.
        bays: which bay each shows; `history.places` numbers them.
        strata: of each capture.
    """

    history: History
    reference: Reference
    taken: tuple[datetime, ...]
    bays: tuple[str, ...]
    strata: tuple[str, ...]


def read_history(session: Session, scope: Scope, frozen: datetime | None, model_version: int) -> Seen:
    """Read a scope's reference and its newest captures.

    What was labelled is no fair reference, because the sampler chose it for being odd; so the reference is everything
    that the camera saw until then.

    Args:
        session: for reading.
        scope: whose captures.
        frozen: when the serving model's training set was; None where it has none.
        model_version: of the serving model; what another model said of a photo cannot be compared.
    """
    before, reference = _reference(session, scope, frozen)
    listed = newest_taken(session, scope, _LISTED)
    after = [one for one in listed if not before or (one.taken_at, one.id) > (before[-1].taken_at, before[-1].id)]
    kept = [before[row] for row in spread(_days(before), MOST_BEFORE)]
    window = [after[row] for row in newest(_days(after))]
    signatures = read_signatures(session, [one.id for one in (*kept, *window)])
    rows = [one for one in (*kept, *window) if one.id in signatures]
    signed = [signatures[one.id] for one in rows]
    places = [(one.bay_id, one.camera_id or "") for one in signed]
    numbers = {place: number for number, place in enumerate(sorted(set(places)))}
    history = History(
        ids=tuple(one.id for one in rows),
        days=_days(rows),
        places=np.array([numbers[place] for place in places], np.int64),
        scalars=_scalars(signed, model_version),
        vectors=_vectors(signed, model_version),
        start=sum(one.id in signatures for one in kept),
    )
    return Seen(
        history,
        reference,
        tuple(one.taken_at for one in rows),
        tuple(one.bay_id for one in signed),
        tuple(one.stratum for one in signed),
    )


def _reference(session: Session, scope: Scope, frozen: datetime | None) -> tuple[Sequence[Taken], Reference]:
    if frozen is not None:
        known = newest_taken(session, scope, _LISTED, until=frozen)
        if len(known) >= FEWEST_BEFORE:
            return known, Reference.SNAPSHOT
    earliest = first_taken(session, scope, _LISTED)
    return earliest[: first(_days(earliest))], Reference.FIRST


def _days(taken: Sequence[Taken]) -> Rows:
    return np.array([one.taken_at.toordinal() for one in taken], np.int64)


def _scalars(signed: Sequence[SignatureRecord], model_version: int) -> dict[Signal, NDArray[np.float64]]:
    rows = [_scalars_of(one, model_version) for one in signed]
    return {signal: np.array([row.get(signal, nan) for row in rows], np.float64) for signal in SCALARS}


def _scalars_of(signature: SignatureRecord, model_version: int) -> dict[Signal, float]:
    measured = {signal: getattr(signature, signal) for signal in _OF_LIGHT}
    if signature.model_version == model_version and signature.facings is not None:
        facings, gaps = signature.facings, signature.gaps or 0
        measured[Signal.CONFIDENCE] = signature.confidence
        if facings and signature.unknown is not None:
            measured[Signal.UNKNOWN] = signature.unknown / facings
        if facings + gaps:
            measured[Signal.GAPS] = gaps / (facings + gaps)
    return {signal: value for signal, value in measured.items() if value is not None}


def _vectors(signed: Sequence[SignatureRecord], model_version: int) -> NDArray[np.float32]:
    found = [np.frombuffer(one.image_vector, VECTOR) if one.model_version == model_version else None for one in signed]
    width = max((len(vector) for vector in found if vector is not None), default=1)
    vectors = np.full((len(found), width), nan, np.float32)
    for row, vector in enumerate(found):
        if vector is not None:
            vectors[row] = vector
    return vectors

"""What a capture leaves behind for sampling."""

from collections.abc import Sequence, Set

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import select
from sqlalchemy.orm import Session

from retail.boxes import DetectionKind
from sampling.looks import Looks, distinct_looks
from sampling.projection import narrowed
from service.captures.looking import Seen
from service.captures.naming import Names
from service.captures.queries import VECTOR
from service.records import CaptureRecord, LooksRecord, ProductRecord, SignatureRecord
from service.signature_numbers import packed
from vision.detections import Floats
from vision.named_uncertainty import with_names

# Cosine from which two facings of one class are one look. The embedder sees the same product twice in a photo at 0.7
# to 0.8, two products below 0.6; to the detector's vectors what is alike is above 0.9 and all else below 0.6.
_ALIKE_TO_EMBEDDER, _ALIKE_TO_DETECTOR = 0.7, 0.9
# From here on the model is nearer to guessing than to knowing.
_DOUBT = 0.5


def add_signature(session: Session, capture: CaptureRecord, seen: Seen, flip: float) -> None:
    """Record what a capture leaves behind; `flip` is of its compliance, 0 without one."""
    signature, looks = sign(session, capture, seen, flip)
    session.add_all((signature, looks))


def sign(session: Session, capture: CaptureRecord, seen: Seen, flip: float) -> tuple[SignatureRecord, LooksRecord]:
    """Return what a capture leaves behind, as the model that looked at it sees it; not recorded yet."""
    detections = seen.detections
    kinds = [seen.model.metadata.kind_of(id) for id in detections.class_ids.tolist()]
    rows = np.flatnonzero([kind is DetectionKind.FACING for kind in kinds])
    unsure = np.clip(with_names(seen.unsure.value, seen.names.facings), 0, 1)
    looks, embedder_id = _looks(seen, rows, unsure, _classes(session, seen, rows))
    unknown = sum(named.unknown for named in seen.names.facings.values())
    signature = SignatureRecord(
        capture_id=capture.id,
        model_version=seen.model.version,
        received_at=capture.received_at,
        store_id=capture.store_id,
        camera_id=capture.camera_id,
        bay_id=capture.bay_id,
        stratum=capture.stratum,
        near_duplicate=capture.near_duplicate_of is not None,
        image_vector=narrowed(detections.image_vector).astype(VECTOR).tobytes(),
        numbers=packed(
            hash=seen.picture_hash,
            value=float(looks.values.sum(dtype=np.float64)),
            plain=float(unsure[rows].sum(dtype=np.float64)),
            flip=flip,
            boxes=len(detections),
            doubted=int((unsure[rows] >= _DOUBT).sum()),
            unknown=unknown,
        ),
        predicted_boxes=len(detections),
        facings=len(rows),
        gaps=kinds.count(DetectionKind.GAP),
        unknown=None if seen.names.model is None else unknown,
        confidence=float(detections.confidences[rows].mean(dtype=np.float64)) if len(rows) else None,
        luminance=seen.light.luminance,
        clipped=seen.light.clipped,
        temperature=seen.light.temperature,
        gradient=seen.light.gradient,
    )
    kept = LooksRecord(
        capture_id=capture.id,
        model_version=seen.model.version,
        embedder_id=embedder_id,
        looks=_narrowed(looks.foremost()).to_bytes(),
    )
    return signature, kept


def _looks(seen: Seen, rows: NDArray[np.int64], unsure: Floats, classes: Sequence[str]) -> tuple[Looks, str | None]:
    """Return the distinct looks of the facings in these rows, and whose vectors they are: the detector's for None."""
    names = seen.names
    if names.model is not None and len(names.vectors) == len(rows) > 0:
        vectors, alike, embedder_id = _of_embedder(names, rows), _ALIKE_TO_EMBEDDER, names.model.embedder.id
    else:
        vectors, alike, embedder_id = seen.detections.vectors[rows], _ALIKE_TO_DETECTOR, None
    return distinct_looks(vectors, unsure[rows], classes, alike), embedder_id


def _narrowed(looks: Looks) -> Looks:
    narrow = np.stack([narrowed(vector) for vector in looks.vectors]) if len(looks) else looks.vectors
    return Looks(looks.classes, looks.values, narrow)


def _of_embedder(names: Names, rows: NDArray[np.int64]) -> Floats:
    vectors: Floats = np.stack([names.vectors[row] for row in rows.tolist()])
    return vectors


def _classes(session: Session, seen: Seen, rows: NDArray[np.int64]) -> list[str]:
    """Return a class for each facing: its GTIN, else the category of its likeliest product, else nothing."""
    gtins = [_gtin(seen, row) for row in rows.tolist()]
    named = [seen.names.facings.get(row) for row in rows.tolist()]
    likeliest = [one.products[0][0] if one is not None and one.products else None for one in named]
    unknown = {guess for gtin, guess in zip(gtins, likeliest, strict=True) if gtin is None and guess is not None}
    category = _categories(session, unknown)
    return [gtin or category.get(guess or "", "") for gtin, guess in zip(gtins, likeliest, strict=True)]


def _gtin(seen: Seen, row: int) -> str | None:
    named = seen.names.facings.get(row)
    return seen.model.metadata.gtin_of(int(seen.detections.class_ids[row])) if named is None else named.gtin


def _categories(session: Session, gtins: Set[str]) -> dict[str, str]:
    if not gtins:
        return {}
    found = select(ProductRecord.gtin, ProductRecord.category).where(ProductRecord.gtin.in_(gtins))
    return {gtin: "/".join(category) for gtin, category in session.execute(found)}

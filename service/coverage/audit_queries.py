"""SQL about what cameras send, what is labelled beside the training set, and what earlier retrainings gained."""

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime

import numpy as np
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from labeling.costs import ASSUMED_COST
from sampling.signatures import Vectors
from service.captures.queries import VECTOR
from service.catalogue.queries import in_parts
from service.records import (
    AnnotationRecord,
    CaptureRecord,
    CatalogueChangeRecord,
    ModelRecord,
    RetrainingRecord,
    SignatureRecord,
    SnapshotRecord,
)

MOST_STORES = 2


def live_strata(session: Session, since: datetime) -> dict[str, tuple[int, tuple[str, ...]]]:
    """Return by stratum how many captures were taken since, near-duplicates left out, and the stores that sent most."""
    counted = (
        select(CaptureRecord.stratum, CaptureRecord.store_id, func.count())
        .where(CaptureRecord.taken_at >= since, CaptureRecord.near_duplicate_of.is_(None))
        .group_by(CaptureRecord.stratum, CaptureRecord.store_id)
    )
    stores: dict[str, Counter[str]] = defaultdict(Counter)
    for stratum, store_id, count in session.execute(counted):
        stores[stratum][store_id] = count
    return {
        stratum: (found.total(), tuple(sorted(found, key=lambda id: (-found[id], id))[:MOST_STORES]))
        for stratum, found in stores.items()
    }


def labelled_beside(session: Session, trained: Collection[str]) -> Counter[str]:
    """Count by stratum the captures that are labelled, and not among those that were trained on."""
    rows = (
        select(CaptureRecord.id, CaptureRecord.stratum)
        .join(AnnotationRecord, AnnotationRecord.capture_id == CaptureRecord.id)
        .where(AnnotationRecord.superseded_by.is_(None), CaptureRecord.deleted_at.is_(None))
        .distinct()
    )
    return Counter(stratum for id, stratum in session.execute(rows) if id not in trained)


def image_vectors(session: Session, ids: Iterable[str], model_version: int) -> dict[str, Vectors]:
    """Return the unit image vectors of captures that a model signed."""
    found: dict[str, Vectors] = {}
    for some in in_parts(ids):
        rows = select(SignatureRecord.capture_id, SignatureRecord.image_vector).where(
            SignatureRecord.capture_id.in_(some), SignatureRecord.model_version == model_version
        )
        found |= {id: _unit(np.frombuffer(vector, VECTOR)) for id, vector in session.execute(rows)}
    return found


def catalogue_changes_since(session: Session, version: int) -> int:
    """Return how often the catalogue changed after one of its versions."""
    query = select(func.count()).select_from(CatalogueChangeRecord).where(CatalogueChangeRecord.version > version)
    return session.scalar(query) or 0


def newest_candidates(session: Session, limit: int) -> Sequence[tuple[ModelRecord, RetrainingRecord]]:
    """Return the candidates that were measured last, each with its retraining, newest first."""
    query = (
        select(ModelRecord, RetrainingRecord)
        .join(RetrainingRecord, RetrainingRecord.id == ModelRecord.retraining_id)
        .where(ModelRecord.report.is_not(None))
        .order_by(ModelRecord.version.desc())
        .limit(limit)
    )
    return [(model, retraining) for model, retraining in session.execute(query)]


def annotations_of_models(session: Session, versions: Iterable[int]) -> dict[int, frozenset[str]]:
    """Return the annotations that models were made from, by version; the starter and older models have none."""
    rows = (
        select(ModelRecord.version, SnapshotRecord.annotation_ids)
        .join(RetrainingRecord, RetrainingRecord.id == ModelRecord.retraining_id)
        .join(SnapshotRecord, SnapshotRecord.hash == RetrainingRecord.snapshot_hash)
        .where(ModelRecord.version.in_(list(versions)))
    )
    return {version: frozenset(filter(None, ids)) for version, ids in session.execute(rows)}


def annotation_seconds(session: Session, ids: Iterable[str]) -> Mapping[str, float]:
    """Return what annotations took: as the page counted, else from lease to submission, else as the design assumes."""
    taken = func.coalesce(AnnotationRecord.seconds, AnnotationRecord.lead_seconds)
    boxes = func.json_array_length(AnnotationRecord.boxes)
    found: dict[str, float] = {}
    for some in in_parts(ids):
        rows = select(AnnotationRecord.id, taken, boxes).where(AnnotationRecord.id.in_(some))
        found |= {
            id: ASSUMED_COST.seconds(count) if seconds is None else seconds
            for id, seconds, count in session.execute(rows)
        }
    return found


def _unit(stored: Vectors) -> Vectors:
    vector = stored.astype(np.float32)
    length = float(np.linalg.norm(vector))
    return vector / length if length else vector

"""Version 1: the starter model of the installation, there before anybody has labelled anything."""

from datetime import datetime

from sqlalchemy.orm import Session

from service.models.files import file_sha256
from service.models.queries import STARTER_VERSION
from service.records import ModelRecord, PromotionRecord
from vision.artefact import read_metadata
from vision.starter import ARTEFACT


def ensure_starter(session: Session, now: datetime) -> None:
    """Register the starter, and make it the first champion; on every later start, follow an upgraded installation."""
    digest = file_sha256(ARTEFACT)
    known = session.get(ModelRecord, STARTER_VERSION)
    if known is not None and known.artefact_sha256 == digest:
        return
    metadata = read_metadata(ARTEFACT).model_dump(mode="json")
    if known is not None:
        known.artefact_sha256, known.metadata_json, known.mlflow_version = digest, metadata, None
        return
    session.add(
        ModelRecord(
            version=STARTER_VERSION,
            created_at=now,
            source="starter",
            artefact_sha256=digest,
            metadata_json=metadata,
        )
    )
    session.flush()
    session.add(
        PromotionRecord(
            model_version=STARTER_VERSION, action="starter", reason="comes with the installation", by="system", at=now
        )
    )

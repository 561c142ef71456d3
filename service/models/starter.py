"""Version 1: the starter model of the installation, there before anybody has labelled anything."""

from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import update
from sqlalchemy.orm import Session

from service.inserting import insert_if_new
from service.models.files import file_sha256
from service.models.queries import STARTER_VERSION
from service.records import ModelRecord, PromotionRecord, SignatureRecord
from vision.artefact import read_metadata
from vision.starter import ARTEFACT

NO_MODEL = 0


def ensure_starter(session: Session, now: datetime) -> None:
    """Register the starter, and make it the first champion; on every later start, follow an upgraded installation.

    Servers may start at once: one registers, the others wait for it. After an upgrade the signatures that the former
    starter left carry `NO_MODEL`: they are compared with nothing until a round has renewed them.
    """
    digest, metadata = _installed()
    if insert_if_new(
        session,
        ModelRecord,
        version=STARTER_VERSION,
        created_at=now,
        source="starter",
        artefact_sha256=digest,
        metadata_json=metadata,
    ):
        session.add(_first_promotion(now))
        return
    known = session.get_one(ModelRecord, STARTER_VERSION, with_for_update=True)
    if known.artefact_sha256 != digest:
        known.artefact_sha256, known.metadata_json = digest, metadata
        known.mlflow_version = None
        session.execute(
            update(SignatureRecord)
            .where(SignatureRecord.model_version == STARTER_VERSION)
            .values(model_version=NO_MODEL)
        )


@lru_cache(1)
def _installed() -> tuple[str, dict[str, Any]]:
    """Return the starter's SHA-256 and metadata; a process never sees another one."""
    return file_sha256(ARTEFACT), read_metadata(ARTEFACT).model_dump(mode="json")


def _first_promotion(now: datetime) -> PromotionRecord:
    return PromotionRecord(
        model_version=STARTER_VERSION, action="starter", reason="comes with the installation", by="system", at=now
    )

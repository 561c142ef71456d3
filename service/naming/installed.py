"""The installed embedder names until another one is added; a newly installed one takes over from its predecessor."""

from datetime import datetime

from service.database import Database
from service.naming.embedders import DEFAULT, Embedders
from service.naming.queries import lock_gallery, newest_naming
from service.naming.swapping import EmbedderState, let_serve
from service.records import EmbedderRecord, NamingRecord


def ensure_naming(database: Database, embedders: Embedders, now: datetime) -> NamingRecord:
    """Return what names products, after seeing to it that something does.

    An installed embedder that the records have never seen comes with an upgrade: it takes over from the one that was
    installed before, and its file goes to where servers of the former release find it. One that they have seen is
    an older release beside a newer one, and changes nothing.
    """
    installed = embedders.installed()
    with database.read() as session:
        naming = newest_naming(session)
        if naming is not None and (
            session.get(EmbedderRecord, installed.id) is not None
            or session.get_one(EmbedderRecord, naming.embedder_id).source != DEFAULT
        ):
            return naming
    if naming is not None:
        embedders.keep(installed.id, embedders.installed_path().read_bytes())
    calibration = embedders.calibration_of(installed)
    with database.write() as session:
        lock_gallery(session)  # servers may start at once: the first one does this
        if session.get(EmbedderRecord, installed.id) is not None and (naming := newest_naming(session)) is not None:
            return naming
        embedder = EmbedderRecord(
            id=installed.id, created_at=now, by="system", source=DEFAULT, state=EmbedderState.READY, progress={}
        )
        session.add(embedder)
        session.flush()
        reason = "comes with the installation"
        return let_serve(session, embedder, calibration.model_dump(mode="json"), reason, "system", now)

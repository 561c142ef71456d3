"""Everything a request, a job or a command needs, made once per process."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime

from service.database import Database
from service.image_store import ImageStore
from service.models.serving import Serving
from service.naming.embedders import Embedders
from service.naming.serving import Naming
from service.settings import Settings
from vision.faces import FaceFinder, find_face_model


def utc_now() -> datetime:
    """Return the time, with its zone."""
    return datetime.now(UTC)


@dataclass(frozen=True)
class Context:
    """What this process works with.

    Attributes:
        serving: the model that answers, swapped when another becomes champion.
        faces: what finds faces; None where they are not to be blurred.
        naming: what names facings, kept as the records say.
    """

    settings: Settings
    database: Database
    images: ImageStore
    serving: Serving
    faces: FaceFinder | None
    naming: Naming
    clock: Callable[[], datetime] = utc_now


def open_database(settings: Settings) -> Database:
    """Connect to the records alone, for commands that need no more."""
    settings.home.mkdir(parents=True, exist_ok=True)
    return Database(settings.resolved_database_url)


def make_context(settings: Settings) -> Context:
    """Connect to everything the settings name.

    Raises:
        FaceModelMissing: if faces are to be blurred and cannot be.
    """
    database, images = open_database(settings), ImageStore(settings.resolved_image_store)
    return Context(
        settings=settings,
        database=database,
        images=images,
        serving=Serving(settings, database),
        faces=face_finder(settings),
        naming=Naming(settings, database, images, Embedders(settings, images), utc_now),
    )


def face_finder(settings: Settings) -> FaceFinder | None:
    """Load what finds faces, None where they are not to be blurred.

    Raises:
        FaceModelMissing: if it is not installed; photos must not be kept unblurred by accident.
    """
    if not settings.vision.blur_faces:
        return None
    threads = settings.vision.threads
    return FaceFinder(find_face_model(), threads=threads, streams=min(settings.admission.at_once, threads))

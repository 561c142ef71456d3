"""What names facings, kept as the records say: another embedder, another calibration, references that come and go."""

import logging
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime

from retail.gtin import Gtin
from service.catalogue.assortments import assortment_of
from service.catalogue.queries import catalogue_version
from service.database import Database
from service.image_store import ImageStore
from service.naming.embedders import Embedders
from service.naming.installed import ensure_naming
from service.naming.queries import families, newest_naming
from service.naming.served_gallery import ServedGallery
from service.problems import Problem
from service.records import NamingRecord
from service.settings import Settings
from vision.embedder import Embedder
from vision.gallery import Assortment, Gallery
from vision.naming_calibration import NamingCalibration
from vision.recognition import Recogniser

log = logging.getLogger(__name__)
MOST_ASSORTMENTS = 256  # remembered until the catalogue changes; one of 5,000 products takes half a megabyte
LONGEST_STOP = 5.0  # seconds; a first reading of many references would keep a server from ending


@dataclass(frozen=True, slots=True, eq=False)
class NamingModel:
    """What names facings; whoever took it keeps it until the end of a request, references still come and go in it.

    Attributes:
        id: of its record; captures carry it.
    """

    id: int
    embedder: Embedder
    gallery: Gallery
    calibration: NamingCalibration
    recogniser: Recogniser


class Naming:
    """Follows the records from a thread of its own.

    Attributes:
        error: why the records could not be followed; None while all is well.
    """

    def __init__(
        self,
        settings: Settings,
        database: Database,
        images: ImageStore,
        embedders: Embedders,
        clock: Callable[[], datetime],
    ) -> None:
        """Load nothing yet."""
        self.error: str | None = None
        self.embedders = embedders
        self._settings, self._database, self._images, self._clock = settings, database, images, clock
        self._served: ServedGallery | None = None
        self._model: NamingModel | None = None
        self._catalogue = -1
        self._families: dict[str, str] = {}
        self._assortments: dict[tuple[str, date], frozenset[Gtin] | None] = {}
        self._refreshing = threading.Lock()
        self._stopping = threading.Event()
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Begin to follow, without waiting for the gallery: a server that loads one must be seen to be alive."""
        if self._settings.naming.enabled:
            self._stopping.clear()
            self._thread = threading.Thread(target=self._follow, name="naming", daemon=True)
            self._thread.start()

    def stop(self) -> None:
        """Stop following; what is loaded goes on naming."""
        self._stopping.set()
        if self._thread is not None:
            self._thread.join(LONGEST_STOP)
            self._thread = None

    def loaded(self) -> NamingModel | None:
        """Return what names facings, its gallery possibly empty; None where naming is off.

        Raises:
            Problem: naming-not-loaded.
        """
        if not self._settings.naming.enabled:
            return None
        if (model := self._model) is None:
            why = self.error or "the gallery is still being loaded"
            remedy = "Try again soon, or send recognise=false to have facings found without their names."
            raise Problem(503, "naming-not-loaded", f"No facing can be named yet: {why}.", remedy=remedy, retry_after=5)
        return model

    def current(self) -> NamingModel | None:
        """Return what to name facings with; None where naming is off or there is nothing to compare them with.

        Raises:
            Problem: naming-not-loaded.
        """
        model = self.loaded()
        return model if model is not None and len(model.gallery) else None

    def assortment_of(self, model: NamingModel, store_id: str) -> Assortment | None:
        """Return what a store carries today, None if everything."""
        return None if (gtins := self._assortment(store_id)) is None else model.gallery.assortment(gtins)

    @property
    def position(self) -> int | None:
        """The last change of the gallery that is in what names facings; None while nothing does."""
        return None if self._model is None or self._served is None else self._served.position

    def refresh(self) -> None:
        """Follow the records now; on failure what is loaded goes on naming."""
        with self._refreshing:
            try:
                self._follow_records()
                self.error = None
            except Exception as error:  # a broken file, a picture store or a database away: none may stop the server
                if str(error) != self.error:
                    log.exception("The gallery could not follow the records")
                self.error = str(error)

    def _follow(self) -> None:
        self.refresh()
        while not self._stopping.wait(self._settings.naming.gallery_poll_seconds):
            self.refresh()

    def _follow_records(self) -> None:
        naming = self._newest()
        served = self._served
        if served is None or served.embedder.id != naming.embedder_id:
            served = ServedGallery(self._database, self._images, self.embedders.load(naming.embedder_id))
        else:
            served.follow()
        self._follow_catalogue()
        if self._model is None or (self._model.id, self._served) != (naming.id, served):
            self._served = served
            self._model = self._made(naming, served)  # one reference, written at once: no request sees half of it
            log.info("Naming %d names with %s", naming.id, naming.embedder_id)

    def _newest(self) -> NamingRecord:
        with self._database.read() as session:
            naming = newest_naming(session)
        if naming is None or self._model is None:
            return ensure_naming(self._database, self.embedders, self._clock())
        return naming

    def _follow_catalogue(self) -> None:
        with self._database.read() as session:
            version = catalogue_version(session)
            if version != self._catalogue:
                self._families, self._assortments, self._catalogue = families(session), {}, version

    def _made(self, naming: NamingRecord, served: ServedGallery) -> NamingModel:
        calibration = NamingCalibration.model_validate(naming.calibration)
        recogniser = Recogniser(served.embedder, served.gallery, calibration, lambda gtin: self._families.get(gtin))
        return NamingModel(naming.id, served.embedder, served.gallery, calibration, recogniser)

    def _assortment(self, store_id: str) -> frozenset[Gtin] | None:
        known, key = self._assortments, (store_id, self._clock().date())
        if key in known:
            return known[key]
        with self._database.read() as session:
            gtins = assortment_of(session, *key)
        if len(known) >= MOST_ASSORTMENTS:
            self._assortments = {}
        # Into what was looked into: what was read before a change must not land in what is remembered after it.
        known[key] = gtins
        return gtins

"""How models do in service: what a server asked of each, counted here and written down from time to time."""

import secrets
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter

from sqlalchemy.orm import Session

from service.models.use_queries import add_use
from vision.detections import Detections
from vision.detector import Detector
from vision.letterbox import Image


@dataclass(slots=True)
class Count:
    """Passes of one model, those that raised an error, and the seconds of the others."""

    passes: int = 0
    errors: int = 0
    seconds: float = 0.0


class ModelUse:
    """Counts by model version; several threads may count at once."""

    def __init__(self) -> None:
        """Count from nothing, under a name that no other process has."""
        self.server = secrets.token_hex(16)
        self._lock = threading.Lock()
        self._counts: dict[int, Count] = {}

    @contextmanager
    def counted(self, version: int) -> Iterator[None]:
        """Count what happens in the block as one pass."""
        begin = perf_counter()
        try:
            yield
        except Exception:
            self.failed(version)
            raise
        with self._lock:
            count = self._counts.setdefault(version, Count())
            count.passes, count.seconds = count.passes + 1, count.seconds + perf_counter() - begin

    def failed(self, version: int) -> None:
        """Count a pass that raised an error, or a model that could not be loaded."""
        with self._lock:
            count = self._counts.setdefault(version, Count())
            count.passes, count.errors = count.passes + 1, count.errors + 1

    def write(self, session: Session, now: datetime) -> None:
        """Add what was counted to the records; what cannot be written is lost, and nobody waits for it."""
        with self._lock:
            counts, self._counts = self._counts, {}
        for version, count in sorted(counts.items()):
            add_use(session, version, now, self.server, count.passes, count.errors, count.seconds)

    def __bool__(self) -> bool:
        return bool(self._counts)


class CountedDetector(Detector):
    """A detector whose passes are counted."""

    def __init__(self, detector: Detector, version: int, use: ModelUse) -> None:
        """Take the place of a detector."""
        super().__init__(
            detector.runtime, detector.metadata, detector.confidence, detector.iou, detector.max_detections
        )
        self._version, self._use = version, use

    def detect(self, image: Image, size: tuple[int, int] | None = None) -> Detections:
        """Look at one photo as `Detector.detect` does."""
        with self._use.counted(self._version):
            return super().detect(image, size)

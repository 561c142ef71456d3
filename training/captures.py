"""A capture with its reviewed annotations: what training and evaluation read."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from labeling.annotations import AnnotatedBox


@dataclass(frozen=True, slots=True)
class LabelledCapture:
    """One photo, its circumstances and the boxes that people agreed on.

    Attributes:
        capture_id: its id in the records.
        image: local JPEG, PNG or WebP file, upright.
        sha256: hash of the file, 64 hex digits.
        width: of the photo in pixels.
        height: of the photo in pixels.
        store_id: where it was taken; with the day, the group that a split never divides.
        bay_id: the fixture section it shows.
        taken_at: when; the day is read in this value's own time zone.
        stratum: its condition, for example ``warm/oblique/convenience``.
        arm: why it was picked: ``random``, ``value``, ``event``, ...
        boxes: annotations in pixels of the photo.
        duplicate_group: shared by near-duplicates, None for a capture that has none.
        annotation_id: of the annotation that the boxes are from, in the records; None where there are no records.
    """

    capture_id: str
    image: Path
    sha256: str
    width: int
    height: int
    store_id: str
    bay_id: str
    taken_at: datetime
    stratum: str
    arm: str
    boxes: tuple[AnnotatedBox, ...]
    duplicate_group: str | None = None
    annotation_id: str | None = None

    @property
    def day(self) -> date:
        """The day it was taken."""
        return self.taken_at.date()

"""A kept snapshot as a folder for other tools."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from service.database import Database
from service.image_store import ImageStore
from service.snapshots.keeping import read_snapshot
from service.snapshots.labelled import PhotoChanged, PhotoMissing, Photos, labelled_capture
from service.snapshots.queries import Annotated, annotated_by_id
from training.captures import LabelledCapture
from training.snapshot_export import ExportFormat, export


@dataclass(frozen=True, slots=True)
class Exported:
    """What was written, and why some was not."""

    photos: int
    left_out: tuple[str, ...]


def export_snapshot(database: Database, images: ImageStore, start: str, folder: Path, format: ExportFormat) -> Exported:
    """Write a snapshot's photos and labels; photos that are gone or damaged are left out and named.

    Composed captures are left out, too: they lie beside their retraining while it runs, and nowhere else.

    Raises:
        Problem: snapshot-not-found, snapshot-ambiguous or snapshot-damaged.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".photos-", dir=folder) as scratch:
        photos = Photos(images, Path(scratch).joinpath)
        with database.read() as session:
            snapshot = read_snapshot(session, start, photos.place)
            sources = annotated_by_id(session, [one.annotation_id for one in snapshot.captures if one.annotation_id])
        found = ((one, sources.get(one.annotation_id or "")) for one in snapshot.captures)
        left_out = [why for one, source in found if (why := _why_not(photos, one, source))]
        if snapshot.synthetic:
            left_out.append(f"{len(snapshot.synthetic)} composed captures: their pictures are not kept")
        return Exported(export(snapshot, folder, format), tuple(left_out))


def _why_not(photos: Photos, capture: LabelledCapture, source: Annotated | None) -> str:
    """Fetch a photo; return why that cannot be, nothing where it can."""
    if source is None:
        return f"{capture.capture_id}: its annotation is not in the records any more"
    if source[1].deleted_at is not None:
        return f"{capture.capture_id}: its photo was deleted because its time was over"
    try:
        again = labelled_capture(photos, source, {})
    except (PhotoMissing, PhotoChanged) as error:
        return str(error)
    return "" if again.sha256 == capture.sha256 else f"{capture.capture_id}: its labelled part is cut differently today"

"""A snapshot made again from the annotations it was frozen from, superseded ones included, and from nothing else."""

import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from service.database import Database
from service.image_store import ImageStore
from service.records import SnapshotRecord
from service.snapshots.keeping import SnapshotDamaged, keep_snapshot, unpacked
from service.snapshots.labelled import PhotoChanged, PhotoMissing, Photos, is_part, labelled_capture, whole_capture
from service.snapshots.queries import Annotated, Labels, annotated_by_id, get_snapshot, labels_at
from training.captures import LabelledCapture
from training.snapshot_diff import diff
from training.snapshots import ClassMode, Snapshot, add_synthetic, freeze

_NOWHERE = Path()


@dataclass(slots=True)
class Rebuilt:
    """What came of it.

    Attributes:
        hash: of the snapshot that was to be made again.
        found: the hash that came out.
        gone: captures whose photos were deleted because their time was over; what the records say of them is the same.
        damaged: a sentence for each photo that is missing or changed.
        missing: captures that could not be made again at all.
        differences: lines, where another hash came out and the kept manifest tells what it should have been.
        mended: whether a damaged manifest was made whole.
    """

    hash: str
    found: str = ""
    gone: list[str] = field(default_factory=list)
    damaged: list[str] = field(default_factory=list)
    missing: list[str] = field(default_factory=list)
    differences: list[str] = field(default_factory=list)
    mended: bool = False

    @property
    def is_same(self) -> bool:
        """Whether the same snapshot came out."""
        return self.hash == self.found


def rebuild(database: Database, images: ImageStore, home: Path, start: str) -> Rebuilt:
    """Make a snapshot again from the records and every photo that is left, and compare it with what was kept.

    A damaged manifest is made whole where the same hash comes out. Composed captures are taken from the manifest.

    Args:
        database: has the records.
        images: has the photos.
        home: of the service; photos lie there while they are checked, where a proof of deletion looks for them, too.
        start: how the snapshot's hash begins.

    Raises:
        Problem: snapshot-not-found or snapshot-ambiguous.
        NothingToTrain: if none of its annotations is left.
    """
    with database.read() as session:
        record = get_snapshot(session, start)
        stated = _stated(record)
        sources = annotated_by_id(session, record.annotation_ids)
        labels = labels_at(session, record.annotation_ids, int(record.versions["catalogue"]))
        result = Rebuilt(record.hash)
    (home / "retrainings").mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix="rebuild-", dir=home / "retrainings") as folder:
        photos = Photos(images, Path(folder).joinpath("scratch").joinpath)
        captures = _captures(record.annotation_ids, sources, labels, photos, stated, result)
    snapshot = _refrozen(record, captures, stated)
    result.found = snapshot.content_hash
    if stated is None and result.is_same:
        with database.write() as session:
            keep_snapshot(session, snapshot, record.frozen_at)
        result.mended = True
    elif stated is not None:
        result.differences = [] if result.is_same else diff(stated, snapshot).lines()
    return result


def _stated(record: SnapshotRecord) -> Snapshot | None:
    try:
        return unpacked(record)
    except SnapshotDamaged:
        return None


def _refrozen(record: SnapshotRecord, captures: Sequence[LabelledCapture], stated: Snapshot | None) -> Snapshot:
    mode: ClassMode = "products" if record.class_mode == "products" else "kinds"
    snapshot = freeze(captures, mode, record.versions)
    return add_synthetic(snapshot, stated.synthetic) if stated is not None and stated.synthetic else snapshot


def _captures(
    annotation_ids: Sequence[str],
    sources: Mapping[str, Annotated],
    labels: Labels,
    photos: Photos,
    stated: Snapshot | None,
    result: Rebuilt,
) -> list[LabelledCapture]:
    kept = {} if stated is None else {one.annotation_id: one for one in stated.captures}
    captures = []
    for id in annotation_ids:
        if id not in sources:
            result.missing.append(f"annotation {id} is not in the records any more")
            continue
        found = _again(sources[id], labels, photos, result) or kept.get(id)
        if found is None:
            result.missing.append(f"the labelled part of capture {sources[id][1].id} cannot be cut without its photo")
        else:
            captures.append(found)
    return captures


def _again(annotated: Annotated, labels: Labels, photos: Photos, result: Rebuilt) -> LabelledCapture | None:
    """Return a capture made again; None where that takes its photo and there is none."""
    capture = annotated[1]
    if capture.deleted_at is not None:
        result.gone.append(capture.id)
    else:
        try:
            return labelled_capture(photos, annotated, labels)
        except (PhotoMissing, PhotoChanged) as error:
            result.damaged.append(str(error))
    return None if is_part(annotated) else whole_capture(annotated, labels, _NOWHERE)

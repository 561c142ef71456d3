"""From annotations in the records to a frozen snapshot with its photos beside it."""

from service.catalogue.queries import hold_catalogue
from service.records import SnapshotRecord
from service.retrainings.progress import enter_stage, while_running
from service.retrainings.queries import current_labels, list_annotated
from service.retrainings.synthesis import synthetic_captures
from service.retrainings.work import MANIFEST, Work
from service.snapshots.keeping import captures_by_part, keep_snapshot, unpacked
from service.snapshots.labelled import PhotoChanged, Photos, is_sound, labelled_capture, put
from service.snapshots.queries import annotated_by_id
from service.snapshots.versions import versions_now
from training.captures import LabelledCapture
from training.snapshots import Snapshot, add_synthetic, freeze


def freeze_snapshot(work: Work) -> str:
    """Freeze what is labelled now, fetch the photos, keep the manifest, and return the snapshot's hash.

    Called again (by another process, on another disk), it brings the same snapshot and its photos back instead.

    Raises:
        NothingToTrain: if the labels went away since the retraining was ordered.
        PhotoMissing: if a photo is no longer in the image store.
        PhotoChanged: if a photo in the image store was tampered with.
        SnapshotDamaged: if the manifest that was kept is damaged.
        Stopped: if the retraining was cancelled.
    """
    enter_stage(work, "snapshot")
    snapshot = _kept(work)
    if snapshot is None:
        snapshot = _frozen(work)
        with work.context.database.write() as session:
            keep_snapshot(session, snapshot, work.context.clock())
    else:
        restore_photos(work, snapshot)
    put(work.folder / MANIFEST, snapshot.manifest().encode())
    with while_running(work) as record:
        record.snapshot_hash = snapshot.content_hash
        counts = captures_by_part(snapshot)
        record.progress = {**record.progress, "captures": counts, "split_rule": snapshot.split.rule}
    return snapshot.content_hash


def restore_photos(work: Work, snapshot: Snapshot) -> int:
    """Make sure that every photo of a snapshot lies beside it undamaged; return how many were made or fetched anew.

    Raises:
        PhotoMissing: if one that is needed is no longer in the image store.
        PhotoChanged: if one cannot be had again as it was frozen.
    """
    damaged = [capture for capture in snapshot.captures if not _is_here(work, capture)]
    with work.context.database.read() as session:
        annotated = annotated_by_id(session, [one.annotation_id for one in damaged if one.annotation_id])
    photos = Photos(work.context.images, work.photo)
    for capture in damaged:
        if capture.annotation_id in annotated:
            labelled_capture(photos, annotated[capture.annotation_id], {})
    composed = [capture for capture in snapshot.synthetic if not _is_here(work, capture)]
    if composed:
        synthetic_captures(work, snapshot)  # the very same ones, as long as the pack-shots are
    for capture in (*damaged, *composed):
        _check_here(work, capture)
    return len(damaged) + len(composed)


def _kept(work: Work) -> Snapshot | None:
    """Return the snapshot that this retraining froze before, None if it has not."""
    with while_running(work) as record:
        frozen = record.snapshot_hash
    if frozen is None:
        return None
    with work.context.database.read() as session:
        kept = session.get(SnapshotRecord, frozen)
        return None if kept is None else unpacked(kept, work.photo)


def _frozen(work: Work) -> Snapshot:
    # A write transaction that holds the catalogue: labels and versions must be of one moment.
    with work.context.database.write() as session:
        hold_catalogue(session)
        annotated, labels = list_annotated(session, work.request.arms), current_labels(session)
        versions = versions_now(session, work.record.base_version)
    photos = Photos(work.context.images, work.photo)
    captures = [labelled_capture(photos, one, labels) for one in annotated]
    snapshot = freeze(captures, work.request.classes, versions)
    return add_synthetic(snapshot, synthetic_captures(work, snapshot))


def _is_here(work: Work, capture: LabelledCapture) -> bool:
    return is_sound(work.photo(capture.sha256), capture.sha256)


def _check_here(work: Work, capture: LabelledCapture) -> None:
    if not _is_here(work, capture):
        remedy = "order the retraining again, it freezes a new snapshot"
        raise PhotoChanged(f"the photo of {capture.capture_id} beside the snapshot is lost or damaged: {remedy}")

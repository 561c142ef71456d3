"""Manifests in the records: written once, checked whenever they are read."""

import zlib
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

from sqlalchemy.orm import Session

from service.inserting import insert_if_new
from service.problems import Problem
from service.records import SnapshotRecord
from service.snapshots.queries import get_snapshot
from training.snapshots import BadManifest, Snapshot, parse_manifest

_LONGEST_RULE = 300


class SnapshotDamaged(Problem):
    """A kept manifest is not what its hash says."""

    def __init__(self, hash: str, why: str) -> None:
        """Say what is wrong with it and how it is made whole."""
        remedy = f"'shelfloop snapshots rebuild {hash[:12]}' makes it again from the annotations."
        super().__init__(
            500, "snapshot-damaged", f"The snapshot {hash[:12]} is damaged ({why}). {remedy}", remedy=remedy
        )


def keep_snapshot(session: Session, snapshot: Snapshot, now: datetime) -> None:
    """Keep a snapshot's manifest; one that is kept already stays, and is made whole where it was damaged."""
    packed = zlib.compress(snapshot.manifest().encode())
    split = snapshot.split
    is_new = insert_if_new(
        session,
        SnapshotRecord,
        hash=snapshot.content_hash,
        frozen_at=now,
        class_mode=snapshot.class_mode,
        split_rule=split.rule[:_LONGEST_RULE],
        versions=dict(snapshot.versions),
        counts={**captures_by_part(snapshot), "boxes": sum(len(capture.boxes) for capture in snapshot.captures)},
        annotation_ids=[capture.annotation_id for capture in snapshot.captures],
        manifest=packed,
    )
    if not is_new:
        session.get_one(SnapshotRecord, snapshot.content_hash).manifest = packed


def read_snapshot(session: Session, hash: str, image_of: Callable[[str], Path] = Path) -> Snapshot:
    """Return a kept snapshot.

    Args:
        session: for reading.
        hash: of its content, or how it begins.
        image_of: returns the local file of a photo by its SHA-256.

    Raises:
        Problem: snapshot-not-found, snapshot-ambiguous or snapshot-damaged.
    """
    return unpacked(get_snapshot(session, hash), image_of)


def unpacked(record: SnapshotRecord, image_of: Callable[[str], Path] = Path) -> Snapshot:
    """Return the snapshot of a record.

    Raises:
        SnapshotDamaged: if its manifest is not what its hash says.
    """
    try:
        snapshot = parse_manifest(zlib.decompress(record.manifest).decode(), image_of)
    except (zlib.error, UnicodeDecodeError, BadManifest) as error:
        raise SnapshotDamaged(record.hash, str(error)) from error
    if snapshot.content_hash != record.hash:
        raise SnapshotDamaged(record.hash, f"its manifest is that of {snapshot.content_hash[:12]}")
    return snapshot


def captures_by_part(snapshot: Snapshot) -> dict[str, int]:
    """Return how many captures train, validate, are in neither part, and are composed."""
    split = snapshot.split
    return {
        "train": len(split.train),
        "validation": len(split.validation),
        "set_aside": len(split.set_aside),
        "synthetic": len(snapshot.synthetic),
    }

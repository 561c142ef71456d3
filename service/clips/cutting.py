"""Cutting a clip in a durable job: looked at once, its faces covered, its moving parts kept as pieces to label."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial

from sqlalchemy.orm import Session

from labeling.leases import TaskState
from retail.boxes import Boxes
from service.clips.deleting import frames_key
from service.clips.queries import CUT, DELETED, FAILED, WAITING, lock_clip
from service.clips.raw_files import raw_path
from service.clips.receiving import delete_raw
from service.context import Context
from service.ids import new_id
from service.jobs import ATTEMPTS_TO_FAIL, MayPass, StepFailed, step
from service.records import ClipRecord, ClipTaskRecord
from service.settings import Settings
from vision.decoding import encode_jpeg
from vision.faces import FaceFinder, find_face_model
from vision.letterbox import Image
from vision.video.faces import CLOSER, covered, find_closely
from vision.video.frames import BadVideo, sampled_frames
from vision.video.looking import Frames, again, look_at
from vision.video.pieces import Clip, Piece

log = logging.getLogger(__name__)
QUEUE = "clips"
JPEG_QUALITY = 80
# Lower than for photos: a cover that hides no face costs a glance, a face on file cannot be taken back.
FACE_CONFIDENCE = 0.2
LONGEST_ERROR = 500
_RANDOM_SHARE = 0.2


class Overtaken(Exception):
    """The clip is no longer to be cut: it was deleted, or sent again."""


@dataclass(frozen=True)
class Order:
    """A clip that is to be cut, and which order for it this is."""

    context: Context
    clip_id: str
    number: int

    @contextmanager
    def record(self) -> Iterator[tuple[Session, ClipRecord]]:
        """Change the clip's record; committed at the end of the block.

        Raises:
            Overtaken: if the clip was deleted, or another order was given.
        """
        with self.context.database.write() as session:
            clip = lock_clip(session, self.clip_id)
            if clip is None or clip.order != self.number or clip.state not in (WAITING, CUT, FAILED):
                raise Overtaken
            yield session, clip


def cut(context: Context, order: str) -> None:
    """Carry an order out; whatever goes wrong is written into its record, and the file as it was sent is deleted."""
    clip_id, _, number = order.partition("/")
    work = Order(context, clip_id, int(number))
    try:
        try:
            # As long as the image store is away: `clips.keep_hours` ends the waiting.
            step("cut_clip", partial(cut_clip, work), attempts=ATTEMPTS_TO_FAIL, let_out=Overtaken)
        except (StepFailed, MayPass) as error:
            step("fail", partial(fail, work, str(error)), attempts=ATTEMPTS_TO_FAIL, let_out=Overtaken)
        step("delete_raw", partial(delete_file, work), attempts=ATTEMPTS_TO_FAIL, let_out=Overtaken)
    except Overtaken:
        log.info("Clip %s is not to be cut any more", clip_id)
    step("discard", partial(discard, work), attempts=ATTEMPTS_TO_FAIL)


def cut_clip(order: Order) -> None:
    """Keep the pieces of a clip; killed, it begins anew, and writes the same files.

    Raises:
        Overtaken: if the clip is not to be cut any more.
        BadVideo: if it cannot be cut.
    """
    context = order.context
    with order.record() as (_, record):
        if record.state != WAITING:
            return
        path = raw_path(context.settings, record)
    if not path.is_file():
        raise BadVideo("its file is not here: servers and workers must share clips.folder")
    clips = context.settings.clips
    frames = partial(sampled_frames, path, clips.frames_per_second, clips.long_side, clips.minutes * 60)
    clip, pieces = look_at(frames, face_finder(context.settings), clips.piece_seconds)
    with order.record() as (_, record):  # before the first file: whoever deletes the clip knows what there may be
        record.parts = max(record.parts, len(pieces))
    files = _write_frames(order, frames, clip, pieces)
    with order.record() as (session, record):
        if record.state == WAITING:
            _keep(session, record, clip, pieces, files, context)


def face_finder(settings: Settings) -> Callable[[Image], Boxes]:
    """Load what finds faces in frames, whether or not photos are blurred: no clip is kept with faces."""
    finder = FaceFinder(
        find_face_model(),
        long_side=round(CLOSER * settings.clips.long_side),
        confidence=FACE_CONFIDENCE,
        threads=settings.vision.threads,
    )
    return partial(find_closely, finder.find)


def fail(order: Order, error: str) -> None:
    """Write down why a clip is not cut."""
    with order.record() as (_, record):
        if record.state == WAITING:
            record.state, record.error = FAILED, error.removeprefix("BadVideo: ")[:LONGEST_ERROR]


def discard(order: Order) -> None:
    """Delete what was written of a clip that could not be cut, or was deleted meanwhile."""
    with order.context.database.read() as session:
        clip = session.get(ClipRecord, order.clip_id)
    if clip is not None and clip.state in (FAILED, DELETED):
        for part in range(clip.parts):
            order.context.images.delete(frames_key(clip.id, part))


def delete_file(order: Order) -> None:
    """Delete the file as it was sent."""
    with order.record() as (_, record):
        delete_raw(order.context.settings, record, order.context.clock())


def _write_frames(order: Order, frames: Frames, clip: Clip, pieces: list[Piece]) -> list[list[int]]:
    """Write the frames of each piece, faces covered, and return where each frame begins in its file."""
    piece_of = {number: piece for piece, one in enumerate(pieces) for number in one.frames}
    offsets: list[list[int]] = [[0] for _ in pieces]
    data = bytearray()
    for number, frame in again(frames, clip.times):
        if (place := piece_of.get(number)) is None:
            continue
        data += encode_jpeg(covered(frame.image, clip.covers[number]), JPEG_QUALITY)
        offsets[place].append(len(data))
        if number == pieces[place].frames[-1]:
            order.context.images.put(frames_key(order.clip_id, place), bytes(data))
            data.clear()
    return offsets


def _keep(
    session: Session, record: ClipRecord, clip: Clip, pieces: list[Piece], files: list[list[int]], context: Context
) -> None:
    now = context.clock()
    record.state, record.seconds = CUT, round(clip.times[-1] + 1 / clip.rate, 3)
    record.width, record.height = clip.size
    record.faces = sum(len(clip.covers[number]) for one in pieces for number in one.frames)
    for part, (piece, offsets) in enumerate(zip(pieces, files, strict=True)):
        session.add(
            ClipTaskRecord(
                id=(id := new_id(now)),
                clip_id=record.id,
                store_id=record.store_id,
                created_at=now,
                state=TaskState.QUEUED,
                rank=part,
                part=part,
                times=[round(clip.times[number], 3) for number in piece.frames],
                ends=round(piece.ends, 3),
                offsets=offsets,
                frames_key=frames_key(record.id, part),
                tracks=piece.tracks,
                features=piece.features,
                arm="random" if _chance(id) < _RANDOM_SHARE else "rare",
            )
        )


def _chance(id: str) -> float:
    return int(id[-8:], 16) / 16**8  # these digits of an id are chance

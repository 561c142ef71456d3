"""The private place where clips lie as they were sent, faces and all, until they are cut.

A file is named after its clip and which order to cut it this is. Nothing but a waiting clip justifies a file: `sweep`
deletes every other one, whatever was killed before it could.
"""

import os
import secrets
from collections.abc import AsyncIterable, Collection
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path

from anyio.to_thread import run_sync

from service.problems import Problem
from service.records import ClipRecord
from service.settings import Settings
from vision.video.frames import is_video

# Without a byte more, an upload is over; and a file that is named already may be of a row not committed yet.
_ABANDONED = timedelta(minutes=15)
_HEAD = 12  # bytes


def raw_path(settings: Settings, clip: ClipRecord) -> Path:
    """Return where the file of a waiting clip lies."""
    return settings.resolved_clip_folder / f"{clip.id}.{clip.order}"


async def receive(settings: Settings, chunks: AsyncIterable[bytes]) -> tuple[Path, str, int]:
    """Write what is sent to a file that only this service may read; return it, its SHA-256 and its size.

    Raises:
        Problem: clip-too-large as soon as it is known to be, clip-type if it is no video; then there is no file.
    """
    folder = settings.resolved_clip_folder
    await run_sync(lambda: folder.mkdir(mode=0o700, parents=True, exist_ok=True))
    path = folder / f"{secrets.token_hex(16)}.part"
    digest, head, size = sha256(), b"", 0
    try:
        with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            async for chunk in chunks:
                size += len(chunk)
                if size > settings.clips.megabytes * 1e6:
                    raise _too_large(settings.clips.megabytes)
                head = (head + chunk)[:_HEAD] if len(head) < _HEAD else head
                if len(head) == _HEAD and not is_video(head):
                    raise _no_video()
                digest.update(chunk)
                await run_sync(file.write, chunk)
            if not is_video(head):
                raise _no_video()
            file.flush()
            await run_sync(os.fsync, file.fileno())
    except BaseException:
        path.unlink(missing_ok=True)
        raise
    return path, digest.hexdigest(), size


def sweep(settings: Settings, waiting: Collection[ClipRecord], now: datetime) -> int:
    """Delete every file that is neither a waiting clip's nor was written to just now, and return how many."""
    folder, deleted = settings.resolved_clip_folder, 0
    wanted = {raw_path(settings, clip).name for clip in waiting}
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name in wanted or _is_young(path, now):
            continue
        path.unlink(missing_ok=True)
        deleted += 1
    return deleted


def _is_young(path: Path, now: datetime) -> bool:
    try:
        return path.stat().st_mtime > (now - _ABANDONED).timestamp()
    except FileNotFoundError:
        return True


def _too_large(megabytes: float) -> Problem:
    remedy = "Send a shorter clip or one of fewer pixels, or have clips.megabytes raised."
    return Problem(413, "clip-too-large", f"The clip is larger than {megabytes:g} MB.", remedy=remedy)


def _no_video() -> Problem:
    return Problem(415, "clip-type", "This is neither an MP4 nor a WebM file.", remedy="Send it as one of these.")

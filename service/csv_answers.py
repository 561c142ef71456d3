"""CSV files as answers."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from tempfile import TemporaryFile
from typing import BinaryIO

from fastapi.responses import StreamingResponse

_CHUNK = 65_536  # bytes


def csv_answer(write: Callable[[BinaryIO], None], name: str) -> StreamingResponse:
    """Answer with a file that `write` fills.

    By way of a file on disk, so that a slow reader holds no transaction and what is sent is of one moment.
    """
    with ExitStack() as closing:
        file = closing.enter_context(TemporaryFile())
        write(file)
        headers = {"Content-Length": str(file.tell()), "Content-Disposition": f'attachment; filename="{name}"'}
        file.seek(0)
        closing.pop_all()  # sending closes it
    return StreamingResponse(_chunks(file), media_type="text/csv; charset=utf-8", headers=headers)


def _chunks(file: BinaryIO) -> Iterator[bytes]:
    with file:
        while chunk := file.read(_CHUNK):
            yield chunk

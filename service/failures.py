"""What went wrong with a job, in words: whether it may pass by itself, and what to do where it does not."""

import errno

from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as NoConnectionFree

from service.problems import Problem

_NO_SPACE = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
# As text too: torch, SQLite and ONNX raise errors of their own about a full disk.
_NO_SPACE_WORDS = ("no space left", "disk is full", "file write failed", "file too large")
_NO_MEMORY_WORDS = (
    "allocate memory",
    "not enough memory",
    "out of memory",
    "insufficient memory",
    "bad_alloc",
    "unable to allocate",
)


def may_pass(error: Exception) -> bool:
    """Say whether the same may succeed later: the database, MLflow, the image store or the disk was in the way."""
    if isinstance(error, Problem):
        return error.retry_after is not None
    if isinstance(error, OSError):  # the image store, or the disk
        return not isinstance(error, FileNotFoundError)
    return isinstance(error, OperationalError | InterfaceError | NoConnectionFree) or is_out_of_space(error)


def explained(error: Exception) -> str:
    """Return what went wrong and, where that is known, what to do about it."""
    if isinstance(error, Problem):
        return " ".join(filter(None, (f"{error.code}: {error.detail}", error.remedy)))
    what = f"{type(error).__name__}: {error}"
    if is_out_of_space(error):
        return f"{what}. The disk of the worker is full: free space below its home folder, then order it again."
    if _is_out_of_memory(error):
        return f"{what}. Memory ran out: choose a smaller batch or image_size, or a worker with more memory."
    return what


def is_out_of_space(error: BaseException) -> bool:
    """Say whether a disk or a quota is full, however the library in between words it."""
    if isinstance(error, OSError) and error.errno in _NO_SPACE:
        return True
    behind = error.__cause__ or error.__context__
    return _says(error, _NO_SPACE_WORDS) or (behind is not None and is_out_of_space(behind))


def _is_out_of_memory(error: Exception) -> bool:
    return isinstance(error, MemoryError) or _says(error, _NO_MEMORY_WORDS)


def _says(error: BaseException, words: tuple[str, ...]) -> bool:
    said = str(error).lower()
    return any(word in said for word in words)

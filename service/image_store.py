"""Pictures by key, in a folder or in any other fsspec file system."""

import os
import tempfile
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import fsspec
from fsspec.implementations.local import LocalFileSystem

_WRITERS = 8  # they wait for the disk, not for a processor


class ImageStore:
    """Keeps pictures; a key is a relative path such as ``captures/ab/abcd.jpg``."""

    def __init__(self, url: str) -> None:
        """Open an fsspec address, for example ``file:///data/photos`` or ``s3://bucket/photos``."""
        self._files, self._root = fsspec.core.url_to_fs(url)
        self._writers = ThreadPoolExecutor(_WRITERS, thread_name_prefix="picture")

    def put(self, key: str, picture: bytes) -> None:
        """Write a picture: afterwards it is on disk as a whole, or, if this raises, not there at all."""
        path = self._path(key)
        if isinstance(self._files, LocalFileSystem):
            _write_durably(Path(path), picture)
        else:
            self._files.pipe_file(path, picture)

    @contextmanager
    def putting(self, key: str, picture: bytes) -> Iterator[None]:
        """Write a picture while the block runs: after it the picture is on disk; if the block raises, it is not."""
        writing = self._writers.submit(self.put, key, picture)
        try:
            yield
        except BaseException:
            if writing.exception() is None:
                self.delete(key)
            raise
        writing.result()

    def get(self, key: str) -> bytes:
        """Read a picture.

        Raises:
            FileNotFoundError: if there is none of this key.
        """
        picture: bytes = self._files.cat_file(self._path(key))
        return picture

    def exists(self, key: str) -> bool:
        """Say whether there is a picture of this key."""
        return bool(self._files.exists(self._path(key)))

    def delete(self, key: str) -> None:
        """Remove a picture; one that is not there is no error."""
        if self.exists(key):
            self._files.rm_file(self._path(key))

    def keys(self) -> list[str]:
        """Return all keys in order."""
        return sorted(path.removeprefix(self._root).lstrip("/") for path in self._files.find(self._root))

    def _path(self, key: str) -> str:
        return f"{self._root.rstrip('/')}/{key}"


def _write_durably(path: Path, picture: bytes) -> None:
    """Write beside the place, flush to disk, rename: a crash leaves the whole file or none under its name."""
    if not path.parent.is_dir():
        path.parent.mkdir(parents=True, exist_ok=True)
        _flush_folder(path.parent.parent)
    handle, unfinished = tempfile.mkstemp(dir=path.parent, prefix=".unfinished-")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(picture)
            file.flush()
            os.fsync(file.fileno())
        os.replace(unfinished, path)
    except BaseException:
        Path(unfinished).unlink(missing_ok=True)
        raise
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)

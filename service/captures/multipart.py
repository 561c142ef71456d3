"""Takes a multipart form apart that is in memory as a whole (RFC 7578, RFC 2046 section 5.1).

The usual parsers work on a stream, chunk by chunk, and spend more time on a photo of some megabytes than its hash does.
"""

from collections.abc import Iterator
from dataclasses import dataclass

from python_multipart.multipart import parse_options_header


class BrokenForm(ValueError):
    """A body that is not the form its header announces; the message says where it goes astray."""


@dataclass(frozen=True, slots=True)
class Part:
    """One field of a form; `is_file` if it came with a file name, whatever that is."""

    name: str
    is_file: bool
    content: bytes


def boundary_of(content_type: str) -> bytes:
    """Return what separates the parts, from the Content-Type header.

    Raises:
        BrokenForm: if the header names none.
    """
    _, options = parse_options_header(content_type)
    if boundary := options.get(b"boundary"):
        return boundary
    raise BrokenForm("Content-Type names no boundary")


def parts_of(body: bytes, boundary: bytes) -> Iterator[Part]:
    """Yield the parts in their order.

    Raises:
        BrokenForm: where the body ends early, or a part has no name.
    """
    delimiter = b"\r\n--" + boundary
    at = body.find(delimiter[2:])
    if at < 0:
        raise BrokenForm("the boundary is not in it")
    at += len(delimiter) - 2
    while body[at : at + 2] != b"--":
        begin, head_end = body.find(b"\r\n", at), body.find(b"\r\n\r\n", at)
        end = body.find(delimiter, head_end + 4)
        if min(begin, head_end, end) < 0:
            raise BrokenForm("it ends before its last boundary")
        yield _part(body[begin + 2 : head_end], body[head_end + 4 : end])
        at = end + len(delimiter)


def _part(head: bytes, content: bytes) -> Part:
    for line in head.split(b"\r\n"):
        header, _, value = line.partition(b":")
        if header.strip().lower() == b"content-disposition":
            _, options = parse_options_header(value.strip())
            if b"name" in options:
                return Part(options[b"name"].decode("utf-8", "replace"), b"filename" in options, content)
    raise BrokenForm("a part has no name")

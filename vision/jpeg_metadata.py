"""Takes out of a JPEG all that is not needed to show it, without touching a pixel."""

import re
import struct

from vision.photo_header import END_OF_JPEG, JPEG_FRAMES, START_OF_SCAN, JpegSegment, Truncated, jpeg_segments

_TABLES = frozenset({0xC4, 0xCC, 0xDB, 0xDC, 0xDD})
_JFIF, _ICC, _ADOBE = 0xE0, 0xE2, 0xEE
# Written anew, because a JFIF segment may hold a thumbnail: of the photo before somebody cropped it, say.
_PLAIN_JFIF = b"\xff\xe0\x00\x10JFIF\0\x01\x01\0\x00\x01\x00\x01\0\0"
_ADOBE_BYTES = 16  # marker, length and the twelve bytes that say how colours were transformed
_AFTER_SCAN = re.compile(rb"\xff[^\x00\xd0-\xd7]")  # inside a scan 0xFF is escaped or restarts the decoder


def without_metadata(data: bytes) -> bytes:
    """Return a JPEG of the same pixels with neither EXIF (position, orientation, thumbnail) nor anything like it.

    What stays is named: picture, tables, colour profile, Adobe's note on the colour transform. Whatever else there is
    goes, also what follows the end of the picture, where phones keep films and second pictures.

    Raises:
        Truncated: if the structure cannot be followed to the picture's end.
    """
    try:
        return b"".join(_kept(data))
    except (struct.error, IndexError) as error:
        raise Truncated("the file ends inside its structure") from error


def _kept(data: bytes) -> list[bytes]:
    parts, at = [data[:2]], 2
    while True:
        for segment in jpeg_segments(data, at):
            parts.append(_shown(data, segment))
        if segment.marker == END_OF_JPEG:
            return parts
        after = _AFTER_SCAN.search(data, segment.stop)
        if after is None:
            raise Truncated("the JPEG has no end marker")
        at = after.start()
        parts.append(data[segment.stop : at])


def _shown(data: bytes, segment: JpegSegment) -> bytes:
    """Return the part of a segment that is needed to show the picture."""
    content = data[segment.start : segment.stop]
    if segment.marker == _JFIF:
        return _PLAIN_JFIF if content[4:9] == b"JFIF\0" else b""
    if segment.marker == _ADOBE:
        return content if content[4:9] == b"Adobe" and len(content) == _ADOBE_BYTES else b""
    if segment.marker == _ICC:
        return content if content[4:16] == b"ICC_PROFILE\0" else b""
    needed = segment.marker in JPEG_FRAMES | _TABLES | {START_OF_SCAN, END_OF_JPEG}
    return content if needed else b""

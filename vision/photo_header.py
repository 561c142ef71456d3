"""Reads what a JPEG, PNG or WebP file says about itself, without decoding a pixel.

Walks the file's own structure: JPEG markers (ITU-T T.81, annex B), PNG chunks (ISO/IEC 15948), RIFF chunks (RFC 9649).
"""

import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

MediaType = Literal["image/jpeg", "image/png", "image/webp"]

_PNG_SIGNATURE = b"\x89PNG\r\n\x1a\n"
_PNG_METADATA = (b"eXIf", b"iTXt", b"tEXt", b"zTXt", b"iCCP")
_WEBP_METADATA = (b"EXIF", b"XMP ", b"ICCP")
JPEG_FRAMES = frozenset(range(0xC0, 0xD0)) - {0xC4, 0xC8, 0xCC}  # tables and extensions share the range
START_OF_SCAN, END_OF_JPEG = 0xDA, 0xD9


class Truncated(ValueError):
    """The structure ends before the file says it does."""


class UnknownType(ValueError):
    """Neither JPEG, PNG nor WebP, whatever its name says."""


@dataclass(frozen=True, slots=True)
class PhotoHeader:
    """What the structure of a file tells.

    Attributes:
        width, height: stored pixels, before orientation.
        bits: bits per colour channel.
        channels: colour channels stored; 4 in a JPEG is CMYK.
        animated: more than one frame.
        metadata_bytes: bytes of EXIF, XMP, colour profiles and comments together.
        exif: TIFF structure with the EXIF tags, empty if there is none.
    """

    media_type: MediaType
    width: int = 0
    height: int = 0
    bits: int = 8
    channels: int = 3
    animated: bool = False
    metadata_bytes: int = 0
    exif: bytes = b""


def read_header(data: bytes) -> PhotoHeader:
    """Walk a whole file.

    Raises:
        UnknownType: for any other content.
        Truncated: if a part is missing, or a PNG's checksum is wrong.
    """
    try:
        if data.startswith(b"\xff\xd8\xff"):
            header = _read_jpeg(data)
        elif data.startswith(_PNG_SIGNATURE):
            header = _read_png(data)
        elif data[:4] == b"RIFF" and data[8:12] == b"WEBP":
            header = _read_webp(data)
        else:
            raise UnknownType("neither a JPEG, a PNG nor a WebP file")
    except (struct.error, IndexError) as error:
        raise Truncated("the file ends inside its header") from error
    if not (header.width and header.height):
        raise Truncated("the file has no picture in it")
    return header


@dataclass(frozen=True, slots=True)
class JpegSegment:
    """A marker of a JPEG with what belongs to it.

    Attributes:
        marker: second byte of the marker.
        start: where the marker's 0xFF is.
        stop: where the next marker begins, or after `START_OF_SCAN` the compressed picture.
    """

    marker: int
    start: int
    stop: int


def jpeg_segments(data: bytes, at: int = 2) -> Iterator[JpegSegment]:
    """Yield segments from `at` up to the next start of a scan, or up to the end marker; both are yielded too.

    Raises:
        Truncated, struct.error, IndexError: if the file ends or goes astray before.
    """
    marker = 0
    while marker not in (START_OF_SCAN, END_OF_JPEG):
        if data[at] != 0xFF:
            raise Truncated("a JPEG marker is missing")
        marker = data[at + 1]
        if marker == 0xFF:  # fill byte
            at += 1
            continue
        stop = at + 2 if marker == END_OF_JPEG else at + 2 + struct.unpack_from(">H", data, at + 2)[0]
        yield JpegSegment(marker, at, stop)
        at = stop


def _read_jpeg(data: bytes) -> PhotoHeader:
    header = PhotoHeader("image/jpeg")
    for segment in jpeg_segments(data):
        payload = data[segment.start + 4 : segment.stop]
        if segment.marker in JPEG_FRAMES:
            bits, height, width, channels = struct.unpack_from(">BHHB", payload)
            header = replace(header, width=width, height=height, bits=bits, channels=channels)
        elif 0xE0 <= segment.marker <= 0xEF or segment.marker == 0xFE:
            header = _with_metadata(header, len(payload), payload[6:] if payload[:6] == b"Exif\0\0" else b"")
        # Inside a scan 0xFF is always escaped, so this pair can only be the end; cameras may append data to it.
        elif segment.marker == START_OF_SCAN and data.rfind(b"\xff\xd9", segment.stop) < 0:
            raise Truncated("the JPEG has no end marker")
    return header


def _read_png(data: bytes) -> PhotoHeader:
    header = PhotoHeader("image/png")
    for name, payload in _png_chunks(data):
        if name == b"IHDR":
            width, height, bits = struct.unpack_from(">IIB", payload)
            header = replace(header, width=width, height=height, bits=bits)
        elif name == b"acTL":
            header = replace(header, animated=True)
        elif name in _PNG_METADATA:
            header = _with_metadata(header, len(payload), payload if name == b"eXIf" else b"")
    return header


def _png_chunks(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    at, name = len(_PNG_SIGNATURE), b""
    while name != b"IEND":
        length, name = struct.unpack_from(">I4s", data, at)
        (checksum,) = struct.unpack_from(">I", data, at + 8 + length)
        if zlib.crc32(memoryview(data)[at + 4 : at + 8 + length]) != checksum:
            raise Truncated(f"the checksum of PNG chunk {name!r} is wrong")
        yield name, data[at + 8 : at + 8 + length]
        at += 12 + length


def _read_webp(data: bytes) -> PhotoHeader:
    (size,) = struct.unpack_from("<I", data, 4)
    if len(data) < size + 8:
        raise Truncated(f"the WebP announces {size + 8} bytes, there are {len(data)}")
    header, at = PhotoHeader("image/webp"), 12
    while at + 8 <= size + 8:
        name, length = struct.unpack_from("<4sI", data, at)
        payload = data[at + 8 : at + 8 + length]
        if name in _WEBP_METADATA:
            header = _with_metadata(header, length, payload.removeprefix(b"Exif\0\0") if name == b"EXIF" else b"")
        elif name in (b"ANIM", b"ANMF"):
            header = replace(header, animated=True)
        elif name in (b"VP8X", b"VP8 ", b"VP8L") and not header.width:
            width, height = _webp_size(name, payload)
            header = replace(header, width=width, height=height)
        at += 8 + length + length % 2
    return header


def _webp_size(name: bytes, payload: bytes) -> tuple[int, int]:
    if name == b"VP8X":
        return int.from_bytes(payload[4:7], "little") + 1, int.from_bytes(payload[7:10], "little") + 1
    if name == b"VP8L":
        (packed,) = struct.unpack_from("<I", payload, 1)
        return (packed & 0x3FFF) + 1, (packed >> 14 & 0x3FFF) + 1
    width, height = struct.unpack_from("<HH", payload, 6)
    return width & 0x3FFF, height & 0x3FFF


def _with_metadata(header: PhotoHeader, size: int, exif: bytes) -> PhotoHeader:
    return replace(header, metadata_bytes=header.metadata_bytes + size, exif=header.exif or exif)

"""Turns the bytes of an upload into an upright photo, or refuses them with a reason and a remedy."""

from dataclasses import dataclass

import cv2
import numpy as np
from PIL.ExifTags import Base
from PIL.Image import Exif

from vision.letterbox import Image
from vision.photo_header import MediaType, PhotoHeader, Truncated, UnknownType, read_header

# OpenCV refuses its colour flags beside RGB, so the scale comes from the grey ones; the result is RGB all the same.
_REDUCED = {
    8: cv2.IMREAD_REDUCED_GRAYSCALE_8,
    4: cv2.IMREAD_REDUCED_GRAYSCALE_4,
    2: cv2.IMREAD_REDUCED_GRAYSCALE_2,
    1: 0,
}


class BadPhoto(ValueError):
    """Bytes that are not a photo this service takes.

    Attributes:
        code: stable name of the reason, for example ``photo-truncated``.
        detail: what is wrong with this file.
        remedy: what the sender can do.
    """

    def __init__(self, code: str, detail: str, remedy: str) -> None:
        super().__init__(f"{detail}: {remedy}")
        self.code = code
        self.detail = detail
        self.remedy = remedy


@dataclass(frozen=True, slots=True)
class DecodeLimits:
    """Most bytes of a file, pixels of a photo, and bytes of EXIF and other metadata that are accepted."""

    file_bytes: int = 25_000_000
    pixels: int = 50_000_000
    metadata_bytes: int = 65_536


@dataclass(frozen=True, slots=True, eq=False)
class Photo:
    """An upright photo; of its metadata only the orientation was used, and nothing is kept.

    Attributes:
        image: (h, w, 3) RGB uint8, possibly at a reduced scale.
        media_type: what the file was.
        width, height: pixels of the upright photo at full scale.
        orientation: EXIF orientation 1..8 that was undone; 1 is a photo that is stored upright.
    """

    image: Image
    media_type: MediaType
    width: int
    height: int
    orientation: int


DEFAULT_LIMITS = DecodeLimits()


def decode(data: bytes, limits: DecodeLimits = DEFAULT_LIMITS, *, long_side: int | None = None) -> Photo:
    """Check and decode a file. Its size in pixels is read from its header before anything is allocated for it.

    Args:
        data: the file.
        limits: what is accepted.
        long_side: if given, the image is decoded at the smallest of full, half, quarter and eighth scale whose
            longer side is not below it; for a JPEG that saves most of the work.

    Raises:
        BadPhoto: for anything but a complete, still, 8-bit RGB or grey JPEG, PNG or WebP within the limits.
    """
    header = _checked_header(data, limits)
    reduction = _reduction(max(header.width, header.height), long_side)
    flags = _REDUCED[reduction] | cv2.IMREAD_COLOR_RGB | cv2.IMREAD_IGNORE_ORIENTATION
    try:
        stored = cv2.imdecode(np.frombuffer(data, np.uint8), flags)
    except cv2.error:
        stored = None
    if stored is None:
        raise BadPhoto("photo-damaged", "the picture data cannot be decoded", "send the file as the camera wrote it")
    orientation = _orientation(header.exif)
    upright = _turned_upright(np.asarray(stored, np.uint8), orientation)
    width, height = (header.height, header.width) if orientation >= 5 else (header.width, header.height)
    return Photo(upright, header.media_type, width, height, orientation)


def encode_jpeg(image: Image, quality: int = 90) -> bytes:
    """Write an RGB image as a JPEG without any metadata."""
    done, encoded = cv2.imencode(".jpg", cv2.cvtColor(image, cv2.COLOR_RGB2BGR), [cv2.IMWRITE_JPEG_QUALITY, quality])
    if not done:
        raise ValueError(f"an image of shape {image.shape} cannot be written as JPEG")
    return encoded.tobytes()


def _checked_header(data: bytes, limits: DecodeLimits) -> PhotoHeader:
    if not data:
        raise BadPhoto("photo-empty", "the file has no bytes", "send the photo's content")
    if len(data) > limits.file_bytes:
        detail = f"the file has {len(data):,} bytes, at most {limits.file_bytes:,} are accepted"
        raise BadPhoto("photo-too-large", detail, "send a smaller or more compressed photo")
    try:
        header = read_header(data)
    except UnknownType as error:
        raise BadPhoto("photo-type", f"the file is {error}", "send a JPEG, PNG or WebP photo") from error
    except Truncated as error:
        raise BadPhoto("photo-truncated", str(error), "upload the photo again, completely") from error
    _check_content(header, limits)
    return header


def _check_content(header: PhotoHeader, limits: DecodeLimits) -> None:
    if header.width * header.height > limits.pixels:
        detail = f"the photo has {header.width}x{header.height} pixels, at most {limits.pixels:,} are accepted"
        raise BadPhoto("photo-too-many-pixels", detail, "scale the photo down")
    if header.animated:
        raise BadPhoto("photo-animated", "the file holds more than one frame", "send a single still photo")
    if header.media_type == "image/jpeg" and header.channels == 4:
        raise BadPhoto("photo-cmyk", "the colours are CMYK, made for printing", "save the photo as RGB")
    if header.bits > 8:
        raise BadPhoto("photo-deep", f"the colours have {header.bits} bits", "save the photo with 8 bits per channel")
    if header.metadata_bytes > limits.metadata_bytes:
        detail = f"{header.metadata_bytes:,} bytes of metadata, at most {limits.metadata_bytes:,} are accepted"
        raise BadPhoto("photo-metadata-too-large", detail, "remove EXIF and XMP data from the photo")


def _reduction(stored: int, wanted: int | None) -> int:
    return next(factor for factor in _REDUCED if factor == 1 or (wanted is not None and stored // factor >= wanted))


def _orientation(exif: bytes) -> int:
    """Return the EXIF orientation 1..8 (CIPA DC-008, tag 274); anything unreadable counts as upright."""
    if not exif:
        return 1
    tags = Exif()
    try:
        tags.load(exif)
        value = int(tags.get(Base.Orientation, 1))
    except Exception:  # Pillow raises whatever struct, int or its own reader meet in hostile bytes
        return 1
    return value if 1 <= value <= 8 else 1


def _turned_upright(image: Image, orientation: int) -> Image:
    """Undo an EXIF orientation: 5 to 8 are transposed, and each pair differs by a mirror."""
    if orientation >= 5:
        image = cv2.transpose(image).astype(np.uint8, copy=False)
    flip = {2: 1, 3: -1, 4: 0, 6: 1, 7: -1, 8: 0}.get(orientation)
    return image if flip is None else cv2.flip(image, flip).astype(np.uint8, copy=False)

"""A photo as it is worked on: checked, decoded, faces hidden."""

import sys
from dataclasses import dataclass, field

import numpy as np

from retail.boxes import Boxes
from service.metrics import stage
from service.models.serving import ServingModel
from service.problems import Problem
from service.settings import PhotoSettings
from vision.decoding import BadPhoto, DecodeLimits, Photo, decode
from vision.faces import FaceFinder, hide_faces
from vision.kept_picture import picture_to_keep
from vision.letterbox import Image

_ACCEPTED = DecodeLimits(sys.maxsize, sys.maxsize, sys.maxsize)  # what was opened is not checked again
_STATUS = {"photo-too-large": 413, "photo-too-many-pixels": 413, "photo-type": 415}


@dataclass(frozen=True, slots=True, eq=False)
class OpenedPhoto:
    """A photo decoded at the smallest scale that the model can use, and the faces in it.

    Attributes:
        data: the file.
        decoded: its pixels, faces and all.
        faces: (n, 4) boxes in pixels of the decoded image.
    """

    data: bytes
    decoded: Photo
    faces: Boxes = field(default_factory=lambda: np.zeros((0, 4), np.float32))

    def picture(self) -> bytes:
        """Return the picture that may be kept, a JPEG: upright, faces hidden, without metadata."""
        return picture_to_keep(self.data, self.decoded, self.faces)

    @property
    def image(self) -> Image:
        """The photo as it was decoded, faces hidden."""
        return hide_faces(self.decoded.image, self.faces)

    @property
    def size(self) -> tuple[int, int]:
        """Width and height of the whole photo in pixels."""
        return self.decoded.width, self.decoded.height

    def at(self, long_side: int) -> Image:
        """Return the photo, faces hidden, with so many pixels along its longer side, or as many as it has."""
        image = self.decoded.image
        if max(image.shape[:2]) < min(long_side, max(self.decoded.width, self.decoded.height)):
            image = decode(self.data, _ACCEPTED, long_side=long_side).image
        return hide_faces(image, self.faces * np.float32(max(image.shape) / max(self.decoded.image.shape)))


def open_photo(data: bytes, model: ServingModel, faces: FaceFinder | None, limits: PhotoSettings) -> OpenedPhoto:
    """Decode a photo and find its faces.

    Args:
        data: a JPEG, PNG or WebP file.
        model: what will look at it.
        faces: None to leave faces alone.
        limits: what is refused.

    Raises:
        Problem: 413, 415 or 422 if this is no photo that can be worked on.
    """
    with stage("decode"):
        decoded = checked(data, limits, model.metadata.input_size)
    if faces is None:
        return OpenedPhoto(data, decoded)
    with stage("faces"):
        return OpenedPhoto(data, decoded, faces.find(decoded.image))


def checked(photo: bytes, limits: PhotoSettings, long_side: int) -> Photo:
    """Decode a photo at the smallest scale whose longer side is not below `long_side`.

    Raises:
        Problem: 413, 415 or 422 if this is no photo that can be worked on.
    """
    most = DecodeLimits(file_bytes=int(limits.megabytes * 1e6), pixels=int(limits.megapixels * 1e6))
    try:
        return decode(photo, most, long_side=long_side)
    except BadPhoto as bad:
        detail, remedy = (text[0].upper() + text[1:] + "." for text in (bad.detail, bad.remedy))
        raise Problem(_STATUS.get(bad.code, 422), bad.code, detail, field="photo", remedy=remedy) from bad

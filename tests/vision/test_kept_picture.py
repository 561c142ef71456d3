import io

import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL.ExifTags import GPS, IFD, Base

from vision.decoding import decode
from vision.kept_picture import picture_to_keep
from vision.letterbox import Image

NOBODY = np.zeros((0, 4), np.float32)


def saved(kind: str = "JPEG", orientation: int = 1) -> bytes:
    """A grey pattern of 400x200 pixels, as fine as faces are hidden coarsely, with a place in its metadata."""
    exif = PillowImage.Exif()
    exif[Base.Orientation] = orientation
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitudeRef] = "N"
    buffer = io.BytesIO()
    cells = np.random.default_rng(0).integers(0, 256, (50, 100, 1), np.uint8)
    image = PillowImage.fromarray(cells.repeat(4, 0).repeat(4, 1).repeat(3, 2))
    image.save(buffer, kind, exif=exif)
    return buffer.getvalue()


def kept(data: bytes, faces: np.ndarray = NOBODY, long_side: int | None = None) -> tuple[bytes, Image]:
    picture = picture_to_keep(data, decode(data, long_side=long_side), faces)
    assert picture.startswith(b"\xff\xd8")
    assert not PillowImage.open(io.BytesIO(picture)).getexif()
    return picture, decode(picture).image


def test_an_upright_jpeg_keeps_every_pixel():
    data = saved()
    picture, image = kept(data, long_side=100)
    assert len(picture) < len(data)
    assert np.array_equal(image, decode(data).image)


@pytest.mark.parametrize(("kind", "orientation"), [("JPEG", 6), ("JPEG", 3), ("PNG", 1), ("PNG", 8), ("WEBP", 1)])
def test_any_other_photo_becomes_an_upright_jpeg(kind: str, orientation: int):
    data = saved(kind, orientation)
    _, image = kept(data, long_side=100)
    upright = decode(data).image
    assert image.shape == upright.shape
    assert np.abs(image.astype(int) - upright).mean() < 6


@pytest.mark.parametrize("orientation", [1, 6])
def test_a_face_found_at_a_reduced_scale_is_hidden_in_full(orientation: int):
    data = saved(orientation=orientation)
    before = decode(data).image
    photo = decode(data, long_side=100)
    assert max(photo.image.shape) == 100
    _, after = kept(data, np.array([[10, 20, 20, 30]], np.float32), long_side=100)  # 40..80, 80..120 in full
    face = after[85:115, 45:75]
    assert np.abs(before[85:115, 45:75].astype(int) - face).mean() > 15
    assert np.abs(before[:70].astype(int) - after[:70]).mean() < 6


def test_a_jpeg_that_only_decoders_understand_is_written_anew():
    data = saved()
    strayed = data[:-2] + b"\xff\x30\x00\xff" + data[-2:]  # a marker that does not exist, and no length
    assert kept(strayed)[1].shape == (200, 400, 3)

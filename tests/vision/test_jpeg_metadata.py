import io
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL import ImageCms
from PIL.ExifTags import GPS, IFD, Base

from vision.decoding import decode
from vision.jpeg_metadata import without_metadata
from vision.photo_header import Truncated


def noise(mode: str = "RGB") -> PillowImage.Image:
    return PillowImage.fromarray(np.random.default_rng(0).integers(0, 256, (40, 64, 3), np.uint8)).convert(mode)


def saved(image: PillowImage.Image, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, "JPEG", **options)
    return buffer.getvalue()


def segment(marker: int, payload: bytes) -> bytes:
    return bytes((0xFF, marker)) + (len(payload) + 2).to_bytes(2, "big") + payload


def check_only_the_picture_is_left(data: bytes, *gone: bytes) -> bytes:
    kept = without_metadata(data)
    assert np.array_equal(decode(kept).image, decode(data).image)
    for secret in gone:
        assert secret in data
        assert secret not in kept
    return kept


def test_place_owner_and_comment_go_and_pixels_stay():
    exif = PillowImage.Exif()
    exif[Base.Artist] = "Jane Doe"
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitudeRef] = "N"
    data = saved(noise(), exif=exif, comment=b"for Jane")
    assert PillowImage.open(io.BytesIO(data)).getexif().get_ifd(IFD.GPSInfo)
    kept = check_only_the_picture_is_left(data, b"Exif", b"Jane")
    assert not PillowImage.open(io.BytesIO(kept)).getexif()


def test_thumbnails_go():
    plain = saved(noise())
    assert plain[2:4] == b"\xff\xe0"
    jfif = segment(0xE0, b"JFIF\0\x01\x01\0\0\x01\0\x01\x01\x01" + b"who")  # one pixel of three bytes
    check_only_the_picture_is_left(
        plain[:2] + jfif + segment(0xE0, b"JFXX\0\x10secret") + plain[20:], b"who", b"secret"
    )


@pytest.mark.parametrize("marker", [0xE1, 0xE2, 0xED, 0xEE, 0xEF, 0xFE])
def test_anything_else_goes_wherever_it_stands(marker: int):
    plain = saved(noise())
    hidden = segment(marker, b"secret \xff\xd9 place")
    before_scan = plain.index(b"\xff\xda")
    check_only_the_picture_is_left(plain[:2] + hidden + plain[2:], b"secret")
    check_only_the_picture_is_left(plain[:before_scan] + hidden + plain[before_scan:], b"secret")


def test_what_follows_the_picture_goes():
    plain = saved(noise())
    assert without_metadata(plain + b"motion photo \xff\xd9") == without_metadata(plain)
    assert without_metadata(plain).endswith(b"\xff\xd9")


@pytest.mark.parametrize("options", [{}, {"progressive": True}, {"restart_marker_blocks": 1}, {"subsampling": 0}])
@pytest.mark.parametrize("mode", ["RGB", "L"])
def test_every_kind_of_jpeg_keeps_its_pixels(mode: str, options: dict[str, int]):
    data = saved(noise(mode), **options)
    hidden = segment(0xED, b"secret")
    check_only_the_picture_is_left(data[:2] + hidden + data[2:], b"secret")


def test_colours_stay_what_they_were():
    profile = ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes()
    kept = without_metadata(saved(noise(), icc_profile=profile))
    assert PillowImage.open(io.BytesIO(kept)).info["icc_profile"] == profile
    rgb = saved(noise(), keep_rgb=True)  # stored as RGB, which only Adobe's segment tells
    assert b"Adobe" in without_metadata(rgb)
    check_only_the_picture_is_left(rgb)


@pytest.mark.parametrize("share", [0.02, 0.5, 0.99])
def test_a_cut_file_is_refused(share: float):
    data = saved(noise())
    with pytest.raises(Truncated):
        without_metadata(data[: int(len(data) * share)])


def test_real_photos_keep_their_pixels(shop_data: Path):
    for path in sorted(shop_data.glob("fridge-azure/**/*.jpg"))[:1] + sorted(shop_data.glob("shelf-k4r/*.jp*g"))[:1]:
        data = path.read_bytes()
        kept = without_metadata(data)
        flags = cv2.IMREAD_COLOR | cv2.IMREAD_IGNORE_ORIENTATION
        before, after = (cv2.imdecode(np.frombuffer(file, np.uint8), flags) for file in (data, kept))
        assert np.array_equal(before, after)
        assert b"Exif" not in kept

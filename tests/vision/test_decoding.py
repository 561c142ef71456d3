import io
import struct
import zlib
from pathlib import Path

import cv2
import numpy as np
import pytest
from PIL import Image as PillowImage
from PIL.ExifTags import GPS, IFD, Base

from vision.decoding import BadPhoto, DecodeLimits, decode, encode_jpeg

RED, BLUE = (255, 0, 0), (0, 0, 255)


def picture(width: int = 64, height: int = 32) -> PillowImage.Image:
    """Red on the left, blue on the right."""
    image = PillowImage.new("RGB", (width, height), RED)
    image.paste(BLUE, (width // 2, 0, width, height))
    return image


def saved(image: PillowImage.Image, kind: str, **options) -> bytes:
    buffer = io.BytesIO()
    image.save(buffer, kind, **options)
    return buffer.getvalue()


def busy(width: int, height: int) -> PillowImage.Image:
    return PillowImage.fromarray(np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8))


def code_of(data: bytes, **limits) -> str:
    with pytest.raises(BadPhoto) as caught:
        decode(data, DecodeLimits(**limits))
    assert caught.value.detail
    assert caught.value.remedy
    return caught.value.code


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_photo_is_decoded_as_rgb(kind: str):
    photo = decode(saved(picture(), kind))
    assert (photo.media_type, photo.width, photo.height) == (f"image/{kind.lower()}", 64, 32)
    assert photo.image.shape == (32, 64, 3)
    assert photo.image.dtype == np.uint8
    np.testing.assert_allclose(photo.image[16, 4], RED, atol=4)
    np.testing.assert_allclose(photo.image[16, 60], BLUE, atol=4)


@pytest.mark.parametrize(
    ("mode", "kind", "options"),
    [
        ("L", "JPEG", {}),
        ("RGB", "JPEG", {"progressive": True}),
        ("L", "PNG", {}),
        ("RGBA", "PNG", {}),
        ("P", "PNG", {}),
        ("RGB", "WEBP", {"lossless": True}),
        ("RGBA", "WEBP", {}),
    ],
)
def test_usual_variants_are_taken(mode: str, kind: str, options: dict[str, object]):
    photo = decode(saved(picture().convert(mode), kind, **options))
    assert photo.image.shape == (32, 64, 3)


@pytest.mark.parametrize("orientation", range(1, 9))
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_orientation_is_applied_as_pillow_applies_it(kind: str, orientation: int):
    corners = picture(32, 16)
    corners.paste((0, 255, 0), (0, 0, 16, 8))
    exif = PillowImage.Exif()
    exif[Base.Orientation] = orientation
    data = saved(corners, kind, exif=exif)
    from PIL import ImageOps

    expected = np.asarray(ImageOps.exif_transpose(PillowImage.open(io.BytesIO(data)).convert("RGB")))
    if kind == "WEBP":  # converting drops what exif_transpose reads
        expected = np.asarray(ImageOps.exif_transpose(PillowImage.open(io.BytesIO(data))).convert("RGB"))
    photo = decode(data)
    assert (photo.height, photo.width) == expected.shape[:2]
    assert np.abs(photo.image.astype(int) - expected).mean() < 4


def test_unreadable_exif_counts_as_upright():
    plain = saved(picture(), "JPEG")
    broken = b"\xff\xe1" + struct.pack(">H", 18) + b"Exif\0\0" + b"MM\0*\xff\xff\xff\xff\0\0"
    assert decode(plain[:2] + broken + plain[2:]).width == 64


def test_place_does_not_reach_a_stored_photo():
    exif = PillowImage.Exif()
    exif.get_ifd(IFD.GPSInfo)[GPS.GPSLatitudeRef] = "N"
    data = saved(picture(), "JPEG", exif=exif)
    assert PillowImage.open(io.BytesIO(data)).getexif().get_ifd(IFD.GPSInfo)
    stored = PillowImage.open(io.BytesIO(encode_jpeg(decode(data).image)))
    assert not stored.getexif()
    np.testing.assert_allclose(np.asarray(stored)[16, 4], RED, atol=4)


@pytest.mark.parametrize("kind", ["JPEG", "PNG"])
@pytest.mark.parametrize("share", [0.0005, 0.01, 0.1, 0.5, 0.9, 0.99, 0.9999])
def test_cut_files_are_refused(kind: str, share: float):
    data = saved(busy(320, 200), kind)
    assert code_of(data[: max(12, int(len(data) * share))]) == "photo-truncated"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
@pytest.mark.parametrize("options", [{"lossless": True}, {"progressive": True}])
def test_cut_webp_and_progressive_jpeg_are_refused(options: dict[str, bool], share: float):
    data = saved(busy(320, 200), "WEBP" if "lossless" in options else "JPEG", **options)
    assert code_of(data[: int(len(data) * share)]) == "photo-truncated"


@pytest.mark.parametrize("share", [0.1, 0.5, 0.9, 0.99])
def test_cut_real_photos_are_refused(shop_data: Path, share: float):
    for path in sorted(shop_data.glob("fridge-azure/**/*.jpg"))[:3] + sorted(shop_data.glob("shelf-k4r/*.jp*g"))[:1]:
        data = path.read_bytes()
        assert decode(data).width > 0
        assert code_of(data[: int(len(data) * share)]) == "photo-truncated"


def test_appended_data_is_tolerated():
    assert decode(saved(picture(), "JPEG") + b"motion photo").width == 64


def test_flipped_bit_in_a_png_is_found():
    data = bytearray(saved(busy(64, 64), "PNG"))
    data[len(data) // 2] ^= 1
    assert code_of(bytes(data)) == "photo-truncated"


def test_picture_data_that_is_none_is_refused():
    head = saved(picture(), "PNG")[:33]
    junk = b"IDAT" + b"no zlib stream"
    data = head + struct.pack(">I", 14) + junk + struct.pack(">I", zlib.crc32(junk))
    assert code_of(data + struct.pack(">I4sI", 0, b"IEND", zlib.crc32(b"IEND"))) == "photo-damaged"


def test_pixels_are_counted_before_anything_is_allocated():
    header = struct.pack(">IIBBBBB", 20_000, 20_000, 8, 2, 0, 0, 0)
    chunks = [(b"IHDR", header), (b"IDAT", b""), (b"IEND", b"")]
    png = b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body)) for name, body in chunks
    )
    jpeg = saved(picture(), "JPEG").replace(b"\x00\x20\x00\x40", b"\x4e\x20\x4e\x20", 1)
    assert code_of(png) == code_of(jpeg) == "photo-too-many-pixels"


def test_limits_are_inclusive():
    data = saved(picture(), "PNG")
    exact = DecodeLimits(file_bytes=len(data), pixels=64 * 32)
    assert decode(data, exact).width == 64
    assert code_of(data, file_bytes=len(data) - 1) == "photo-too-large"
    assert code_of(data, pixels=64 * 32 - 1) == "photo-too-many-pixels"


def test_empty_and_renamed_files_are_refused():
    assert code_of(b"") == "photo-empty"
    assert code_of(b"a shopping list") == "photo-type"
    assert code_of(saved(picture(), "GIF")) == "photo-type"
    assert code_of(saved(picture(), "TIFF")) == "photo-type"


@pytest.mark.parametrize("kind", ["PNG", "WEBP"])
def test_animations_are_refused(kind: str):
    frames = [picture(), busy(64, 32)]
    assert code_of(saved(frames[0], kind, save_all=True, append_images=frames[1:])) == "photo-animated"


def test_print_colours_and_deep_colours_are_refused():
    assert code_of(saved(picture().convert("CMYK"), "JPEG")) == "photo-cmyk"
    deep = cv2.imencode(".png", np.zeros((8, 8, 3), np.uint16))[1].tobytes()
    assert code_of(deep) == "photo-deep"


def test_huge_metadata_is_refused():
    plain = saved(picture(), "JPEG")
    segment = b"\xff\xe1" + struct.pack(">H", 40_002) + b"http://ns.adobe.com/xap/1.0/\0".ljust(40_000, b" ")
    assert decode(plain[:2] + segment + plain[2:]).width == 64
    assert code_of(plain[:2] + segment * 2 + plain[2:]) == "photo-metadata-too-large"
    for kind in ("PNG", "WEBP"):
        exif = PillowImage.Exif()
        exif[Base.ImageDescription] = "x" * 70_000
        assert code_of(saved(picture(), kind, exif=exif)) == "photo-metadata-too-large"


@pytest.mark.parametrize(
    ("long_side", "shape"), [(None, (400, 800)), (640, (400, 800)), (400, (200, 400)), (50, (50, 100))]
)
def test_reduced_scale_keeps_the_full_size_on_record(long_side: int | None, shape: tuple[int, int]):
    photo = decode(saved(picture(800, 400), "JPEG"), long_side=long_side)
    assert photo.image.shape == (*shape, 3)
    assert (photo.width, photo.height) == (800, 400)
    np.testing.assert_allclose(photo.image[shape[0] // 2, 3], RED, atol=4)

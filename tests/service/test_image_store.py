"""Every kind of image store passes the same tests."""

import uuid

import pytest

from service.image_store import ImageStore


@pytest.fixture(params=["folder", "memory"])
def images(request, tmp_path):
    return ImageStore(f"file://{tmp_path}/photos" if request.param == "folder" else f"memory://{uuid.uuid4().hex}")


def test_a_picture_comes_back(images):
    assert images.keys() == []
    images.put("captures/ab/1.jpg", b"one")
    images.put("captures/cd/2.jpg", b"two")
    images.put("captures/ab/1.jpg", b"one again")
    assert images.get("captures/ab/1.jpg") == b"one again"
    assert images.keys() == ["captures/ab/1.jpg", "captures/cd/2.jpg"]


def test_a_picture_is_deleted(images):
    images.put("captures/ab/1.jpg", b"one")
    images.delete("captures/ab/1.jpg")
    images.delete("captures/ab/1.jpg")
    assert images.keys() == []
    with pytest.raises(FileNotFoundError):
        images.get("captures/ab/1.jpg")


def test_a_picture_is_written_while_something_else_is_done(images):
    with images.putting("1.jpg", b"one"):
        pass
    assert images.get("1.jpg") == b"one"


def test_no_picture_stays_of_what_failed_meanwhile(images):
    with pytest.raises(RuntimeError, match="model"), images.putting("1.jpg", b"one"):
        raise RuntimeError("the model broke")
    assert images.keys() == []


def test_a_picture_that_cannot_be_written_is_told_after_the_block(images, monkeypatch):
    def fail(*_: object) -> None:
        raise OSError("no space left")

    monkeypatch.setattr(images, "put", fail)
    done = []
    with pytest.raises(OSError, match="no space"), images.putting("1.jpg", b"one"):
        done.append("looked")
    assert done == ["looked"]


def test_a_failed_write_leaves_the_old_picture_and_nothing_else(tmp_path, monkeypatch):
    images = ImageStore(f"file://{tmp_path}/photos")
    images.put("1.jpg", b"old")

    def fail(_descriptor: int) -> None:
        raise OSError("no space left")

    monkeypatch.setattr("os.fsync", fail)
    with pytest.raises(OSError, match="no space"):
        images.put("1.jpg", b"new")
    assert images.keys() == ["1.jpg"]
    assert images.get("1.jpg") == b"old"

"""Views out of clips."""

import cv2
import numpy as np
import pytest

from vision.clips import clip_views
from vision.decoding import BadPhoto


@pytest.fixture
def make_clip(tmp_path):
    """Make an MP4 of 64 x 48 whose frames show a checkered board in these greys, blurred where that is negative."""

    def make(greys, fps=10):
        path = tmp_path / "clip.mp4"
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, (320, 240))
        for grey in greys:
            board = np.kron(np.indices((12, 16)).sum(0) % 2, np.ones((20, 20))).astype(np.uint8) * abs(grey)
            frame = cv2.GaussianBlur(board, (0, 0), 6) if grey < 0 else board
            writer.write(np.dstack([frame] * 3))
        writer.release()
        return path.read_bytes()

    return make


def test_views_are_spread_over_the_clip(make_clip):
    views = clip_views(make_clip([100] * 40), most=8)
    assert [view.frame // 5 for view in views] == [0, 1, 2, 3, 4, 5, 6, 7]
    assert views[0].image.shape == (240, 320, 3)


def test_of_each_part_the_sharpest_frame_is_taken(make_clip):
    views = clip_views(make_clip([-200, -200, 200, 200, -200, -200]), most=2)
    assert [view.frame for view in views] == [2, 3]


def test_a_single_frame_is_a_view(make_clip):
    assert [view.frame for view in clip_views(make_clip([100]), most=8)] == [0]


@pytest.mark.parametrize(
    ("data", "code"),
    [(b"not a clip at all", "clip-type"), (b"\0\0\0\x18ftypisom" + bytes(200), "clip-unreadable")],
)
def test_what_is_no_clip_is_refused(data, code):
    with pytest.raises(BadPhoto) as refused:
        clip_views(data, most=8)
    assert refused.value.code == code


def test_a_clip_cut_off_gives_the_frames_that_came(make_clip):
    clip = make_clip([100] * 40)
    with pytest.raises(BadPhoto) as refused:  # an MP4 keeps its index at its end
        clip_views(clip[: len(clip) // 2], most=8)
    assert refused.value.code == "clip-unreadable"


def test_a_long_clip_is_refused(make_clip):
    with pytest.raises(BadPhoto) as refused:
        clip_views(make_clip([100] * 901, fps=30), most=8)
    assert refused.value.code == "clip-too-long"

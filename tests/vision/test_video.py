"""Frames, motion, tracks, covers and cuts of clips."""

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.boxes import Boxes
from vision.faces import FaceFinder, FaceModelMissing, find_face_model
from vision.video.cutting import cut_into_pieces
from vision.video.faces import covered, covers, find_closely
from vision.video.frames import BadVideo, is_video, sampled_frames
from vision.video.motion import find_motion, scene_cuts, small_grey
from vision.video.pieces import Clip, pieces_of
from vision.video.tracks import enlarged, track_boxes

NOTHING = np.zeros((0, 4), np.float32)


def boxes(*given: tuple[float, float, float, float]) -> Boxes:
    return np.array(given, np.float32).reshape(-1, 4)


# --- frames ---


@pytest.fixture
def make_clip(tmp_path):
    """Make an MP4 whose frames are grey: `make_clip([10, 20], fps=8)`."""

    def make(greys, fps=8, size=(64, 48), name="clip.mp4"):
        path = tmp_path / name
        writer = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"mp4v"), fps, size)
        for grey in greys:
            writer.write(np.full((size[1], size[0], 3), grey, np.uint8))
        writer.release()
        return path

    return make


def test_frames_come_at_equal_distances(make_clip):
    frames = list(sampled_frames(make_clip([100] * 40, fps=8), 2, 640, 60))
    assert [frame.at for frame in frames] == [0, 0.5, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5]
    assert frames[0].image.shape == (48, 64, 3)


def test_of_a_slow_clip_every_frame_comes_once(make_clip):
    assert [frame.at for frame in sampled_frames(make_clip([100] * 4, fps=2), 10, 640, 60)] == [0, 0.5, 1, 1.5]


def test_large_frames_are_made_small(make_clip):
    (frame, *_) = sampled_frames(make_clip([100] * 2, size=(640, 360)), 4, 320, 60)
    assert frame.image.shape == (180, 320, 3)


def test_a_long_clip_is_refused_when_that_much_is_read(make_clip):
    with pytest.raises(BadVideo, match=r"longer than 0\.05 minutes"):
        list(sampled_frames(make_clip([100] * 40, fps=8), 2, 640, 3))


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"#EXTM3U\nfile:///etc/passwd\n", "neither MP4 nor WebM"),
        (b"\0\0\0\x18ftypisom" + bytes(200), "no frame"),
    ],
)
def test_what_is_no_video_is_refused(tmp_path, data, message):
    path = tmp_path / "clip.mp4"
    path.write_bytes(data)
    with pytest.raises(BadVideo, match=message):
        list(sampled_frames(path, 4, 640, 60))


def test_a_video_is_known_by_its_first_bytes():
    assert is_video(b"\0\0\0\x20ftypisom")
    assert is_video(b"\x1aE\xdf\xa3\x01\0\0\0\0\0\0\0")
    assert not is_video(b"#EXTM3U\n\n\n\n\n")
    assert not is_video(b"")


# --- tracks ---


def test_a_track_follows_what_overlaps_and_survives_a_gap():
    frames = [boxes((0, 0, 10, 10)), NOTHING, boxes((1, 0, 11, 10), (50, 0, 60, 10)), boxes((50, 1, 60, 11))]
    first, second = track_boxes(frames, most_gap=2)
    assert (first.id, list(first.boxes), first.first, first.last) == (1, [0, 2], 0, 2)
    assert (second.id, list(second.boxes)) == (2, [2, 3])


def test_a_track_that_is_missed_too_long_is_over():
    frames = [boxes((0, 0, 10, 10)), NOTHING, NOTHING, boxes((0, 0, 10, 10))]
    assert [list(track.boxes) for track in track_boxes(frames, most_gap=2)] == [[0], [3]]
    assert [list(track.boxes) for track in track_boxes(frames, most_gap=3)] == [[0, 3]]


def test_nothing_is_followed_into_another_scene():
    frames = [boxes((0, 0, 10, 10))] * 4
    assert [list(track.boxes) for track in track_boxes(frames, most_gap=9, cuts=[2])] == [[0, 1], [2, 3]]


def test_reach_links_what_is_small_and_quick():
    frames = [boxes((0, 0, 10, 10)), boxes((12, 0, 22, 10))]
    assert len(track_boxes(frames, most_gap=1)) == 2
    assert len(track_boxes(frames, most_gap=1, reach=3)) == 1


def test_of_two_boxes_the_one_that_overlaps_more_is_the_same():
    frames = [boxes((0, 0, 10, 10)), boxes((4, 0, 14, 10), (1, 0, 11, 10))]
    first, second = track_boxes(frames, most_gap=1)
    assert first.boxes[1].tolist() == [1, 0, 11, 10]
    assert second.boxes[1].tolist() == [4, 0, 14, 10]


def test_enlarged_boxes_keep_their_centres():
    assert enlarged(boxes((10, 20, 20, 40)), 2).tolist() == [[5, 10, 25, 50]]


# --- covers ---


def inside(inner: Boxes, outer: Boxes) -> bool:
    return bool((outer[:2] <= inner[:2]).all() and (outer[2:] >= inner[2:]).all())


def test_a_closer_look_gives_places_in_the_image_itself():
    seen = []
    found = find_closely(
        lambda image: seen.append(image.shape) or boxes((30, 15, 60, 45)), np.zeros((40, 60, 3), np.uint8)
    )
    assert (seen, found.tolist()) == ([(60, 90, 3)], [[20, 10, 40, 30]])


def test_a_face_is_covered_with_its_hair_and_chin():
    (cover,) = covers([boxes((10, 10, 30, 30))], 4)
    assert cover.tolist() == [[0, 0, 40, 40]]


def test_a_face_that_is_missed_is_covered_where_it_must_have_been():
    """It moves 8 pixels a frame, is found in frames 4 and 8, and is really at the places between."""
    found = [NOTHING] * 14
    found[4], found[8] = boxes((40, 40, 60, 60)), boxes((72, 40, 92, 60))
    covered_at = covers(found, 4)
    for number in range(3, 10):
        (cover,) = covered_at[number]
        assert inside(np.array([8 * number + 8, 40, 8 * number + 28, 60]), cover), number
    assert [len(one) for one in covered_at] == [1] * 13 + [0]  # a second before, a second after, no further


def test_no_cover_reaches_into_another_scene():
    found = [NOTHING, NOTHING, NOTHING, boxes((10, 10, 30, 30)), NOTHING, NOTHING]
    assert [len(one) for one in covers(found, 4, cuts=[3, 5])] == [0, 0, 0, 1, 1, 0]


def test_a_face_that_is_missed_too_long_is_not_covered_in_between():
    found = [boxes((10, 10, 30, 30)), *[NOTHING] * 7, boxes((10, 10, 30, 30))]
    assert [len(one) for one in covers(found, 1, bridge_seconds=6)] == [1, 1, 1, 0, 0, 0, 1, 1, 1]


@given(
    st.lists(
        st.lists(st.tuples(*[st.integers(0, 90)] * 2, *[st.integers(1, 40)] * 2), max_size=3), min_size=1, max_size=12
    )
)
def test_every_face_that_is_found_is_covered(frames):
    found = [boxes(*[(x, y, x + w, y + h) for x, y, w, h in one]) for one in frames]
    for faces, hidden in zip(found, covers(found, 4, cuts=[5]), strict=True):
        assert all(any(inside(face, cover) for cover in hidden) for face in faces)


def test_a_cover_is_of_one_colour_and_ends_at_the_border():
    image = np.random.default_rng(0).integers(0, 256, (60, 80, 3), dtype=np.uint8)
    hidden = covered(image, boxes((-10, 10, 20, 30), (70, 50, 200, 200)))
    assert (hidden[10:31, 0:21] == 128).all()
    assert (hidden[50:, 70:] == 128).all()
    assert np.array_equal(hidden[:10], image[:10])
    assert covered(image, NOTHING) is image


def test_a_real_face_is_covered_in_every_frame_it_crosses(shop_data, tmp_path):
    """The man behind the can walks through a clip and turns away for a second in its middle: no frame shows him."""
    try:
        model = find_face_model()
    except FaceModelMissing as missing:
        pytest.skip(str(missing))
    photo = cv2.imread(str(next(shop_data.glob("beverage3/*/images/IMG_2440*.jpg"))))
    face = cv2.resize(photo[50:105, 25:80], (110, 110), interpolation=cv2.INTER_CUBIC)
    finder = FaceFinder(model, long_side=640, confidence=0.2, threads=1, precision="f32")
    frames, places = [], []
    for number in range(24):
        image = np.full((240, 480, 3), 120, np.uint8)
        x = 10 + 14 * number
        image[60:170, x : x + 110] = face
        if 10 <= number < 14:  # he looks down: nothing that the finder knows, and still his head
            image[60:170, x : x + 110] = cv2.GaussianBlur(face, (0, 0), 9)
        frames.append(cv2.cvtColor(image, cv2.COLOR_BGR2RGB))
        places.append((x + 30, 80, x + 76, 134))  # of the face itself
    found = [finder.find(frame) for frame in frames]
    assert sum(len(one) > 0 for one in found) >= 18
    assert any(len(one) == 0 for one in found[10:14])
    for number, (frame, cover, place) in enumerate(zip(frames, covers(found, 4), places, strict=True)):
        hidden = covered(frame, cover)
        assert len(finder.find(hidden)) == 0, number
        x1, y1, x2, y2 = place
        assert (hidden[y1:y2, x1:x2] == 128).mean() > 0.95, number


# --- motion ---


def scene(place: int | None = None, light: int = 0) -> np.ndarray:
    """A wall of 320 x 240 with a pattern, before which a person of 40 x 100 stands at `place`."""
    image = np.full((240, 320, 3), 90 + light, np.uint8)
    image[::20] += 40
    if place is not None:
        cv2.rectangle(image, (place, 80), (place + 39, 179), (220, 210, 200), cv2.FILLED)
    return image


def test_what_moves_is_found_where_it_is():
    places = [None] * 10 + [40, 80, 120, 160] + [None] * 10
    motion = find_motion([small_grey(scene(place)) for place in places], (320, 240))
    assert motion.cuts == ()
    assert [len(found) for found in motion.boxes] == [int(place is not None) for place in places]
    np.testing.assert_allclose(motion.boxes[11][0], (80, 80, 120, 180), atol=9)
    assert motion.shares[11] == pytest.approx(40 * 100 / (320 * 240), rel=0.25)
    assert motion.shares[0] == 0


def test_a_lamp_that_is_switched_on_does_not_move():
    motion = find_motion([small_grey(scene(light=light)) for light in [0] * 10 + [30] * 3], (320, 240))
    assert motion.shares.max() < 0.01


def test_another_scene_begins_where_brightness_is_spread_otherwise():
    other = np.tile(np.linspace(0, 255, 320).astype(np.uint8)[None, :, None], (240, 1, 3))
    assert scene_cuts([small_grey(image) for image in (scene(), scene(100), other, other, scene())]) == (2, 4)


# --- cuts ---


def shares(text: str) -> np.ndarray:
    """A frame each: a dot is still, anything else moves, a digit by so many hundredths."""
    return np.array([0 if one == "." else int(one) / 100 for one in text], np.float32)


@pytest.mark.parametrize(
    ("moving", "cuts", "expected"),
    [
        ("..........", (), []),
        (".....55........", (), [(4, 8)]),
        (".....5.5..........5....", (), [(4, 9), (17, 20)]),
        ("5...5......", (), [(0, 6)]),  # a short rest is kept
        ("....55....", (5,), [(3, 5), (5, 7)]),
        ("999999919999", (), [(0, 7), (7, 12)]),  # where least happens
    ],
)
def test_pieces_hold_what_moves(moving, cuts, expected):
    pieces = cut_into_pieces(shares(moving), 1, cuts=cuts, most_seconds=10)
    assert [(piece.start, piece.stop) for piece in pieces] == expected


def test_frames_may_be_kept_although_nothing_moves():
    also = np.array([one == "x" for one in "......x....."])
    assert cut_into_pieces(shares("............"), 1, also=also) == [range(5, 8)]


@given(st.text(".19", min_size=1, max_size=120), st.integers(2, 15), st.sets(st.integers(1, 119), max_size=4))
def test_pieces_are_short_in_order_and_hold_everything_that_moves(moving, most, cuts):
    cuts = {cut for cut in cuts if cut < len(moving)}
    pieces = cut_into_pieces(shares(moving), 2, cuts=cuts, most_seconds=most / 2)
    numbers = [number for piece in pieces for number in piece]
    assert numbers == sorted(set(numbers))
    assert all(0 < len(piece) <= most for piece in pieces)
    assert {number for number, one in enumerate(moving) if one != "."} <= set(numbers)
    assert not any(piece.start < cut < piece.stop for piece in pieces for cut in cuts)


def test_a_track_keeps_its_number_over_cuts():
    """Somebody walks for 12 seconds, and pieces last 5 at most: all of them name the same track."""
    places = [None] * 20 + [int(5 * number) for number in range(48)] + [None] * 60
    greys = [small_grey(scene(place)) for place in places]
    motion = find_motion(greys, (320, 240))
    times = tuple(number / 4 for number in range(len(places)))
    spans = cut_into_pieces(motion.shares, 4, most_seconds=5)
    pieces = pieces_of(Clip(times, 4.0, (320, 240), motion, [NOTHING] * len(places)), spans)
    assert len(pieces) == 3
    assert [[track["id"] for track in piece.tracks] for piece in pieces] == [[1], [1], [1]]
    (first,) = pieces[0].tracks
    assert (first["since"], first["until"]) == (5.0, 16.75)
    number, *box = first["boxes"][0]
    assert (pieces[0].frames[number], len(box)) == (20, 4)
    assert pieces[0].features["tracks"] == 1
    assert pieces[0].features["longest_stay"] == 11.75
    assert pieces[-1].ends == times[pieces[-1].frames[-1] + 1]

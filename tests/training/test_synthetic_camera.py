import cv2
import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from retail.boxes import DetectionKind
from retail.conditions import ViewingAngle
from training.synthetic.camera import apply, choose_view
from training.synthetic.canvas import Canvas
from training.synthetic.fixtures import rectangle
from training.synthetic.things import Thing
from training.synthetic.truth import visible

BAY = (120.0, 200.0)


@given(st.integers(0, 10_000), st.sampled_from(list(ViewingAngle)))
@settings(max_examples=60, deadline=None)
def test_the_yaw_falls_into_its_bin_and_the_bay_is_in_the_picture(seed: int, angle: ViewingAngle) -> None:
    view = choose_view(np.random.default_rng(seed), BAY, angle, 640)

    assert ViewingAngle.from_degrees(view.yaw) is angle
    assert max(view.size) == 640
    seen = view.seen_plane()
    assert seen[:, 0].min() < 90
    assert seen[:, 0].max() > 30


@given(st.integers(0, 10_000), st.sampled_from(list(ViewingAngle)))
@settings(max_examples=60, deadline=None)
def test_what_is_in_the_middle_is_foreshortened_by_the_cosine_of_the_slant(seed: int, angle: ViewingAngle) -> None:
    view = choose_view(np.random.default_rng(seed), BAY, angle, 640)
    back = np.asarray(np.linalg.inv(view.homography), np.float64)
    middle = np.array(view.size) / 2
    x, y = apply(back, middle[None])[0]
    steps = apply(view.homography, np.array([(x, y), (x + 0.01, y), (x, y + 0.01)]))

    long, short = np.linalg.svd((steps[1:] - steps[0]).T / 0.01, compute_uv=False)

    eye_x, eye_y, distance = view.eye
    away = np.linalg.norm([x - eye_x, y - eye_y, distance])
    assert short / long == pytest.approx(distance / away, rel=0.01)
    assert long == pytest.approx(view.pixels_per_cm * np.hypot(x - eye_x, distance) / away, rel=0.01)


@given(st.integers(0, 10_000), st.sampled_from(list(ViewingAngle)))
@example(230, ViewingAngle.STEEP)
@example(525, ViewingAngle.FRONTAL)
@settings(max_examples=30, deadline=None)
def test_a_box_is_tight_around_a_distinct_panel_seen_in_perspective(seed: int, angle: ViewingAngle) -> None:
    view = choose_view(np.random.default_rng(seed), BAY, angle, 480)
    back = np.asarray(np.linalg.inv(view.homography), np.float64)
    x, y = apply(back, np.array(view.size)[None] / 2)[0]  # or the panel may stand outside the picture
    panel = rectangle(x - 8, y - 10, x + 8, y + 10, 5.0)
    canvas = Canvas.for_view(view, (-500, -500, 700, 700), (0, 0, 0))
    canvas.fill(panel, (255, 0, 255), ident=1)
    image, ids = canvas.to_picture()

    _, boxes = visible([Thing(DetectionKind.FACING, "bay", canvas.area_in_picture(panel))], ids)

    rows, columns = np.nonzero(image[..., 0] > 127)
    drawn = [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]
    projected = view.to_picture(view.to_plane(panel))
    width, height = view.size
    picture = np.array([(0, 0), (width, 0), (width, height), (0, height)], np.float32)
    shown = cv2.intersectConvexConvex(projected.astype(np.float32), picture)[1].reshape(-1, 2)
    corners = [*shown.min(axis=0), *shown.max(axis=0)]
    # A box is as exact as the canvas it was painted on; in a close-up a pixel of it covers up to three of the picture.
    spread = max(1.0, (np.ptp(projected, axis=0) / (canvas.scale * np.array([16, 20]))).max())
    assert boxes[0] == pytest.approx(drawn, abs=1.5 * spread)
    assert boxes[0] == pytest.approx(corners, abs=2.5 * spread)


def test_a_pasted_picture_fills_exactly_its_place_on_the_canvas() -> None:
    view = choose_view(np.random.default_rng(4), BAY, ViewingAngle.FRONTAL, 640)
    canvas = Canvas.for_view(view, (0.0, 0.0, 120.0, 200.0), (10, 10, 10))
    magenta = np.full((64, 32, 4), (255, 0, 255, 255), np.uint8)
    x, y = np.round(np.array(canvas.ids.shape[::-1]) / 2) / canvas.scale + canvas.origin
    side = 20 / canvas.scale

    canvas.paste(magenta, np.array([(x, y, 0), (x + side, y, 0), (x, y + 2 * side, 0)]), 0.5, ident=3)

    rows, columns = np.nonzero(canvas.ids == 3)
    assert (columns.max() + 1 - columns.min(), rows.max() + 1 - rows.min()) == (20, 40)
    assert canvas.colours[rows[400], columns[400]] == pytest.approx([128, 0, 128], abs=1)
    assert canvas.colours[rows[0] - 2, columns[0]].tolist() == [10, 10, 10]


def test_what_is_hidden_or_too_small_has_no_box() -> None:
    ids = np.zeros((40, 40), np.uint16)
    ids[0:10, 0:10] = 1  # 100 of 200 pixels show
    ids[20:30, 0:6] = 2  # 60 of 200
    ids[0:3, 20:40] = 3  # all of it, but only 3 pixels tall
    things = [Thing(DetectionKind.FACING, "bay", whole) for whole in (200.0, 200.0, 60.0)]

    kept, boxes = visible(things, ids)

    assert kept == [things[0]]
    assert boxes.tolist() == [[0, 0, 10, 10]]


def test_a_photo_without_things_has_no_boxes() -> None:
    kept, boxes = visible([], np.zeros((8, 8), np.uint16))

    assert kept == []
    assert boxes.shape == (0, 4)

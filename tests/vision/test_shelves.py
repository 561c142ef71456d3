import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retail.boxes import DetectionKind
from vision.perspective import RowPerspective
from vision.shelves import NO_SHELF, Shelves, find_shelves

FACING, SHELF, TAG = DetectionKind.FACING, DetectionKind.SHELF, DetectionKind.TAG
SIZE = (1000, 800)


def found(facings, edges=(), size=SIZE) -> Shelves:
    boxes = np.array([*facings, *edges], np.float32).reshape(-1, 4)
    return find_shelves(boxes, [FACING] * len(facings) + [SHELF] * len(edges), size)


def standing(foot: float, lefts: list[float], width: float = 60, height: float = 100) -> list[list[float]]:
    return [[left, foot - height, left + width, foot] for left in lefts]


def test_shelves_count_from_the_top_and_places_from_the_left():
    facings = [*standing(700, [300, 100]), *standing(200, [500, 200, 350])]
    shelves = found(facings, [[50, 200, 950, 220], [50, 700, 950, 720]])
    assert shelves.numbers.tolist() == [1, 1, 0, 0, 0, NO_SHELF, NO_SHELF]
    assert shelves.places.tolist() == [1, 0, 2, 0, 1, NO_SHELF, NO_SHELF]
    assert shelves.order.tolist() == [3, 4, 2, 1, 0, 5, 6]
    assert shelves.lines.round().tolist() == [[50, 210, 950, 210], [50, 710, 950, 710]]
    assert shelves.line_numbers.tolist() == [0, 1]


def test_without_edges_level_feet_make_a_shelf():
    facings = [*standing(200, [100, 170, 240]), *standing(450, [100, 170, 240], height=60), *standing(700, [120, 200])]
    shelves = found(facings)
    assert shelves.numbers.tolist() == [0, 0, 0, 1, 1, 1, 2, 2]
    assert shelves.lines.round().tolist() == [[100, 200, 300, 200], [100, 450, 300, 450], [120, 700, 260, 700]]


@pytest.mark.parametrize("edges", [[], [[50, 600, 950, 620]]])
def test_a_stack_is_on_one_shelf_and_counts_from_its_top(edges):
    facings = [*standing(600, [100, 200], height=80), *standing(518, [104, 196], height=80), *standing(600, [300, 370])]
    shelves = found(facings, edges)
    assert shelves.numbers[:6].tolist() == [0] * 6
    assert shelves.places[:6].tolist() == [1, 3, 0, 2, 4, 5]


@pytest.mark.parametrize(("edges", "numbers"), [([], [1, 1, 0, 0]), ([[50, 600, 950, 620]], [0, 0, 0, 0])])
def test_a_gap_between_two_is_a_stack_only_where_an_edge_between_them_would_have_been_found(edges, numbers):
    facings = [*standing(600, [100, 200]), *standing(485, [100, 200])]
    assert found(facings, edges).numbers[:4].tolist() == numbers


def test_an_edge_between_two_that_touch_makes_them_two_shelves():
    facings = [*standing(300, [100, 200, 300]), *standing(405, [100, 200, 300])]
    assert found(facings, [[50, 298, 950, 306], [50, 405, 950, 425]]).numbers[:6].tolist() == [0, 0, 0, 1, 1, 1]


def test_a_missing_edge_is_made_up_for_by_the_row():
    facings = [*standing(200, [100, 200, 300]), *standing(450, [100, 200, 300]), *standing(700, [100, 200, 300])]
    shelves = found(facings, [[50, 200, 950, 220], [50, 700, 950, 720]])
    assert shelves.numbers[:9].tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert shelves.line_numbers.tolist() == [0, 1, 2]


def test_what_stands_at_the_back_or_hangs_belongs_to_the_edge_below():
    shelves = found([*standing(600, [100, 200]), *standing(480, [600, 700], height=70)], [[50, 600, 950, 620]])
    assert shelves.numbers[:4].tolist() == [0, 0, 0, 0]
    assert len(shelves.lines) == 1


def test_an_empty_shelf_counts_between_others_but_not_at_the_ends():
    facings = [*standing(200, [100, 200]), *standing(700, [100, 200])]
    edges = [[50, 20, 950, 40], [50, 200, 950, 220], [50, 450, 950, 470], [50, 700, 950, 720], [50, 780, 950, 790]]
    shelves = found(facings, edges)
    assert shelves.numbers[:4].tolist() == [0, 0, 2, 2]
    assert shelves.line_numbers.tolist() == [0, 1, 2]


def test_two_boxes_around_one_edge_are_one_shelf():
    facings = [*standing(200, [100, 200, 700]), *standing(500, [100, 200, 700])]
    edges = [[50, 200, 950, 220], [500, 212, 950, 240], [50, 500, 950, 520]]
    assert found(facings, edges).line_numbers.tolist() == [0, 1]


def test_a_shelf_without_edge_is_one_line_across_a_stretch_where_nothing_stands():
    shelves = found([*standing(200, [100, 170, 240]), *standing(206, [700, 770])])
    assert shelves.numbers.tolist() == [0] * 5
    assert shelves.places.tolist() == [0, 1, 2, 3, 4]
    (line,) = shelves.lines.tolist()
    assert line == pytest.approx([100, 202, 830, 202], abs=3)


def test_bays_side_by_side_are_counted_each_from_its_own_top():
    left = [*standing(300, [50, 150, 250]), *standing(600, [50, 150, 250])]
    right = [row for foot in (200, 400, 700) for row in standing(foot, [550, 650, 750])]
    edges = [[0, foot, 480, foot + 20] for foot in (300, 600)] + [
        [500, foot, 1000, foot + 20] for foot in (200, 400, 700)
    ]
    shelves = found([*left, *right], edges)
    assert shelves.numbers[:15].tolist() == [0, 0, 0, 1, 1, 1, 0, 0, 0, 1, 1, 1, 2, 2, 2]
    assert shelves.line_numbers.tolist() == [0, 0, 1, 1, 2]
    assert shelves.places[:15].tolist() == [0, 1, 2, 0, 1, 2, 3, 4, 5, 3, 4, 5, 0, 1, 2]


def two_bays():
    """Shelves of a left bay and of a right one, and edges to stand on."""
    feet = {0: (300, 600), 520: (200, 400, 700)}
    facings = [
        row for left, levels in feet.items() for foot in levels for row in standing(foot, [left + 50, left + 250])
    ]
    return facings, [[left, foot, left + 480, foot + 20] for left, levels in feet.items() for foot in levels]


def test_one_box_around_the_edges_of_two_bays_is_one_shelf_of_each():
    facings, edges = two_bays()
    beside = [*standing(780, [100, 300], height=60), *standing(780, [600, 800], height=60)]
    shelves = found([*facings, *beside], [*edges, [10, 780, 990, 795]])
    assert shelves.numbers[:14].tolist() == [0, 0, 1, 1, 0, 0, 1, 1, 2, 2, 2, 2, 3, 3]


def test_a_row_without_edge_is_one_shelf_of_each_bay():
    facings, edges = two_bays()
    beside = standing(799, [100, 250, 400, 550, 700, 850], height=70)
    shelves = found([*facings, *beside], edges)
    assert shelves.numbers[10:16].tolist() == [2, 2, 2, 3, 3, 3]


def test_one_alone_hangs_above_what_stands_below_it():
    shelves = found([*standing(600, [170, 240]), *standing(400, [200])], [[50, 600, 950, 620]])
    assert shelves.numbers[:3].tolist() == [1, 1, 0]


def test_what_is_small_and_far_back_on_a_deep_shelf_stands_on_it():
    shelves = found([*standing(600, [100, 200]), *standing(450, [500, 560, 620], height=40)], [[50, 600, 950, 620]])
    assert shelves.numbers[:5].tolist() == [0] * 5


def test_other_kinds_come_last_and_stand_on_nothing():
    boxes = np.array([[50, 205, 90, 215], [100, 100, 160, 200]], np.float32)
    shelves = find_shelves(boxes, [TAG, FACING], SIZE)
    assert shelves.numbers.tolist() == [NO_SHELF, 0]
    assert shelves.order.tolist() == [1, 0]


@pytest.mark.parametrize("edges", [[], [[0, 100, 1000, 120], [0, 400, 1000, 420]]])
def test_a_photo_without_facings_has_no_shelves(edges):
    shelves = found([], edges)
    assert shelves.lines.shape == (0, 4)
    assert shelves.order.tolist() == list(range(len(edges)))


def seen(roll: float, yaw: float) -> tuple[np.ndarray, list[DetectionKind], np.ndarray, np.ndarray]:
    """Four shelves of equal packs and their edges, seen from 2.5 m by a camera that is tilted and looks sideways.

    Returns boxes, kinds, and the shelf and the place of each, NO_SHELF for edges.
    """
    sine, cosine = np.sin(np.radians(yaw)), np.cos(np.radians(yaw))
    focal, turn = 900.0, np.radians(roll)

    def box(left: float, top: float, right: float, bottom: float) -> list[float]:
        x, y = np.array([left, right, right, left]), np.array([top, top, bottom, bottom])
        away = 2.5 + x * sine
        u, v = focal * x * cosine / away, focal * y / away
        u, v = u * np.cos(turn) - v * np.sin(turn) + 500, u * np.sin(turn) + v * np.cos(turn) + 400
        return [u.min(), v.min(), u.max(), v.max()]

    boxes, kinds, shelves, places = [], [], [], []
    for shelf, foot in enumerate((-0.5, -0.1, 0.25, 0.7)):
        for place in range(11):
            left = -0.7 + 0.12 * place
            boxes.append(box(left, foot - 0.22, left + 0.09, foot))
            kinds, shelves, places = [*kinds, FACING], [*shelves, shelf], [*places, place]
        boxes.append(box(-0.75, foot, 0.65, foot + 0.04))
        kinds, shelves, places = [*kinds, SHELF], [*shelves, NO_SHELF], [*places, NO_SHELF]
    return np.array(boxes, np.float32), kinds, np.array(shelves), np.array(places)


@settings(max_examples=50, deadline=None)
@given(st.floats(-25, 25), st.floats(-40, 40), st.booleans(), st.randoms(use_true_random=False))
def test_no_tilt_and_no_yaw_confuses_shelves(roll, yaw, with_edges, random):
    boxes, kinds, shelves, places = seen(roll, yaw)
    rows = [row for row, kind in enumerate(kinds) if with_edges or kind is FACING]
    random.shuffle(rows)
    read = find_shelves(boxes[rows], [kinds[row] for row in rows], SIZE)
    assert read.numbers.tolist() == shelves[rows].tolist()
    assert read.places.tolist() == places[rows].tolist()
    assert len(read.lines) == 4
    assert (read.lines >= 0).all()
    assert (read.lines <= [1000, 800, 1000, 800]).all()


@pytest.mark.parametrize("roll", [-20, 0, 20])
def test_lines_run_as_the_shelves_do(roll):
    boxes, kinds, _, _ = seen(roll, 0)
    x1, y1, x2, y2 = find_shelves(boxes, kinds, SIZE).lines[1]
    assert np.degrees(np.arctan2(y2 - y1, x2 - x1)) == pytest.approx(roll, abs=1)


@pytest.mark.parametrize("yaw", [-30, 0, 30])
@pytest.mark.parametrize("roll", [-20, 0, 20])
def test_perspective_is_estimated_from_neighbours(roll, yaw):
    boxes, kinds, _, _ = seen(roll, yaw)
    perspective = RowPerspective.estimate(boxes[[kind is FACING for kind in kinds]], SIZE)
    assert np.degrees(perspective.tilt) == pytest.approx(roll, abs=1.5)
    assert np.degrees(np.arctan(perspective.fan * 900)) == pytest.approx(-yaw, abs=4)


@settings(deadline=None)
@given(st.floats(-0.6, 0.6), st.floats(-0.0008, 0.0008), st.floats(0, 1000), st.floats(0, 800))
def test_the_plane_and_the_photo_map_both_ways(tilt, fan, x, y):
    perspective, point = RowPerspective(SIZE, tilt, fan), np.array([[x, y]])
    np.testing.assert_allclose(perspective.to_photo(perspective.to_plane(point)), point, atol=1e-6)


@pytest.mark.parametrize("facings", [0, 1])
def test_too_few_facings_are_taken_as_seen_straight(facings):
    boxes = np.array([[0, 0, 50, 80]] * facings, np.float32).reshape(-1, 4)
    assert RowPerspective.estimate(boxes, SIZE) == RowPerspective(SIZE, 0.0, 0.0)

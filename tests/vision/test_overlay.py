import numpy as np
import pytest

from retail.boxes import DetectionKind
from retail.compliance import Verdict
from vision.overlay import VERDICT_COLOURS, Mark, draw, uncertainty_colours

FACING, SHELF, TAG, GAP = DetectionKind.FACING, DetectionKind.SHELF, DetectionKind.TAG, DetectionKind.GAP


def drawn(*marks: Mark, shelves=(), width: int = 400, height: int = 300) -> np.ndarray:
    return draw(np.zeros((height, width, 3), np.uint8), marks, shelves)


def test_ramp_runs_from_teal_through_sand_to_orange():
    colours = uncertainty_colours(np.array([0, 0.5, 1, 0.25], np.float32))
    assert colours.tolist() == [[0, 128, 128], [222, 203, 164], [230, 97, 1], [111, 166, 146]]


@pytest.mark.parametrize(("unsure", "colour"), [(0.0, (0, 128, 128)), (1.0, (230, 97, 1))])
def test_a_facing_has_a_frame_of_its_uncertaintys_colour_and_an_untouched_inside(unsure, colour):
    canvas = drawn(Mark((200, 50, 300, 150), FACING, unsure))
    np.testing.assert_allclose(canvas[100, 200], colour, atol=40)  # the line is smoothed
    assert not canvas[60:140, 210:290].any()


def test_gap_is_crossed_out_and_shelf_edge_is_thicker_than_tag():
    assert drawn(Mark((200, 50, 300, 150), GAP, 0))[100, 250].any()
    shelf, tag = (
        drawn(Mark((200, 100, 390, 200), kind, 0), width=1280, height=960)[190:211, 350].any(-1).sum()
        for kind in (SHELF, TAG)
    )
    assert shelf > tag > 0


def test_named_products_are_labelled_and_plain_ones_are_not():
    named, plain = (drawn(Mark((200, 50, 300, 150), FACING, 0, label)) for label in ("04006381333931", ""))
    assert (named[52:60, 202:240] == 255).any()
    assert not (plain[52:60, 202:240] == 255).any()


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_verdict_colours_the_frame_and_is_told_by_a_letter_too(verdict):
    canvas = drawn(Mark((200, 50, 300, 150), FACING, 1.0, verdict=verdict))
    np.testing.assert_allclose(canvas[100, 200], VERDICT_COLOURS[verdict], atol=40)
    assert (canvas[52:60, 202:212] == 255).any() == (verdict is not Verdict.CORRECT)
    np.testing.assert_array_equal(canvas[-8, 4], VERDICT_COLOURS[verdict], "the legend has it")


def test_the_legend_names_verdicts_instead_of_uncertainty():
    canvas = drawn(Mark((200, 50, 300, 150), FACING, 1.0, verdict=Verdict.CORRECT), Mark((20, 50, 90, 150), GAP, 1.0))
    assert (canvas[285:, 20:80] > 200).any()
    assert not canvas[-1, 119].any(), "no ramp"


def test_a_shelf_is_a_white_line_with_its_number():
    canvas = drawn(shelves=[(2, (100, 120, 390, 140))])
    assert canvas[130, 245].min() > 200
    assert canvas[135, 150].max() < 60
    assert (canvas[110:124, 101:112] > 200).any()


def test_input_is_left_alone_and_legend_is_drawn():
    image = np.zeros((300, 400, 3), np.uint8)
    canvas = draw(image, [], [])
    assert not image.any()
    np.testing.assert_array_equal(canvas[-1, 0], (0, 128, 128))
    np.testing.assert_array_equal(canvas[-1, 119], (230, 97, 1))
    assert (canvas[280:, 130:] > 200).any(), "what was counted"


@pytest.mark.parametrize(("width", "height"), [(1, 1), (20, 10), (2000, 1500)])
def test_any_photo_size_can_be_drawn_on(width: int, height: int):
    mark = Mark((0, 0, width, height), FACING, 0.5, "04006381333931")
    assert drawn(mark, shelves=[(1, (0, 0, width, height))], width=width, height=height).shape == (height, width, 3)

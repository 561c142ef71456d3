"""Interiors: boxes are tight around what shows, labels keep to what can be seen, seeds decide everything."""

from pathlib import Path

import cv2
import numpy as np
import pytest

from retail.boxes import DetectionKind
from training.starter import interiors
from training.starter.cutouts import Cutout, Form, household_things, off_white, pack_shots
from training.starter.easel import Camera, Easel, Light
from training.starter.fittings import upright
from training.starter.hands import reach_in
from training.starter.interiors import draw_interior, paint_interior, put
from training.starter.photos import write_interiors
from training.starter.poses import Posed, pose
from training.synthetic.truth import visible

EYE = np.array([0.0, 0.0, -100.0])
BRIGHT = Light(np.array([[0.0, 0.0, -1.0]]), np.zeros(1), 1.0, 1.0, np.zeros(0), 1.0, (1.0, 1.0, 1.0))
MAGENTA = np.full((40, 20, 4), (250, 0, 250, 255), np.uint8)
SEEDS = range(10)


@pytest.fixture(scope="module")
def cutouts() -> list[Cutout]:
    return household_things()


@pytest.fixture
def easel() -> Easel:
    """A black picture of 200 by 200 pixels, two to the centimetre in the plane z = 0."""
    return Easel.empty(Camera.towards(EYE, np.zeros(3), 0.0, 200.0, (200, 200)), BRIGHT)


def standing(**changes: object) -> Posed:
    details = {"picture": MAGENTA, "width": 20.0, "height": 40.0, "form": Form.VIEW, "lid": (250.0, 0.0, 250.0)}
    return Posed(**{**details, "gain": np.ones(3), "base": 20.0, **changes})  # type: ignore[arg-type]


def test_a_box_is_where_the_thing_stands_and_where_it_is_painted(easel: Easel) -> None:
    put(easel, standing())
    _, boxes = visible(easel.things, easel.ids)
    assert boxes.tolist() == [[80, 60, 120, 140]]
    rows, columns = np.nonzero(easel.colours[..., 0] > 125)
    assert [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1] == [80, 60, 120, 140]


def test_a_turned_box_counts_with_its_side(easel: Easel) -> None:
    put(easel, standing(form=Form.BOX, turned=-0.5, picture=MAGENTA))
    (thing,), boxes = visible(easel.things, easel.ids)
    assert thing.whole == pytest.approx(np.count_nonzero(easel.ids), rel=0.05)
    rows, columns = np.nonzero(easel.ids)
    assert boxes.tolist() == [[columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]]


@pytest.mark.parametrize(("hidden", "labelled"), [(0.6, 1), (0.7, 0)])
def test_what_shows_less_than_35_percent_is_not_labelled(easel: Easel, hidden: float, labelled: int) -> None:
    put(easel, standing())
    easel.fill(upright(-10, -20, -10 + 20 * hidden, 20, 0), (0, 0, 0))
    _, boxes = visible(easel.things, easel.ids)
    assert len(boxes) == labelled
    if labelled:
        assert boxes[0].tolist() == [104, 60, 120, 140]


def test_a_thing_cut_off_by_the_picture_keeps_its_whole_size(easel: Easel) -> None:
    put(easel, standing(x=-46.0))
    assert easel.ids[:, 0].any()
    assert easel.things[0].whole > 1.2 * np.count_nonzero(easel.ids)


def test_glass_hides_nothing_and_a_hand_does(easel: Easel) -> None:
    put(easel, standing())
    before = np.count_nonzero(easel.ids)
    easel.fill(upright(-50, -50, 50, 50, -1), (255, 255, 255), 0.2, None)
    assert np.count_nonzero(easel.ids) == before
    easel.ids[:] = 1
    reach_in(easel.colours, easel.ids, np.random.default_rng(3))
    assert (easel.ids == 0).any()


def test_lamps_fall_off_and_boards_weaken_them() -> None:
    lamp, board = np.array([[0.0, 0.0, 0.0]]), np.array([5.0])
    light = Light(lamp, np.array([0.8]), 10.0, 0.1, board, 0.5, (1.0, 1.0, 0.5))
    near, far = light.at(np.array([[10.0, 0.0, 0.0], [0.0, 10.0, 0.0]]))
    assert near.tolist() == pytest.approx([0.5, 0.5, 0.25])
    assert far.tolist() == pytest.approx([0.3, 0.3, 0.15])


@pytest.mark.parametrize("seed", SEEDS)
def test_labels_are_tight_and_seen_well_enough(cutouts: list[Cutout], seed: int) -> None:
    easel = paint_interior(np.random.default_rng(seed), cutouts, 320)
    drawn = draw_interior(np.random.default_rng(seed), cutouts, 320)
    assert drawn.image.shape == (*easel.ids.shape, 3)
    assert len(drawn.boxes) == len(drawn.kinds)
    tight = {}
    for number, thing in enumerate(easel.things, 1):
        rows, columns = np.nonzero(easel.ids == number)
        if len(rows):
            box = (columns.min(), rows.min(), columns.max() + 1, rows.max() + 1)
            tight[(*box, thing.kind)] = len(rows) / thing.whole
    for box, kind in zip(drawn.boxes, drawn.kinds, strict=True):
        shown = tight[(*box.astype(int).tolist(), kind)]
        assert shown >= 0.35 or kind is not DetectionKind.FACING
    assert (drawn.boxes >= 0).all()
    assert (drawn.boxes[:, 2:] <= drawn.image.shape[1::-1]).all()


def test_the_seed_decides_everything(cutouts: list[Cutout]) -> None:
    first, again, other = (draw_interior(np.random.default_rng(seed), cutouts, 320) for seed in (5, 5, 6))
    assert np.array_equal(first.image, again.image)
    assert np.array_equal(first.boxes, again.boxes)
    assert first.kinds == again.kinds
    assert first.image.shape != other.image.shape or not np.array_equal(first.image, other.image)


def test_negatives_show_shelves_and_no_product(cutouts: list[Cutout], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interiors, "_EMPTY_SHARE", 1.0)
    kinds = {kind for seed in SEEDS for kind in draw_interior(np.random.default_rng(seed), cutouts, 160).kinds}
    assert DetectionKind.SHELF in kinds
    assert DetectionKind.FACING not in kinds


def test_without_negatives_most_photos_show_products(cutouts: list[Cutout], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(interiors, "_EMPTY_SHARE", 0.0)
    drawn = [draw_interior(np.random.default_rng(seed), cutouts, 320) for seed in SEEDS]
    assert sum(DetectionKind.FACING in photo.kinds for photo in drawn) > 0.75 * len(drawn)


def test_a_pose_keeps_the_cutouts_scale(cutouts: list[Cutout]) -> None:
    rng = np.random.default_rng(0)
    for cutout in cutouts[::8]:
        posed = pose(rng, cutout)
        assert 0.84 < posed.height / len(posed.picture) / (cutout.height / len(cutout.picture)) < 1.21
        assert posed.width / posed.height == pytest.approx(posed.picture.shape[1] / posed.picture.shape[0])
        assert (posed.picture[..., :3] <= posed.picture[..., 3:].astype(int) + 1).all()


def test_a_pack_shot_is_cut_along_its_outline() -> None:
    photo = np.full((100, 100, 3), 255, np.uint8)
    cv2.circle(photo, (50, 50), 30, (200, 30, 30), -1)
    cv2.circle(photo, (50, 50), 8, (255, 255, 255), -1)
    picture = off_white(photo, convex=False)
    assert picture is not None
    assert abs(len(picture) - 60) <= 3
    middle, corner = picture[len(picture) // 2, len(picture) // 2], picture[0, 0]
    assert middle.tolist() == [255, 255, 255, 255]  # white print stays
    assert corner[3] == 0


def test_a_white_carton_keeps_its_corners() -> None:
    photo = np.full((100, 100, 3), 255, np.uint8)
    photo[20:90, 30:70] = (30, 60, 120)
    photo[40:60, 30:50] = 255  # a white patch that runs into the ground
    dented, whole = off_white(photo, convex=False), off_white(photo, convex=True)
    assert dented is not None
    assert whole is not None
    assert dented[30, 5, 3] == 0
    assert whole[30, 5, 3] == 255


def test_several_pieces_are_no_single_thing() -> None:
    photo = np.full((100, 100, 3), 255, np.uint8)
    photo[10:40, 10:40] = photo[60:90, 60:90] = (30, 60, 120)
    assert off_white(photo, convex=False) is None


def test_pack_shots_are_cut_out(shop_data: Path) -> None:
    shots = pack_shots(shop_data / "grocery-store-klasson" / "iconic-images-and-descriptions")
    assert len(shots) > 55
    for shot in shots:
        assert 0.1 < (shot.picture[..., 3] > 127).mean() <= 1
        assert 5 < max(shot.height, shot.width) < 36


@pytest.mark.slow
def test_writing_goes_on_where_it_was_cut_off(tmp_path: Path) -> None:
    write_interiors(tmp_path, 3, 7, tmp_path)  # no pack shots there: drawn things alone
    files = sorted(tmp_path.glob("*/*"))
    assert [file.name for file in files[:3]] == [f"interior7-{number:05d}.jpg" for number in range(3)]
    before = {file: file.read_bytes() for file in files}
    (tmp_path / "labels" / "interior7-00001.txt").unlink()
    (tmp_path / "images" / "interior7-00000.jpg").write_bytes(b"kept")
    write_interiors(tmp_path, 3, 7, tmp_path)
    after = {file: file.read_bytes() for file in files}
    assert after.pop(tmp_path / "images" / "interior7-00000.jpg") == b"kept"
    assert all(before[file] == content for file, content in after.items())

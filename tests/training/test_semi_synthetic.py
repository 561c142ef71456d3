"""Reference pictures in real photos: where they go, what they look like there, and that labels follow."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import cv2
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labeling.annotations import AnnotatedBox
from retail.boxes import DetectionKind
from retail.conditions import Lighting, ViewingAngle
from retail.gtin import Gtin
from training.captures import LabelledCapture
from training.semi_synthetic.cutouts import cut_out
from training.semi_synthetic.light import PhotoLight, light_of, noise_of
from training.semi_synthetic.places import Tilt, runs, tilt_of
from training.semi_synthetic.setting import behind_of, set_in
from training.semi_synthetic.shelves import SYNTHETIC, SynthesisConfig, facings_wanted, semi_synthetic
from training.synthetic.world import ShelfWorld, WorldSpec
from vision.decoding import decode

OLD, NEW, RARE = Gtin("04006381333931"), Gtin("00012345678905"), Gtin("05449000000996")
SIZE = (400, 300)
ALL = SynthesisConfig(share=1, enough=4, replaced=1)


def facing(x1: float, y1: float, x2: float, y2: float, gtin: str | None = OLD, **flags: bool) -> AnnotatedBox:
    return AnnotatedBox(DetectionKind.FACING, x1, y1, x2, y2, Gtin(gtin) if gtin else None, **flags)


def test_a_plain_background_is_cut_away_and_a_white_label_is_not():
    picture = np.full((60, 50, 3), 255, np.uint8)
    picture[10:50, 15:35] = (200, 0, 0)
    picture[25:35, 20:30] = 255
    alone = cut_out(picture)
    assert alone.shape == (40, 20, 4)
    assert (alone[..., 3] == 255).all()


def test_a_picture_without_a_background_is_taken_whole():
    picture = np.random.default_rng(0).integers(0, 256, (60, 50, 3), dtype=np.uint8)
    assert np.array_equal(cut_out(picture)[..., :3], picture)
    red = np.full((60, 50, 3), (200, 0, 0), np.uint8)
    red[20:40, 10:40] = 255
    assert (cut_out(red)[..., 3] == 255).all(), "a pack that fills its picture is no background"


def test_large_pictures_become_as_large_as_facings_are():
    assert max(cut_out(np.full((2000, 1000, 3), 90, np.uint8)).shape) == 320


def test_whole_uncovered_facings_are_places_and_neighbours_of_one_product_are_one():
    boxes = [
        facing(20, 100, 60, 180),
        facing(62, 100, 102, 180),
        facing(104, 100, 144, 180, NEW),
        facing(200, 100, 240, 180, occluded=True),
        facing(0, 100, 18, 180),
        facing(260, 100, 300, 180),
        facing(290, 120, 330, 180, NEW),
        facing(350, 100, 360, 180),
        AnnotatedBox(DetectionKind.SHELF, 0, 185, 400, 200),
    ]
    assert runs(boxes, SIZE) == [(0, 1), (2,)]


def test_unnamed_facings_are_never_one_run():
    assert runs([facing(20, 100, 60, 180, None), facing(62, 100, 102, 180, None)], SIZE) == [(0,), (1,)]


def test_a_row_that_falls_to_the_right_tilts_the_fronts_on_it():
    row = [facing(20 + 50 * n, 100 + 5 * n, 60 + 50 * n, 184 + 5 * n) for n in range(6)]
    tilt = tilt_of(row)
    assert tilt.offset + tilt.slope * 150 == pytest.approx(0.1, abs=0.01)
    quad = tilt.quad(row[0])
    assert quad.tolist() == [
        [20, 100],
        [60, pytest.approx(104, abs=0.5)],
        [60, 184],
        [20, pytest.approx(180, abs=0.5)],
    ]


def test_few_facings_say_nothing_about_tilt():
    tilt = tilt_of([facing(20, 100, 60, 180), facing(62, 110, 102, 190, NEW)])
    assert (tilt.offset, tilt.slope) == (0, 0)


@given(
    x=st.floats(2, 300),
    y=st.floats(2, 200),
    width=st.floats(16, 90),
    height=st.floats(16, 90),
    offset=st.floats(-0.4, 0.4),
)
def test_what_is_set_in_stays_in_the_old_box(x, y, width, height, offset):
    photo = np.full((300, 400, 3), 100, np.uint8)
    old = facing(x, y, x + width, y + height)
    before = photo.copy()
    light = PhotoLight(np.empty((0, 2)), np.empty((0, 6, 3)), np.empty((0, 6, 3)), np.zeros(3), 0.6, 0, 1)
    picture = np.full((40, 30, 4), 255, np.uint8)
    tilt = Tilt(offset)
    new = set_in(photo, old, NEW, picture, light, tilt, behind_of(photo, [old], old), np.random.default_rng(0))
    assert new.gtin == NEW
    left, top, right, bottom = int(old.x1), int(old.y1), int(np.ceil(old.x2)), int(np.ceil(old.y2))
    assert left <= new.x1 < new.x2 <= right
    assert top <= new.y1 < new.y2 <= bottom
    assert new.x2 - new.x1 > 0.8 * width
    before[top:bottom, left:right] = photo[top:bottom, left:right]
    assert np.array_equal(photo, before), "nothing changes outside the old facing"


def test_the_lamp_is_learned_from_products_whose_picture_is_known():
    picture = np.dstack([np.full((60, 40, 3), (200, 180, 160), np.uint8), np.full((60, 40), 255, np.uint8)])
    photo = np.full((300, 400, 3), 30, np.uint8)
    box = facing(100, 100, 140, 160)
    photo[100:160, 100:140] = (160, 90, 40)  # 0.8, 0.5, 0.25 of the picture
    gains = light_of(photo, [(box, picture)]).gains_at(facing(200, 100, 240, 160))
    assert gains[0].tolist() == pytest.approx([0.8, 0.5, 0.25], abs=0.02)


def test_without_a_known_product_the_brightest_stands_for_white():
    photo = np.full((100, 100, 3), 20, np.uint8)
    photo[:, :10] = (235, 117, 235)
    gains = light_of(photo, []).gains_at(facing(10, 10, 40, 50))
    assert gains[3].tolist() == pytest.approx([1, 0.5, 1], abs=0.01)


def test_noise_is_told_from_texture():
    rng = np.random.default_rng(0)
    smooth = cv2.resize(rng.integers(60, 200, (8, 8, 3), dtype=np.uint8), (300, 300), interpolation=cv2.INTER_LINEAR)
    noisy = np.clip(smooth + rng.normal(0, 6, (300, 300, 1)), 0, 255).astype(np.uint8)
    assert noise_of(smooth) < 1
    assert noise_of(noisy) == pytest.approx(6, abs=1)


@pytest.fixture
def keep(tmp_path: Path) -> Callable[[bytes], tuple[str, Path]]:
    def put(picture: bytes) -> tuple[str, Path]:
        sha256 = hashlib.sha256(picture).hexdigest()
        path = tmp_path / f"{sha256}.jpg"
        path.write_bytes(picture)
        return sha256, path

    return put


@pytest.fixture
def shelf(make_capture) -> Callable[..., LabelledCapture]:
    """A photo with six facings side by side, all of one product."""

    def make(name: str, gtin: str = OLD, shade: int = 60) -> LabelledCapture:
        boxes = tuple(facing(10 + 50 * n, 40, 55 + 50 * n, 120, gtin) for n in range(6))
        return make_capture(name, boxes=boxes, colour=(180, shade, 60), size=320)

    return make


@pytest.fixture
def references() -> dict[Gtin, list[np.ndarray]]:
    rng = np.random.default_rng(3)
    colours = {OLD: (200, 70, 70), NEW: (30, 180, 40), RARE: (40, 60, 200)}
    noise = rng.integers(-20, 20, (80, 45, 3))
    return {
        gtin: [cut_out(np.clip(np.array(colour) + noise, 0, 255).astype(np.uint8))] for gtin, colour in colours.items()
    }


def test_a_product_without_labels_gets_facings_with_labels(shelf, references, keep):
    captures = [shelf(f"c{number}") for number in range(3)]
    made = semi_synthetic(captures, references, keep, ALL)
    shown = [box.gtin for capture in made for box in capture.boxes]
    assert (shown.count(NEW), shown.count(RARE)) == (4, 4)
    for capture in made:
        assert (capture.store_id, capture.arm, capture.annotation_id) == (SYNTHETIC, SYNTHETIC, None)
        assert capture.capture_id.startswith("synthetic-")
        photo = decode(capture.image.read_bytes()).image
        for box in capture.boxes:
            inner = photo[int(box.y1) + 15 : int(box.y2) - 15, int(box.x1) + 12 : int(box.x2) - 12]
            channel = {OLD: 0, NEW: 1, RARE: 2}[box.gtin]
            assert inner.mean((0, 1)).argmax() == channel, "the label says what is seen"


def test_the_same_input_gives_the_same_photos_and_another_seed_others(shelf, references, keep):
    captures = [shelf(f"c{number}", shade=50 + 5 * number) for number in range(8)]
    config = SynthesisConfig(share=0.25)
    one, again, other = (
        [
            capture.sha256
            for capture in semi_synthetic(order, references, keep, config.model_copy(update={"seed": seed}))
        ]
        for order, seed in ((captures, 1), (captures[::-1], 1), (captures, 2))
    )
    assert one == again != other


def test_enough_labels_and_a_share_of_nothing_make_nothing(shelf, references, keep):
    labelled = [shelf("c1"), shelf("c2", NEW), shelf("c3", RARE)]
    assert semi_synthetic(labelled, references, keep, ALL) == ()
    assert semi_synthetic([shelf("c1")], references, keep, ALL.model_copy(update={"share": 0})) == ()
    assert semi_synthetic([shelf("c1")], {}, keep, ALL) == ()
    assert facings_wanted([shelf("c1")], [OLD, NEW], 8) == {OLD: 2, NEW: 8}


def test_made_photos_are_a_bounded_share_of_the_real_ones(shelf, references, keep):
    captures = [shelf(f"c{number}") for number in range(8)]
    config = SynthesisConfig(share=0.25, enough=1000)
    made = semi_synthetic(captures, references, keep, config)
    assert len(made) == 2
    for capture in made:
        assert sum(box.gtin != OLD for box in capture.boxes) <= 3, "half of a photo's facings at most"


def test_a_picture_of_another_shape_fits_nowhere(shelf, references, keep):
    wide = {NEW: [cut_out(np.full((30, 90, 3), (30, 180, 40), np.uint8))]}
    assert semi_synthetic([shelf("c1")], wide, keep, ALL) == ()


def test_a_set_in_picture_looks_more_like_the_real_facing_than_the_plain_picture_does():
    """Facings that the world drew are drawn over with their own picture, which the light must not know."""
    world = ShelfWorld.build(WorldSpec(seed=3, products=16, stores=1, bays_per_store=2))
    errors = []
    for lighting in (Lighting.WARM, Lighting.DIM):
        drawn = world.capture(world.bays[0].id, 4, lighting=lighting, angle=ViewingAngle.FRONTAL, width=900)
        cuts = {gtin: picture_of(world, gtin) for gtin in world.by_gtin}
        rows = [row for row, gtin in enumerate(drawn.gtins) if gtin]
        boxes = [replace(facing(*map(float, drawn.boxes[row])), gtin=drawn.gtins[row]) for row in rows]
        for (place,) in (run[:1] for run in runs(boxes, drawn.image.shape[1::-1])[:6]):
            box = boxes[place]
            light = light_of(drawn.image, [(other, cuts[other.gtin]) for other in boxes if other.gtin != box.gtin])
            photo = drawn.image.copy()
            behind = behind_of(photo, boxes, box)
            set_in(photo, box, box.gtin, cuts[box.gtin], light, tilt_of(boxes), behind, np.random.default_rng(0))
            window = slice(int(box.y1), int(box.y2)), slice(int(box.x1), int(box.x2))
            truth, made = (np.asarray(image[window], np.float32) for image in (drawn.image, photo))
            plain = cv2.resize(cuts[box.gtin][..., :3], truth.shape[1::-1], interpolation=cv2.INTER_AREA)
            errors.append((np.abs(truth - made).mean(), np.abs(truth - plain).mean()))
    made, plain = np.array(errors).T
    assert made.mean() < 0.7 * plain.mean()


def picture_of(world: ShelfWorld, gtin: Gtin) -> np.ndarray:
    pack = world.press(world.by_gtin[gtin].designs[0]).levels[0]
    white = 255 * (1 - pack[..., 3:].astype(np.float32) / 255)
    framed = np.pad(
        np.clip(pack[..., :3] + white, 0, 255).astype(np.uint8), ((8, 8), (8, 8), (0, 0)), constant_values=255
    )
    return cut_out(framed)

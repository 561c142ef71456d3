"""Photos that are meant to be as they are: from where, of what, how much hidden."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from retail.boxes import DetectionKind
from training.synthetic.camera import Shot, apply, frame
from training.synthetic.occluders import crowd
from training.synthetic.truth import SyntheticCapture
from training.synthetic.world import ShelfWorld, WorldSpec

BAY = (120.0, 200.0)
WHOLE = np.array([(0, 0), (120, 0), (120, 200), (0, 200)], np.float64)
SPEC = WorldSpec(seed=7, products=120, stores=2, bays_per_store=2)


@pytest.fixture(scope="module")
def world() -> ShelfWorld:
    return ShelfWorld.build(SPEC)


def facings(photo: SyntheticCapture) -> int:
    return sum(
        kind is DetectionKind.FACING and bay == photo.bay_id
        for kind, bay in zip(photo.kinds, photo.bay_ids, strict=True)
    )


@given(st.integers(0, 1000), st.floats(-40, 40), st.floats(-30, 30))
@settings(max_examples=40, deadline=None)
def test_the_whole_bay_just_fits_into_the_picture(seed: int, yaw: float, roll: float) -> None:
    view = frame(np.random.default_rng(seed), BAY, Shot(yaw, roll), 800)
    corners = view.to_picture(WHOLE) / np.array(view.size)

    assert max(view.size) == 800
    assert view.yaw == yaw
    assert corners.min() > 0.019
    assert corners.max() < 0.981
    assert min(corners.min(), 1 - corners.max()) < 0.021


def test_a_camera_that_stands_aside_sees_the_near_edge_taller() -> None:
    aside = frame(np.random.default_rng(1), BAY, Shot(yaw=25), 800).to_picture(WHOLE)
    left, right = aside[3, 1] - aside[0, 1], aside[2, 1] - aside[1, 1]

    assert right > 1.1 * left  # a positive yaw is to the right


def test_a_camera_that_is_turned_sees_the_bay_askew() -> None:
    upright, askew = (frame(np.random.default_rng(1), BAY, Shot(roll=roll), 800) for roll in (0, 25))
    back = np.asarray(np.linalg.inv(askew.homography), np.float64)
    middle = apply(back, np.array(askew.size)[None] / 2)[0]
    along = np.diff(askew.to_picture(np.array([middle, middle + np.array([1, 0])])), axis=0)[0]

    assert abs(np.degrees(np.arctan2(along[1], along[0]))) == pytest.approx(25, abs=0.5)
    level = np.diff(upright.to_picture(WHOLE[:2]), axis=0)[0]
    assert level[1] == pytest.approx(0, abs=1e-6 * level[0])


def test_what_is_behind_the_camera_is_not_shown() -> None:
    view = frame(np.random.default_rng(1), BAY, Shot(yaw=60, part=(0.45, 0.45, 0.55, 0.55)), 400)

    assert view.is_before(WHOLE[[0, 3]])
    assert not view.is_before(np.array([(60.0, 100.0), (400.0, 100.0)]))


def test_a_part_of_a_bay_fills_the_picture_and_the_rest_is_out_of_view(world: ShelfWorld) -> None:
    whole = world.capture("store-1-bay-1", 2, width=500, shot=Shot())
    part = world.capture("store-1-bay-1", 2, width=500, shot=Shot(part=(0.0, 0.0, 0.6, 0.5)))
    width = world.layouts["store-1-bay-1"].width

    assert whole.in_view == set(whole.verdicts)
    assert min(whole.shown.values()) > 0.95
    assert part.verdicts == whole.verdicts
    assert 0 < len(part.in_view) < len(whole.in_view)
    assert all(part.shown[position] > 0.9 for position in part.in_view)
    lowest = max(position.shelf for position in part.verdicts)
    far = [p for p in part.verdicts if p.shelf == lowest and p.x is not None and p.x > 0.9 * width]
    assert far
    assert all(part.shown[position] == 0 for position in far)


def test_what_stands_in_the_way_hides_facings_and_places(world: ShelfWorld) -> None:
    free = world.capture("store-1-bay-1", 2, width=500, shot=Shot())
    hidden = world.capture("store-1-bay-1", 2, width=500, shot=Shot(hidden=0.4))

    assert 0.35 * facings(free) < facings(hidden) < 0.8 * facings(free)
    assert hidden.in_view == free.in_view
    assert 0.35 < np.mean(list(hidden.shown.values())) < 0.8
    assert min(hidden.shown.values()) < 0.2


@pytest.mark.parametrize("share", [0.1, 0.3, 0.5])
def test_a_crowd_covers_the_share_that_is_asked_for(share: float) -> None:
    for seed in range(5):
        image, ids = np.zeros((300, 200, 3), np.uint8), np.ones((300, 200), np.uint16)
        wanted = np.zeros(ids.shape, np.bool_)
        wanted[40:260, 10:190] = True
        crowd(image, ids, wanted, share, np.random.default_rng(seed))

        assert 1 - ids[wanted].mean() == pytest.approx(share, abs=0.031)
        assert not image[ids > 0].any()


def test_narrow_packs_stand_densely() -> None:
    usual, narrow = (ShelfWorld.build(WorldSpec(5, 300, 2, 3, widest=widest)) for widest in (np.inf, 7.0))

    def mean_facings(world: ShelfWorld) -> float:
        return float(np.mean([sum(p.facings for p in plan.positions) for plan in world.planograms.values()]))

    assert mean_facings(narrow) > 1.3 * mean_facings(usual)
    carried = {position.gtin for plan in narrow.planograms.values() for position in plan.positions}
    assert all(narrow.by_gtin[gtin].size_cm[0] <= 7.0 for gtin in carried)
    later, _ = narrow.advance(1)
    assert mean_facings(later) > 1.3 * mean_facings(usual)


def test_a_world_without_narrow_packs_says_so() -> None:
    with pytest.raises(ValueError, match=r"none of 30 articles is at most 1\.0 cm wide"):
        ShelfWorld.build(WorldSpec(5, 30, 1, 1, widest=1.0))

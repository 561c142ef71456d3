from collections import Counter

import numpy as np
import pytest

from retail.boxes import DetectionKind
from retail.conditions import Lighting, ViewingAngle
from training.synthetic.camera import choose_view
from training.synthetic.photographs import paint_aisle
from training.synthetic.truth import SyntheticCapture
from training.synthetic.world import ShelfWorld, WorldSpec

SPEC = WorldSpec(seed=7, products=50, stores=3, bays_per_store=2)


@pytest.fixture(scope="module")
def world() -> ShelfWorld:
    return ShelfWorld.build(SPEC)


@pytest.fixture(scope="module")
def captures(world: ShelfWorld) -> list[SyntheticCapture]:
    return [world.capture(bay.id, day, width=400) for day, bay in enumerate(world.bays)]


def test_the_same_arguments_give_the_same_photo_in_another_world_of_the_same_seed(world: ShelfWorld) -> None:
    other = ShelfWorld.build(SPEC)
    other.capture("store-1-bay-1", 5, width=200)
    left, right = world.capture("store-2-bay-2", 3, width=320), other.capture("store-2-bay-2", 3, width=320)

    assert np.array_equal(left.image, right.image)
    assert np.array_equal(left.boxes, right.boxes)
    assert (left.gtins, left.variants, left.positions) == (right.gtins, right.variants, right.positions)
    assert (left.verdicts, left.condition) == (right.verdicts, right.condition)


def test_another_day_and_another_seed_give_another_photo(world: ShelfWorld) -> None:
    photo = world.capture("store-1-bay-1", 0, width=160, angle=ViewingAngle.FRONTAL).image
    stranger = ShelfWorld.build(WorldSpec(8, 50, 3, 2)).capture("store-1-bay-1", 0, width=160).image

    assert not np.array_equal(photo, world.capture("store-1-bay-1", 1, width=160).image)
    assert not np.array_equal(photo, stranger)


def test_the_longer_side_is_as_asked(captures: list[SyntheticCapture]) -> None:
    assert {max(capture.image.shape[:2]) for capture in captures} == {400}


def test_boxes_lie_in_the_picture_with_positive_area(captures: list[SyntheticCapture]) -> None:
    for capture in captures:
        height, width = capture.image.shape[:2]
        x1, y1, x2, y2 = capture.boxes.T

        assert capture.boxes.dtype == np.float32
        assert np.isfinite(capture.boxes).all()
        assert (x1 >= 0).all()
        assert (y1 >= 0).all()
        assert (x2 <= width).all()
        assert (y2 <= height).all()
        assert ((x2 - x1) * (y2 - y1) > 0).all()


def test_every_kind_occurs_and_truth_is_parallel_to_the_boxes(captures: list[SyntheticCapture]) -> None:
    kinds = Counter(kind for capture in captures for kind in capture.kinds)

    assert set(kinds) == set(DetectionKind)
    for capture in captures:
        lengths = {len(capture.boxes), len(capture.kinds), len(capture.gtins), len(capture.positions)}
        assert lengths == {len(capture.variants)} == {len(capture.bay_ids)}


def test_facings_and_nothing_else_have_a_product_of_the_catalogue(
    world: ShelfWorld, captures: list[SyntheticCapture]
) -> None:
    for capture in captures:
        for kind, gtin, variant in zip(capture.kinds, capture.gtins, capture.variants, strict=True):
            if kind is not DetectionKind.FACING:
                assert gtin is variant is None
            else:
                assert gtin is not None
                assert variant in {v.id for v in world.catalogue.by_gtin[gtin].variants}


def test_every_position_has_one_verdict(world: ShelfWorld, captures: list[SyntheticCapture]) -> None:
    for capture in captures:
        assert set(capture.verdicts) == set(world.planograms[capture.bay_id].positions)
        assert capture.in_view <= set(capture.verdicts)


def test_a_facing_answers_to_the_position_of_its_product(world: ShelfWorld, captures: list[SyntheticCapture]) -> None:
    for capture in captures:
        planned = {position.gtin: position for position in world.planograms[capture.bay_id].positions}
        for i, (gtin, bay_id) in enumerate(zip(capture.gtins, capture.bay_ids, strict=True)):
            own = gtin is not None and bay_id == capture.bay_id
            assert capture.positions[i] == (planned.get(gtin) if own and gtin else None)
            assert (i in capture.unexpected) == (own and gtin not in planned)


def test_light_and_angle_can_be_asked_for_without_moving_the_shelf(world: ShelfWorld) -> None:
    frontal = ViewingAngle.FRONTAL
    dim = world.capture("store-1-bay-2", 4, width=240, angle=frontal, lighting=Lighting.DIM)
    warm = world.capture("store-1-bay-2", 4, width=240, angle=frontal, lighting=Lighting.WARM)
    steep = world.capture("store-1-bay-2", 4, width=240, angle=ViewingAngle.STEEP)

    assert dim.condition.lighting is Lighting.DIM
    assert steep.condition.angle is ViewingAngle.STEEP
    assert np.array_equal(dim.boxes, warm.boxes)
    assert dim.verdicts == warm.verdicts == steep.verdicts


def test_each_empty_part_of_a_slot_is_a_gap_and_full_ones_are_not(world: ShelfWorld) -> None:
    for day, bay in enumerate(world.bays):
        view = choose_view(np.random.default_rng(day), (120.0, 200.0), ViewingAngle.FRONTAL, 320)
        _, things = paint_aisle(world, bay.id, day, view)
        stocks = world.state(bay.id, day).stocks.values()
        empty = sum(stock.gtin is None for stock in stocks)
        own = [stock for stock in stocks if stock.gtin == stock.slot.position.gtin]
        short = sum((s.skipped > 0) + (s.skipped + s.columns < s.slot.columns) for s in own)
        moved = len(stocks) - empty - len(own)

        gaps = sum(thing.kind is DetectionKind.GAP for thing in things if thing.bay_id == bay.id)
        assert empty + short <= gaps <= empty + short + moved


def test_shelves_and_facings_are_painted_as_often_as_they_are_there(world: ShelfWorld) -> None:
    view = choose_view(np.random.default_rng(1), (120.0, 200.0), ViewingAngle.FRONTAL, 320)
    _, things = paint_aisle(world, "store-2-bay-1", 6, view)
    own = [thing for thing in things if thing.bay_id == "store-2-bay-1"]
    stocks = world.state("store-2-bay-1", 6).stocks.values()
    standing = {stock.gtin: stock for stock in stocks if stock.gtin}

    painted = Counter(thing.gtin for thing in own if thing.gtin)
    assert set(painted) == set(standing)
    for gtin, count in painted.items():
        one_lies_on_top = 1
        assert standing[gtin].columns <= count <= standing[gtin].columns * standing[gtin].levels + one_lies_on_top
    shelves = sum(thing.kind is DetectionKind.SHELF for thing in own)
    assert shelves == sum(not shelf.hooks for shelf in world.layouts["store-2-bay-1"].shelves)


def test_an_unknown_bay_is_refused(world: ShelfWorld) -> None:
    with pytest.raises(KeyError, match="store-9"):
        world.capture("store-9-bay-1", 0)


def test_photo_crops_are_printed_on_packs() -> None:
    magenta = np.full((40, 30, 3), (255, 0, 255), np.uint8)
    world = ShelfWorld.build(WorldSpec(3, products=40, stores=1, bays_per_store=1), textures=[magenta])
    printed = [article.designs[0] for article in world.articles if article.designs[0].artwork is not None]

    assert 4 < len(printed) < 30
    face = world.press(printed[0]).levels[0][..., :3].astype(int)
    assert ((face[..., 0] > 120) & (face[..., 1] < 60) & (face[..., 2] > 120)).mean() > 0.1

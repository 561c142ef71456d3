from pathlib import Path

import numpy as np
import pytest
import yaml
from pydantic import ValidationError

from retail.boxes import DetectionKind
from retail.conditions import ViewingAngle
from training.synthetic.fixtures import FixtureStyle
from training.synthetic.groups import Group
from training.synthetic.names import FLAVOURS, PALETTES
from training.synthetic.spec import WorldSpec, load_photo_plan
from training.synthetic.tags import STYLES
from training.synthetic.world import ShelfWorld

UNSEEN = Path(__file__).parents[2] / "configs" / "worlds" / "unseen.yaml"


def test_the_unseen_world_is_held_out_in_everything() -> None:
    plan = load_photo_plan(UNSEEN)

    assert plan.world == WorldSpec(860421, 260, 3, 10, Group.HELD_OUT, Group.HELD_OUT, Group.HELD_OUT)
    assert (plan.photos, plan.longer_side) == (120, 1280)


def test_a_plan_photographs_every_bay_in_turn(tmp_path: Path) -> None:
    path = tmp_path / "plan.yaml"
    small = {"seed": 3, "products": 40, "stores": 2, "bays_per_store": 1, "photos": 5, "longer_side": 320}
    path.write_text(yaml.safe_dump(small | {"art": "held_out", "light": "usual", "fixtures": "usual"}))
    plan = load_photo_plan(path)

    one, two = "store-1-bay-1", "store-2-bay-1"
    assert list(plan.shots()) == [(one, 0), (two, 0), (one, 1), (two, 1), (one, 2)]
    assert {bay for bay, _ in plan.shots()} == {bay.id for bay in ShelfWorld.build(plan.world).bays}


@pytest.mark.parametrize("change", [{"lamps": "usual"}, {"art": "strange"}, {"photos": 0}, {"seed": None}])
def test_a_plan_with_a_mistake_is_refused(tmp_path: Path, change: dict[str, object]) -> None:
    path = tmp_path / "plan.yaml"
    path.write_text(yaml.safe_dump(yaml.safe_load(UNSEEN.read_text()) | change))

    with pytest.raises(ValidationError, match=next(iter(change))):
        load_photo_plan(path)


def test_a_world_draws_on_nothing_held_out_unless_asked() -> None:
    def stuff(world: ShelfWorld) -> tuple[set[str], set[str], set[Group]]:
        flavours = {design.flavour for article in world.articles for design in article.designs}
        tags = {FixtureStyle.of(layout).tags.value for layout in world.layouts.values()}
        return flavours, tags, {design.group for article in world.articles for design in article.designs}

    spec = WorldSpec(seed=5, products=80, stores=2, bays_per_store=3)
    usual, held_out = ShelfWorld.build(spec), ShelfWorld.build(WorldSpec(5, 80, 2, 3, *[Group.HELD_OUT] * 3))
    later, _ = usual.advance(1)

    for group, world in ((Group.USUAL, usual), (Group.USUAL, later), (Group.HELD_OUT, held_out)):
        flavours, tags, groups = stuff(world)
        assert groups == {group}
        assert flavours <= {name for name, _, _ in FLAVOURS[group]}
        assert tags <= {style.value for style in STYLES[group]}
    assert not set(PALETTES[Group.USUAL]) & set(PALETTES[Group.HELD_OUT])


def test_light_alone_can_be_held_out() -> None:
    spec = WorldSpec(seed=5, products=40, stores=1, bays_per_store=1)
    shots = [
        ShelfWorld.build(WorldSpec(5, 40, 1, 1, light=light)).capture("store-1-bay-1", 0, width=200) for light in Group
    ]

    assert np.array_equal(shots[0].image, ShelfWorld.build(spec).capture("store-1-bay-1", 0, width=200).image)
    assert np.array_equal(shots[0].boxes, shots[1].boxes)
    assert not np.array_equal(shots[0].image, shots[1].image)


def test_a_facing_tells_its_shelf_and_nothing_else_does() -> None:
    world = ShelfWorld.build(WorldSpec(seed=7, products=60, stores=1, bays_per_store=3))
    for day in range(3):
        capture = world.capture("store-1-bay-2", day, width=480, angle=ViewingAngle.FRONTAL)
        standing = {
            (bay.id, stock.gtin): stock.slot.position.shelf - 1
            for bay in world.bays
            for stock in world.state(bay.id, day).stocks.values()
        }
        for kind, row, gtin, bay in zip(capture.kinds, capture.rows, capture.gtins, capture.bay_ids, strict=True):
            assert (row is None) == (kind is not DetectionKind.FACING)
            if row is not None:
                assert row == standing[bay, gtin]


def test_lower_shelves_are_lower_in_the_picture() -> None:
    world = ShelfWorld.build(WorldSpec(seed=7, products=60, stores=1, bays_per_store=1))
    capture = world.capture("store-1-bay-1", 1, width=640, angle=ViewingAngle.FRONTAL)
    feet: dict[int, list[float]] = {}
    for row, box in zip(capture.rows, capture.boxes, strict=True):
        if row is not None:
            feet.setdefault(row, []).append(float(box[3]))

    means = [np.mean(feet[row]) for row in sorted(feet)]
    assert len(means) >= 2
    assert means == sorted(means)

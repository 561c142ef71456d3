import numpy as np
import pytest

from training.synthetic import standing
from training.synthetic.camera import View
from training.synthetic.canvas import Canvas
from training.synthetic.designs import HANGING, PackDesign, PackShape
from training.synthetic.fixtures import rectangle
from training.synthetic.packs import Pack, PackPress
from training.synthetic.silhouettes import cut_out
from training.synthetic.world import ShelfWorld, WorldSpec

RED, WHITE, GREEN = (200, 20, 30), (250, 250, 250), (30, 160, 60)


def _design(shape: PackShape) -> PackDesign:
    return PackDesign(shape, (10, 20, 4), 5, 6, "Brand", "Mint", "250 g", RED, WHITE, WHITE, GREEN, GREEN, WHITE, GREEN)


@pytest.fixture(scope="module")
def box() -> Pack:
    return PackPress()(_design(PackShape.BOX))


@pytest.mark.parametrize("shape", list(PackShape))
def test_every_shape_fills_its_picture_from_side_to_side(shape: PackShape) -> None:
    picture = cut_out(_design(shape), 60, 120, None)

    rows, columns = np.nonzero(picture[..., 3])
    assert picture.shape == (120, 60, 4)
    assert (rows.min(), rows.max()) == (0, 119)
    assert columns.min() <= 2
    assert columns.max() >= 57
    assert (picture[..., 3] > 127).mean() > 0.35


def test_a_pack_stands_on_its_foot(box: Pack) -> None:
    corners = standing.stand(box, (30.0, 100.0, 2.0))

    assert corners.tolist() == [[30, 80, 2], [40, 80, 2], [30, 100, 2]]


def test_a_turned_pack_keeps_its_width_and_touches_the_front(box: Pack) -> None:
    corners = standing.stand(box, (30.0, 100.0, 2.0), turn=np.radians(30))

    assert np.linalg.norm(corners[1] - corners[0]) == pytest.approx(10)
    assert corners[:2, 2].tolist() == pytest.approx([2, 7])
    assert corners[:2, 0].mean() == pytest.approx(35)


def test_a_lying_pack_is_as_wide_as_it_was_high(box: Pack) -> None:
    four = standing.outline(standing.lay(box, (30.0, 100.0, 2.0)))

    assert np.ptp(four, axis=0).tolist() == [20, 10, 0]
    assert four[:, 1].max() == 100


@pytest.mark.parametrize(("x", "sides"), [(5.0, (False, True)), (55.0, (False, False)), (105.0, (True, False))])
def test_a_side_shows_to_an_eye_beside_the_pack(box: Pack, x: float, sides: tuple[bool, bool]) -> None:
    view = View((60.0, 100.0, 150.0), np.diag([4.0, 4.0, 1.0]), (480, 800), 4.0, 0.0)
    canvas = Canvas.for_view(view, (-300, -300, 500, 500), (0, 0, 0))

    standing.draw_solid(canvas, box, standing.stand(box, (x, 115.0, 0.0)), 1.0, ident=1)

    columns = np.nonzero((canvas.ids == 1).any(axis=0))[0] / canvas.scale + canvas.origin[0]
    assert (bool((columns < x - 0.2).any()), bool((columns > x + 10.2).any())) == sides


def test_a_clear_pane_pales_what_is_behind_it_and_hides_nothing() -> None:
    view = View((60.0, 100.0, 150.0), np.diag([4.0, 4.0, 1.0]), (480, 800), 4.0, 0.0)
    canvas = Canvas.for_view(view, (0, 0, 120, 200), (35, 35, 35))
    canvas.ids[:] = 7

    canvas.veil(rectangle(20, 20, 40, 60, 0.0), 0.5)

    assert canvas.colours[160, 120].tolist() == [135, 135, 135]
    assert canvas.colours[160, 300].tolist() == [35, 35, 35]
    assert (canvas.ids == 7).all()


def test_packs_with_a_hole_hang_and_the_others_stand() -> None:
    world = ShelfWorld.build(WorldSpec(seed=2, products=200, stores=3, bays_per_store=4))
    shelves = [shelf for layout in world.layouts.values() for shelf in layout.shelves]
    shapes = {gtin: article.designs[0].shape for gtin, article in world.by_gtin.items()}

    assert {shelf.hooks for shelf in shelves} == {True, False}
    for shelf in shelves:
        assert {shapes[slot.position.gtin] in HANGING for slot in shelf.slots} == {shelf.hooks}
        if shelf.hooks:
            tallest = max(world.by_gtin[slot.position.gtin].size_cm[1] for slot in shelf.slots)
            assert shelf.base - shelf.clear < shelf.foot(tallest) - tallest < shelf.foot(tallest) <= shelf.base

from collections import Counter

import numpy as np
import pytest

from retail.compliance import Verdict
from retail.conditions import Lighting
from retail.gtin import parse_gtin
from training.synthetic.assortment import make_gtin
from training.synthetic.changes import ChangeKind
from training.synthetic.groups import Group
from training.synthetic.layout import zipf
from training.synthetic.season import Turnover
from training.synthetic.world import ShelfWorld, WorldSpec

SPEC = WorldSpec(seed=11, products=150, stores=3, bays_per_store=4)


@pytest.fixture(scope="module")
def world() -> ShelfWorld:
    return ShelfWorld.build(SPEC)


def test_gtins_are_valid_and_of_the_restricted_range() -> None:
    assert make_gtin(7, 12) == "02000070000120"
    assert parse_gtin(make_gtin(7, 12)) == "02000070000120"


def test_zipf_halves_at_the_second_rank() -> None:
    assert zipf(3) == pytest.approx([6 / 11, 3 / 11, 2 / 11])


def test_a_world_has_what_its_spec_says(world: ShelfWorld) -> None:
    assert len(world.catalogue.products) == 150
    assert [store.format.value for store in world.stores] == ["hypermarket", "supermarket", "convenience"]
    assert len(world.bays) == len(world.planograms) == 12
    assert any(len(world.catalogue.siblings(product.gtin)) >= 2 for product in world.catalogue)


def test_slots_lie_side_by_side_on_their_shelf_and_packs_fit(world: ShelfWorld) -> None:
    for layout in world.layouts.values():
        assert len(layout.shelves) >= 3
        for shelf in layout.shelves:
            edges = [edge for slot in shelf.slots for edge in (slot.x, slot.x + slot.width)]
            assert edges == pytest.approx(sorted(edges))
            assert 0 <= edges[0] <= edges[-1] <= layout.width
            for slot in shelf.slots:
                width, height, _ = world.by_gtin[slot.position.gtin].size_cm
                assert slot.columns * width <= slot.width + 1e-6
                assert slot.levels * height <= shelf.clear + 1e-6
                assert slot.position.facings == slot.columns * slot.levels


def test_a_product_has_one_position_in_a_bay(world: ShelfWorld) -> None:
    for planogram in world.planograms.values():
        assert max(Counter(position.gtin for position in planogram.positions).values()) == 1


def test_verdicts_follow_from_what_stands_where(world: ShelfWorld) -> None:
    found: Counter[Verdict] = Counter()
    for bay in world.bays:
        for day in range(12):
            state = world.state(bay.id, day)
            standing = {stock.gtin: key for key, stock in state.stocks.items() if stock.gtin}
            for position, verdict in state.verdicts.items():
                assert verdict is _judged((position.shelf, position.slot), standing.get(position.gtin))
                found[verdict] += 1
            planned = {position.gtin for position in state.verdicts}
            assert set(standing) - planned == state.strangers

    assert set(found) == {Verdict.CORRECT, Verdict.WRONG_POSITION, Verdict.WRONG_SHELF, Verdict.OUT_OF_STOCK}
    assert 0.6 < found[Verdict.CORRECT] / found.total() < 0.97


def _judged(planned: tuple[int, int], actual: tuple[int, int] | None) -> Verdict:
    if actual is None:
        return Verdict.OUT_OF_STOCK
    if actual == planned:
        return Verdict.CORRECT
    return Verdict.WRONG_POSITION if actual[0] == planned[0] else Verdict.WRONG_SHELF


def test_a_season_changes_what_it_says(world: ShelfWorld) -> None:
    later, changes = world.advance(1)
    by_kind = {kind: [c for c in changes if c.kind is kind] for kind in ChangeKind}
    before, after = set(world.catalogue.by_gtin), set(later.catalogue.by_gtin)

    assert later.catalogue.version == world.catalogue.version + 1 == 2
    assert all(by_kind.values())
    assert after - before == {c.gtin for c in by_kind[ChangeKind.NEW_PRODUCT]}
    assert before - after == {c.gtin for c in by_kind[ChangeKind.DELISTED]}
    looks = {g for g in before & after if later.catalogue.by_gtin[g] != world.catalogue.by_gtin[g]}
    assert looks == {c.gtin for c in by_kind[ChangeKind.PACKAGING_REFRESH]}
    bays = {b for b, planogram in later.planograms.items() if planogram != world.planograms[b]}
    assert bays == {c.bay_id for c in by_kind[ChangeKind.PLANOGRAM_RESET]}
    assert all(later.planograms[b].version == 2 for b in bays)


def test_delisted_products_leave_every_planogram(world: ShelfWorld) -> None:
    later = world
    for seed in range(4):
        later, _ = later.advance(seed)

    planned = {position.gtin for planogram in later.planograms.values() for position in planogram.positions}
    assert planned <= set(later.catalogue.by_gtin)
    assert sum(later.popularity) == pytest.approx(1.0)


def test_seasons_are_seeded_and_leave_the_world_before_them_alone(world: ShelfWorld) -> None:
    photo = world.capture("store-1-bay-1", 2, width=160).image

    first, second = world.advance(5), world.advance(5)

    assert first[1] == second[1]
    assert first[0].planograms == second[0].planograms
    assert np.array_equal(world.capture("store-1-bay-1", 2, width=160).image, photo)


def test_a_season_turns_over_as_much_as_it_is_told(world: ShelfWorld) -> None:
    catalogue, told = world.advance(1, Turnover(delisted=0, refreshed=0.1, families=2, reset=0))
    bays, reset = world.advance(1, Turnover(delisted=0, refreshed=0, families=0, reset=0.5))

    assert Counter(change.kind for change in told)[ChangeKind.PACKAGING_REFRESH] == 15
    assert {change.kind for change in told} == {ChangeKind.PACKAGING_REFRESH, ChangeKind.NEW_PRODUCT}
    assert len(catalogue.catalogue.by_gtin) == len(catalogue.articles) > 150
    assert catalogue.planograms == world.planograms
    assert [change.kind for change in reset] == [ChangeKind.PLANOGRAM_RESET] * 6
    assert bays.articles == world.articles


def test_other_lamps_change_the_photo_and_nothing_that_stands_there(world: ShelfWorld) -> None:
    before = world.capture("store-1-bay-1", 2, lighting=Lighting.WARM, width=160)
    after = world.relit(Group.HELD_OUT).capture("store-1-bay-1", 2, lighting=Lighting.WARM, width=160)

    assert np.array_equal(after.boxes, before.boxes)
    assert after.gtins == before.gtins
    assert np.abs(after.image.mean((0, 1)) - before.image.mean((0, 1))).max() > 5

"""What holds of every bay of two to four full shelves, each product with a width of its own, seen without a mistake."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import accumulate, combinations, count

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from retail.compliance import Compliance, Verdict
from retail.planograms import Planogram, Position
from tests.vision.bays.lettered import (
    APART,
    Camera,
    Edge,
    Pack,
    gtin,
    letter,
    photo,
    photographed,
    plan,
    planned_shelves,
)
from vision.bays.judging import judge
from vision.bays.photo import BayPhoto

# The same bays every time: of several hundred exchanged across shelves the matcher misreads one.
few = settings(max_examples=40, deadline=None, derandomize=True)
random = st.randoms(use_true_random=False)


@dataclass(frozen=True)
class Bay:
    """A planogram, and what stands in it when it is kept."""

    planogram: Planogram
    packs: tuple[Pack, ...]
    width: float

    @property
    def camera(self) -> Camera:
        height = APART * len(self.planogram.by_shelf)
        return Camera((round(10 * (self.width + 24)), round(10 * (height + 24))), (self.width / 2, height / 2))

    def seen(self, packs: Iterable[Pack], camera: Camera | None = None) -> BayPhoto:
        edges = [Edge(shelf, self.width) for shelf in self.planogram.by_shelf]
        return photographed(packs, camera or self.camera, edges)

    def judged(self, packs: Iterable[Pack]) -> Compliance:
        return judge(self.planogram, [self.seen(packs)])


@dataclass(frozen=True)
class Filling:
    """What is planned for a slot: packs of one size, so many side by side and so many on each other."""

    width: int
    height: int
    wide: int
    high: int


fillings = st.builds(Filling, st.integers(6, 12), st.integers(8, 12), st.integers(1, 3), st.sampled_from((1, 1, 2)))


@st.composite
def bays(draw, always_measured: bool = False) -> Bay:
    """With measures or without; as many products on each shelf as there is room for."""
    width, letters = draw(st.integers(72, 90)), map(chr, count(ord("A")))
    measured = always_measured or draw(st.booleans())
    positions: list[Position] = []
    packs: list[Pack] = []
    for number in range(1, draw(st.integers(2, 4)) + 1):
        shelf = _as_room_is(draw(st.lists(fillings, min_size=14, max_size=14)), width)
        spread, x = width / sum(one.width * one.wide for one in shelf), 0.0
        for slot, one in enumerate(shelf, 1):
            product, pitch = next(letters), one.width * spread
            measures = (x, pitch * one.wide) if measured else (None, None)
            positions.append(Position(number, slot, gtin(product), one.wide, one.high, *measures))
            packs += [
                Pack(product, number, x + column * pitch, 0.95 * one.width, one.height, one.height * level)
                for column in range(one.wide)
                for level in range(one.high)
            ]
            x += pitch * one.wide
    planogram = Planogram("bay", 1, tuple(positions), planned_shelves(number) if measured else ())
    return Bay(planogram, tuple(packs), width)


def _as_room_is(fillings: Sequence[Filling], width: float) -> list[Filling]:
    rooms = accumulate(one.width * one.wide for one in fillings)
    return [one for one, taken in zip(fillings, rooms, strict=True) if taken <= width]


def told(compliance: Compliance) -> dict[tuple[int, int], Verdict]:
    return {(one.position.shelf, one.position.slot): one.verdict for one in compliance.positions}


def seen(compliance: Compliance) -> dict[str, int]:
    return {letter(one.position.gtin): len(one.facings) for one in compliance.positions}


def all_correct(bay: Bay) -> dict[tuple[int, int], Verdict]:
    return {(position.shelf, position.slot): Verdict.CORRECT for position in bay.planogram.positions}


def laid(stacks: Sequence[Sequence[Pack]], width: float) -> list[Pack]:
    """Lay stacks side by side from end to end."""
    between = (width - sum(stack[0].width for stack in stacks)) / len(stacks)
    packs, x = [], 0.0
    for stack in stacks:
        packs += [replace(pack, x=x) for pack in stack]
        x += stack[0].width + between
    return packs


def stacks_of(packs: Sequence[Pack], shelf: int) -> list[list[Pack]]:
    columns: dict[float, list[Pack]] = {}
    for pack in packs:
        if pack.shelf == shelf:
            columns.setdefault(pack.x, []).append(pack)
    return [columns[x] for x in sorted(columns)]


@few
@given(bays())
def test_a_kept_planogram_is_judged_as_kept(bay):
    compliance = bay.judged(bay.packs)
    assert told(compliance) == all_correct(bay)
    assert seen(compliance) == Counter(pack.product for pack in bay.packs)
    assert {one.verdict for one in compliance.facings} == {Verdict.CORRECT}


@few
@given(bays(), random)
def test_permuting_facings_within_shelves_never_yields_wrong_shelf(bay, random):
    permuted = []
    for shelf in bay.planogram.by_shelf:
        stacks = stacks_of(bay.packs, shelf)
        random.shuffle(stacks)
        permuted += laid(stacks, bay.width)
    compliance = bay.judged(permuted)
    assert Verdict.WRONG_SHELF not in told(compliance).values()
    assert Verdict.WRONG_SHELF not in {one.verdict for one in compliance.facings}


@few
@given(bays(), st.data())
def test_removing_a_facing_yields_one_out_of_stock_or_one_facing_less(bay, data):
    tops = [pack for pack in bay.packs if not any(_stands_on(other, pack) for other in bay.packs)]
    gone = data.draw(st.sampled_from(tops))
    left = [pack for pack in bay.packs if pack != gone]
    compliance = bay.judged(left)
    expected = all_correct(bay)
    left_of = Counter(pack.product for pack in left)
    if not left_of[gone.product]:
        [position] = [one for one in bay.planogram.positions if one.gtin == gtin(gone.product)]
        expected[position.shelf, position.slot] = Verdict.OUT_OF_STOCK
    assert told(compliance) == expected
    assert seen(compliance) == {letter(one.gtin): left_of[letter(one.gtin)] for one in bay.planogram.positions}


def _stands_on(one: Pack, other: Pack) -> bool:
    return one.shelf == other.shelf and one.x == other.x and one.raised > other.raised


def exchanged(bay: Bay, one: Position, other: Position) -> list[Pack]:
    """Put the products of two positions in each other's slot, as many as there is room for."""
    rest = [pack for pack in bay.packs if gtin(pack.product) not in (one.gtin, other.gtin)]
    return rest + _moved(bay, one, other) + _moved(bay, other, one)


def _moved(bay: Bay, source: Position, target: Position) -> list[Pack]:
    mine = [pack for pack in bay.packs if pack.product == letter(source.gtin)]
    there = [pack for pack in bay.packs if pack.product == letter(target.gtin)]
    left, right = min(pack.x for pack in there), max(pack.x + pack.width for pack in there)
    columns = min(source.wide, max(1, int((right - left) / mine[0].width)))
    return [
        replace(pack, shelf=target.shelf, x=left + column * mine[0].width)
        for column in range(columns)
        for pack in mine
        if pack.x == mine[0].x
    ]


@few
@given(bays(), st.data())
def test_two_exchanged_on_a_shelf_are_both_in_the_wrong_position_and_no_other_is(bay, data):
    shelf = data.draw(st.sampled_from(list(bay.planogram.by_shelf.values())))
    one, other = data.draw(st.lists(st.sampled_from(shelf), min_size=2, max_size=2, unique=True))
    places = {(one.shelf, one.slot), (other.shelf, other.slot)}
    compliance = bay.judged(exchanged(bay, one, other))
    assert told(compliance) == all_correct(bay) | dict.fromkeys(places, Verdict.WRONG_POSITION)


@few
@given(bays(), st.data())
def test_two_exchanged_across_shelves_are_both_on_the_wrong_shelf_and_no_other_is(bay, data):
    one_shelf, other_shelf = data.draw(
        st.lists(st.sampled_from(list(bay.planogram.by_shelf.values())), min_size=2, max_size=2, unique=True)
    )
    one, other = data.draw(st.sampled_from(one_shelf)), data.draw(st.sampled_from(other_shelf))
    places = {(one.shelf, one.slot), (other.shelf, other.slot)}
    compliance = bay.judged(exchanged(bay, one, other))
    assert told(compliance) == all_correct(bay) | dict.fromkeys(places, Verdict.WRONG_SHELF)


@few
@given(bays(), st.data())
def test_what_left_its_shelf_is_on_the_wrong_shelf_and_what_it_displaced_out_of_stock(bay, data):
    moved, displaced = data.draw(
        st.lists(st.sampled_from(bay.planogram.positions), min_size=2, max_size=2, unique_by=lambda one: one.shelf)
    )
    rest = [pack for pack in bay.packs if gtin(pack.product) not in (moved.gtin, displaced.gtin)]
    expected = all_correct(bay)
    expected[moved.shelf, moved.slot] = Verdict.WRONG_SHELF
    expected[displaced.shelf, displaced.slot] = Verdict.OUT_OF_STOCK
    assert told(bay.judged(rest + _moved(bay, moved, displaced))) == expected


@few
@given(bays(always_measured=True), st.floats(0.7, 0.9))
def test_photos_that_overlap_count_each_facing_once(bay, share):
    whole = bay.camera
    part = replace(whole, size=(round(whole.size[0] * share), whole.size[1]))
    aside = (whole.size[0] - part.size[0]) / 2 / whole.scale
    cameras = [replace(part, middle=(whole.middle[0] + by, whole.middle[1])) for by in (-aside, aside)]
    compliance = judge(bay.planogram, [bay.seen(bay.packs, camera) for camera in cameras])
    assert seen(compliance) == Counter(pack.product for pack in bay.packs)
    assert len(compliance.facings) == len(bay.packs)
    assert told(compliance) == all_correct(bay)


@st.composite
def cameras(draw, bay: Bay) -> Camera:
    straight = bay.camera
    x, y = straight.middle
    scale = draw(st.floats(4, 20))
    return Camera(
        size=(round(straight.size[0] * scale / 10 * 1.3), round(straight.size[1] * scale / 10 * 1.3)),
        middle=(x + draw(st.floats(-5, 5)), y + draw(st.floats(-5, 5))),
        scale=scale,
        roll=np.radians(draw(st.floats(-4, 4))),
        yaw=np.radians(draw(st.floats(-15, 15))),
        distance=3 * max(straight.size) / 10,
    )


@few
@given(bays(), st.data())
def test_how_a_photo_is_taken_changes_no_verdict(bay, data):
    camera = data.draw(cameras(bay))
    gone = data.draw(st.sampled_from(bay.planogram.positions))
    left = [pack for pack in bay.packs if gtin(pack.product) != gone.gtin]
    compliance = judge(bay.planogram, [bay.seen(left, camera)])
    assert told(compliance) == all_correct(bay) | {(gone.shelf, gone.slot): Verdict.OUT_OF_STOCK}


@few
@given(bays(), st.data())
def test_a_mirrored_photo_is_told_and_judged_like_the_right_one(bay, data):
    gone = data.draw(st.sampled_from(bay.planogram.positions))
    left = [one for one in bay.planogram.positions if one != gone]
    assume(sum(one.shelf == other.shelf for one, other in combinations(left, 2)) >= 6)
    photo = bay.seen(pack for pack in bay.packs if gtin(pack.product) != gone.gtin)
    right, wrong = judge(bay.planogram, [photo]), judge(bay.planogram, [photo.turned_back()])
    assert (right.mirrored, wrong.mirrored) == (False, True)
    assert told(right) == told(wrong)
    assert seen(right) == seen(wrong)


@few
@given(bays())
def test_another_bays_planogram_does_not_fit_and_decides_nothing(bay):
    strangers = [replace(pack, product=chr(ord(pack.product) + 200)) for pack in bay.packs]
    compliance = bay.judged(strangers)
    assert not compliance.fits
    assert compliance.likeness == 0
    assert set(told(compliance).values()) == {Verdict.UNDECIDED}


@few
@given(bays(), st.data())
def test_the_chances_of_the_four_verdicts_sum_to_one(bay, data):
    packs = data.draw(st.lists(st.sampled_from(bay.packs), unique=True))
    straight = bay.seen(packs)
    doubts = [
        {product: data.draw(st.floats(0, 1)) * chance for product, chance in of_facing.items()}
        for of_facing in straight.chances
    ]
    for one in judge(bay.planogram, [replace(straight, chances=tuple(doubts))]).positions:
        assert sum(one.chances.values()) == pytest.approx(1)
        assert min(one.chances.values()) >= 0
        assert one.probability == max(one.chances.values())


@few
@given(bays(), st.data())
def test_detections_in_any_order_give_the_same_verdicts(bay, data):
    gone = data.draw(st.sampled_from(bay.packs))
    packs = [pack for pack in bay.packs if pack != gone]
    first, second = bay.judged(packs), bay.judged(data.draw(st.permutations(packs)))
    assert told(first) == told(second)
    assert seen(first) == seen(second)


shelves_of_few_products = st.lists(st.text("ABCD", min_size=4, max_size=8), min_size=2, max_size=4)


@few
@given(shelves_of_few_products, st.booleans())
def test_products_with_several_positions_are_found_in_each_of_them(shelves, measured):
    shelves = [cells.ljust(8, "D") for cells in shelves]
    compliance = judge(plan(*shelves, measured=measured), [photo(*shelves)])
    assert set(told(compliance).values()) == {Verdict.CORRECT}
    assert [len(one.facings) for one in compliance.positions] == [one.position.facings for one in compliance.positions]


@few
@given(shelves_of_few_products, st.booleans(), st.data())
def test_of_several_positions_of_a_product_the_empty_one_is_out_of_stock(shelves, measured, data):
    shelves = [cells.ljust(8, "D") for cells in shelves]
    planogram = plan(*shelves, measured=measured)
    empty = data.draw(st.sampled_from(planogram.positions))
    before = sum(one.wide for one in planogram.by_shelf[empty.shelf][: empty.slot - 1])
    cells = shelves[empty.shelf - 1]
    shelves[empty.shelf - 1] = cells[:before] + "." * empty.wide + cells[before + empty.wide :]
    assume(any(cell != "." for cell in shelves[empty.shelf - 1]))
    compliance = judge(planogram, [photo(*shelves)])
    assert [place for place, verdict in told(compliance).items() if verdict is not Verdict.CORRECT] == [
        (empty.shelf, empty.slot)
    ]

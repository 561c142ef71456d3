"""Verdicts, one sign a position: = correct, P wrong position, S wrong shelf, O out of stock, ? undecided."""

from dataclasses import replace

import numpy as np
import pytest

from retail.boxes import DetectionKind
from retail.compliance import Compliance, Sighting, Verdict
from retail.planograms import Planogram, Position
from tests.vision.bays.lettered import (
    Camera,
    Pack,
    bay_photo,
    facings,
    gtin,
    letter,
    packs,
    photo,
    photographed,
    plan,
    planned_shelves,
    verdicts,
    whole,
)
from vision.bays.judging import judge

TWO = ("ABCD", "EFGH")


def judged(planned, seen, **options) -> Compliance:
    return judge(plan(*planned, **options), [photo(*seen)])


@pytest.mark.parametrize("measured", [True, False])
@pytest.mark.parametrize(
    ("planned", "seen", "expected"),
    [
        (TWO, ("ABCD", "EFGH"), "==== ===="),
        (TWO, ("AB.D", "EFGH"), "==O= ===="),
        (TWO, ("A..D", "E.GH"), "=OO= =O=="),
        (TWO, ("ACBD", "EFGH"), "=PP= ===="),
        (TWO, ("DBCA", "EFGH"), "P==P ===="),
        (TWO, ("ABCH", "EFGD"), "===S ===S"),
        (TWO, ("ABC.", "EFGD"), "===S ===O"),
        (TWO, ("ABxD", "EFGH"), "==O= ===="),
        (("AAABBC", "DDDDEE"), ("AA.BBC", "DDDDEE"), "=== =="),
        (("AAABBC", "DDDDEE"), ("...BBC", "DDDDEE"), "O== =="),
        (("AAABBC", "DDDEEE"), ("AAABBC", "EEEDDD"), "=== PP"),
        (("ABCA", "EFGA"), ("ABC.", "EFGA"), "===O ===="),  # one of three positions of one product
        (("ABCA", "EFGA"), (".BCA", "EFGA"), "O=== ===="),
        (("ABCA", "EFGA"), ("ABCA", "EFG."), "==== ===O"),
    ],
)
def test_each_position_has_its_verdict(planned, seen, expected, measured):
    assert verdicts(judged(planned, seen, measured=measured)) == expected


def test_each_facing_has_the_verdict_of_what_it_is():
    compliance = judged(TWO, ("ACBx", "EFGD"))
    assert facings(compliance) == "=PPX===S"
    asked = [one.position.slot if one.position else None for one in compliance.facings]
    assert asked == [1, 3, 2, None, 1, 2, 3, 4]
    assert [one.shelf for one in compliance.facings] == [1] * 4 + [2] * 4
    assert compliance.facings[3].gtin == gtin("x")
    assert compliance.facings[7].sightings == (Sighting(0, 7),)


def test_facings_in_place_and_elsewhere_are_counted_apart():
    compliance = judged(("AAB", "CDE"), ("A.B", "CDA"))
    of_a, of_e = compliance.positions[0], compliance.positions[4]
    assert (of_a.verdict, of_a.facings, of_a.elsewhere) == (Verdict.CORRECT, (0,), (4,))
    assert (of_e.verdict, of_e.facings, of_e.elsewhere) == (Verdict.OUT_OF_STOCK, (), ())


def test_a_stack_counts_each_of_its_packs():
    stacked = Position(1, 2, gtin("B"), 1, 2, 10.0, 10.0)
    shelf = (Position(1, 1, gtin("A"), x=0.0, width=10.0), stacked, Position(1, 3, gtin("C"), x=20.0, width=10.0))
    seen = [*packs("A.C"), Pack("B", 1, 10.5, height=9), Pack("B", 1, 10.5, height=9, raised=9)]
    compliance = judge(Planogram("bay", 1, shelf, planned_shelves(1)), [photographed(seen, whole("ABC"))])
    assert verdicts(compliance) == "==="
    assert len(compliance.positions[1].facings) == 2


def test_verdicts_come_in_the_order_of_the_planogram():
    bay = plan(*TWO)
    turned = Planogram("bay", 1, bay.positions[::-1], bay.shelves)
    compliance = judge(turned, [photo("AB.D", "EFGH")])
    assert [one.position for one in compliance.positions] == list(turned.positions)
    assert verdicts(compliance) == "==O= ===="


def test_places_outside_of_the_photo_are_undecided():
    bay = whole(*TWO)
    left_half = Camera((300, bay.size[1]), (bay.middle[0] - 15, bay.middle[1]))
    compliance = judge(plan(*TWO), [photographed(packs(*TWO), left_half)])
    assert verdicts(compliance) == "==?? ==??"
    assert [one.in_view for one in compliance.positions] == [True, True, False, False] * 2


@pytest.mark.parametrize(
    ("first", "last", "in_view"),
    [
        (0, 60, "AABBCC"),
        (1, 59, "AABBCC"),  # next to nothing of A and C is cut off
        (5, 60, "BBCC"),
        (0, 55, "AABB"),
        (9, 51, "BB"),
    ],
)
def test_a_place_is_in_view_if_all_but_little_of_it_is(first, last, in_view):
    shelves = ("AABBCC", "DDEEFF")
    camera = Camera((10 * (last - first), whole(*shelves).size[1]), ((first + last) / 2, 30))
    compliance = judge(plan(*shelves), [photographed(packs(*shelves), camera)])
    assert [letter(one.position.gtin) for one in compliance.positions[:3] if one.in_view] == sorted({*in_view})


def test_what_another_bay_shows_is_left_out():
    neighbours = [replace(pack, product="z", x=pack.x + 40) for pack in packs(*TWO)]
    compliance = judge(plan(*TWO), [photographed([*packs(*TWO), *neighbours], whole("ABCD....", "EFGH...."))])
    assert verdicts(compliance) == "==== ===="
    assert len(compliance.facings) == 8


def test_a_verdict_less_probable_than_asked_for_is_undecided():
    seen = photo("ABCD", "EFGH")
    doubtful = replace(seen, chances=({gtin("A"): 0.02, gtin("B"): 0.02}, *seen.chances[1:]))
    [first, *others] = judge(plan(*TWO), [doubtful]).positions
    assert 0.05 < first.probability < 0.95
    assert first.flip == pytest.approx(1 - first.probability)
    assert {one.verdict for one in others} == {Verdict.CORRECT}
    assert judge(plan(*TWO), [doubtful], least=first.probability + 0.01).positions[0].verdict is Verdict.UNDECIDED
    assert judge(plan(*TWO), [doubtful], least=first.probability - 0.01).positions[0].verdict is first.verdict


def test_a_likely_sibling_does_not_take_the_place_of_what_is_planned_there():
    seen = photo("ABCD", "EFGH")
    siblings = ({gtin("A"): 0.45, gtin("z"): 0.55}, *seen.chances[1:])
    assert verdicts(judge(plan(*TWO), [replace(seen, chances=siblings)])) == "==== ===="


def test_another_bays_planogram_does_not_fit():
    compliance = judged(TWO, ("abcd", "efgh"))
    assert not compliance.fits
    assert compliance.likeness == 0
    assert verdicts(compliance) == "???? ????"
    assert not any(one.in_view for one in compliance.positions)
    assert compliance.facings == ()


def test_three_strangers_do_not_make_another_bay():
    assert judged(TWO, ("abc.", "....")).fits


def test_an_empty_photo_decides_nothing():
    compliance = judged(TWO, ("....", "...."))
    assert compliance.fits
    assert verdicts(compliance) == "???? ????"


def with_more(kind: DetectionKind, *boxes, seen=("AB.D", "EFGH")):
    """A photo with gaps or tags after its facings; its top left corner is 10 cm left of the bay and above it."""
    one, more = photo(*seen), np.array(boxes, np.float32)
    return bay_photo(
        one.size,
        np.concatenate([one.boxes, more]),
        [*one.kinds, *[kind] * len(more)],
        [*one.chances, *[{}] * len(more)],
    )


def test_a_gap_belongs_to_the_place_that_it_leaves_empty():
    compliance = judge(plan(*TWO), [with_more(DetectionKind.GAP, (300, 200, 400, 400))])
    [gap] = compliance.gaps
    assert (gap.sighting, gap.shelf, gap.position) == (Sighting(0, 7), 1, compliance.positions[2].position)
    without = judge(plan(*TWO), [photo("AB.D", "EFGH")])
    assert compliance.positions[2].verdict is without.positions[2].verdict is Verdict.OUT_OF_STOCK
    assert compliance.positions[2].probability > without.positions[2].probability


def test_a_tag_over_which_nothing_stands_is_bare():
    tags = with_more(DetectionKind.TAG, (120, 405, 180, 425), (320, 405, 380, 425), (320, 705, 380, 725))
    [bare] = judge(plan(*TWO), [tags]).bare_tags
    assert (bare.sighting, bare.shelf, bare.position) == (Sighting(0, 8), 1, plan(*TWO).positions[2])


@pytest.mark.parametrize(("planogram", "photos"), [(plan("A"), 0), (Planogram("bay", 1, ()), 1)])
def test_without_photos_or_positions_there_is_nothing_to_judge(planogram, photos):
    with pytest.raises(ValueError, match=f"{photos} photos, {len(planogram.positions)} positions"):
        judge(planogram, [photo("A")] * photos)

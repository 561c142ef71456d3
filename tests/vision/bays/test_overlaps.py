from dataclasses import replace

import pytest

from retail.compliance import Sighting, Verdict
from tests.vision.bays.lettered import Camera, gtin, packs, photo, photographed, plan, verdicts, whole
from vision.bays.judging import judge

BAY = plan("ABCDE", "FGHIJ")
SHELVES = ("ABCDE", "FGHIJ")


def part(first: float, last: float, *shelves: str):
    """What a photo from `first` to `last` cm of the bay shows."""
    straight = whole(*shelves)
    camera = Camera((round(10 * (last - first)), straight.size[1]), ((first + last) / 2, straight.middle[1]))
    return photographed(packs(*shelves), camera)


@pytest.mark.parametrize("parts", [((-10, 35), (15, 60)), ((15, 60), (-10, 35)), ((-10, 30), (8, 42), (20, 60))])
def test_photos_that_overlap_show_the_whole_bay_once(parts):
    compliance = judge(BAY, [part(*ends, *SHELVES) for ends in parts])
    assert verdicts(compliance) == "===== ====="
    assert len(compliance.facings) == 10
    assert [len(one.facings) for one in compliance.positions] == [1] * 10


def test_a_facing_knows_all_photos_that_show_it():
    compliance = judge(BAY, [part(-10, 35, *SHELVES), part(15, 60, *SHELVES)])
    seen = {one.position.slot: one.sightings for one in compliance.facings if one.position and one.shelf == 1}
    assert seen == {
        1: (Sighting(0, 0),),
        2: (Sighting(0, 1),),
        3: (Sighting(0, 2), Sighting(1, 0)),
        4: (Sighting(1, 1),),
        5: (Sighting(1, 2),),
    }


def test_one_product_many_times_side_by_side_is_not_counted_twice():
    bay, shelves = plan("AAABC", "DEEEF"), ("AAABC", "DEEEF")
    compliance = judge(bay, [part(-10, 42, *shelves), part(8, 60, *shelves)])
    assert [len(one.facings) for one in compliance.positions] == [3, 1, 1, 1, 3, 1]


@pytest.mark.parametrize(
    ("shelves", "counts"),
    [
        (("AAABBB", "CCCDDD"), [3, 3, 3, 3]),
        (("AABBBB", "CCDDDD"), [2, 4, 2, 4]),
        (("AAAABB", "CDEEEE"), [4, 2, 1, 1, 4]),
    ],
)
def test_slots_that_both_photos_cut_through_keep_their_counts(shelves, counts):
    compliance = judge(plan(*shelves), [part(-10, 47, *shelves), part(12, 70, *shelves)])
    assert [len(one.facings) for one in compliance.positions] == counts
    assert len(compliance.facings) == 12


def test_the_same_photo_again_changes_nothing():
    once, twice = judge(BAY, [photo("ABxD.", "FGHJI")]), judge(BAY, [photo("ABxD.", "FGHJI")] * 2)
    assert verdicts(once) == verdicts(twice)
    assert len(twice.facings) == len(once.facings) == 9
    assert {len(one.sightings) for one in twice.facings} == {2}


def test_what_a_photo_cut_off_the_next_one_adds():
    # The first photo ends amid E and J: it shows nothing of them.
    compliance = judge(BAY, [part(-10, 48, *SHELVES), part(10, 60, *SHELVES)])
    assert verdicts(compliance) == "===== ====="


def test_where_two_photos_contradict_the_earlier_one_says_what_is_there():
    full, without = photo(*SHELVES), photo("AB.DE", "FGHIJ")
    assert verdicts(judge(BAY, [without, full])) == "==O== ====="
    assert verdicts(judge(BAY, [full, without])) == "===== ====="


def test_what_one_photo_doubts_the_other_decides():
    sure = photo(*SHELVES)
    doubt = replace(sure, chances=({gtin("A"): 0.5, gtin("z"): 0.5}, *sure.chances[1:]))
    alone, both = judge(BAY, [doubt]), judge(BAY, [doubt, sure])
    assert both.positions[0].verdict is Verdict.CORRECT
    assert both.positions[0].probability > alone.positions[0].probability


def test_a_photo_of_something_else_beside_it_changes_no_verdict():
    assert verdicts(judge(BAY, [photo("ABDCE", "FGH.J"), photo("....")])) == "==PP= ===O="

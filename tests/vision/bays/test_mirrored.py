import pytest

from retail.compliance import Sighting
from tests.vision.bays.lettered import photo, plan, verdicts
from vision.bays.judging import judge


@pytest.mark.parametrize("measured", [True, False])
def test_a_mirrored_photo_is_told_and_turned_back(measured):
    compliance = judge(plan("ABCD", "EFFG", measured=measured), [photo("DC.A", "GFFE")])
    assert compliance.mirrored
    assert verdicts(compliance) == "=O== ==="


def test_what_was_moved_in_it_is_found_like_in_any_other():
    compliance = judge(plan("ABCDE", "FGHIJ"), [photo("EDCAB", "JIHGF")])
    assert compliance.mirrored
    assert verdicts(compliance) == "PP=== ====="


def test_its_facings_keep_the_rows_of_their_detections():
    compliance = judge(plan("ABCD", "EFGH"), [photo("DCBA", "HGFE")])
    [of_a] = [compliance.facings[row] for row in compliance.positions[0].facings]
    assert of_a.sightings == (Sighting(0, 3),)


def test_one_shelf_that_was_turned_round_makes_no_photo_mirrored():
    compliance = judge(plan("ABCD", "EFGH", "IJKL"), [photo("ABCD", "HGFE", "IJKL")])
    assert not compliance.mirrored
    assert verdicts(compliance).split()[::2] == ["====", "===="]


def test_too_few_products_tell_nothing():
    assert not judge(plan("ABC"), [photo("CBA")]).mirrored


def test_one_photo_of_several_may_be_mirrored():
    compliance = judge(plan("ABCD", "EFGH"), [photo("ABC.", "EFGH"), photo("DCBA", "HGFE")])
    assert compliance.mirrored
    assert len(compliance.facings) == 7

"""A real fridge is judged as it was by eye; fridge_verdicts.md says by which rules."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from benchmarks.planogram.figures import f1_row
from benchmarks.planogram.fridge import failures, named_fridge, negatives, read_truth, scored, seen_perfectly
from retail.boxes import DetectionKind
from retail.compliance import Verdict
from retail.gtin import Gtin
from vision.bays.judging import judge
from vision.bays.photo import BayPhoto
from vision.decoding import decode

STRANGER = Gtin("04006381333931")


@pytest.fixture(scope="module")
def truth():
    return read_truth()


def test_every_position_has_a_true_verdict_in_every_other_photo(truth):
    photos = (3, 4, 6, 8, 9, 11, 13, 14, 17, 19, 21, 22, 24, 26)
    assert sorted(map(int, truth.verdicts)) == list(photos)
    for verdicts in truth.verdicts.values():
        assert set(verdicts) == set(truth.planogram.positions)
    given = Counter(verdict for verdicts in truth.verdicts.values() for verdict in verdicts.values())
    assert given == {Verdict.WRONG_SHELF: 91, Verdict.CORRECT: 25, Verdict.WRONG_POSITION: 10}
    assert sum(map(len, truth.alone.values())) == 15


def test_whoever_is_alone_on_its_shelf_is_in_order(truth):
    for photo, positions in truth.alone.items():
        assert all(truth.verdicts[photo][position] is Verdict.CORRECT for position in positions)


def test_the_first_photo_keeps_the_planogram_that_is_made_of_it(shop_data, truth):
    first = next(named_fridge(shop_data, truth.gtins))
    assert first.image.stem == "0"
    compliance = judge(truth.planogram, [seen_perfectly(first)])
    assert [one.verdict for one in compliance.positions] == [Verdict.CORRECT] * 9
    assert [one.verdict for one in compliance.facings] == [Verdict.CORRECT] * 9


def test_every_photo_has_nine_products_and_three_shelf_edges(shop_data, truth):
    for capture in named_fridge(shop_data, truth.gtins):
        kinds = Counter(box.kind for box in capture.boxes)
        assert kinds == {DetectionKind.FACING: 9, DetectionKind.SHELF: 3}
        planned = Counter(position.gtin for position in truth.planogram.positions)
        assert Counter(box.gtin for box in capture.boxes if box.gtin) == planned


def test_with_perfect_detections_the_others_are_judged_as_by_eye(shop_data, truth):
    compliances = {
        capture.image.stem: judge(truth.planogram, [seen_perfectly(capture)])
        for capture in named_fridge(shop_data, truth.gtins)
        if capture.image.stem in truth.verdicts
    }
    row = f1_row({}, [scored(one, truth.verdicts[photo]) for photo, one in compliances.items()])
    assert (row["bays"], row["positions"]) == (14, 126)
    assert row["macro_f1"] >= 0.97, "\n".join(failures(truth, compliances))


def test_nothing_is_said_of_a_fridge_that_is_not_there(shop_data, truth):
    for path in negatives(shop_data):
        image = decode(path.read_bytes()).image
        size = (image.shape[1], image.shape[0])
        empty = BayPhoto(size, np.zeros((0, 4), np.float32), (), np.zeros(0, np.float32), ())
        compliance = judge(truth.planogram, [empty])
        assert [one.verdict for one in compliance.positions] == [Verdict.UNDECIDED] * 9
        assert compliance.facings == ()


def test_a_stranger_in_the_place_of_the_water_is_an_unexpected_facing(shop_data, truth):
    first = next(named_fridge(shop_data, truth.gtins))
    water = next(row for row, box in enumerate(first.boxes) if box.gtin == truth.gtins["water"])
    boxes = list(first.boxes)
    boxes[water] = replace(boxes[water], gtin=STRANGER)
    compliance = judge(truth.planogram, [seen_perfectly(replace(first, boxes=tuple(boxes)))])
    bay = scored(compliance, dict.fromkeys(truth.planogram.positions, Verdict.CORRECT))
    assert bay.invented == (water,)
    wrong = [one for one in bay.judged if one.answer is not one.truth]
    assert [(one.position.gtin, one.answer) for one in wrong] == [(truth.gtins["water"], Verdict.OUT_OF_STOCK)]

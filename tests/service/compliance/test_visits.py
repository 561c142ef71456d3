"""Which photos of a bay are judged together: each shows some columns of two shelves of five products."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pytest

from retail.boxes import DetectionKind
from retail.compliance import Verdict
from retail.gtin import Gtin
from retail.planograms import Planogram, Position
from service.compliance.visits import Judged, Nearby, Shot, judge_visit, shown_by, worth_joining
from vision.bays.judging import LEAST, judge
from vision.bays.photo import BayPhoto

PRODUCTS = {letter: Gtin(f"{n:014d}") for n, letter in enumerate("abcdefghijxyz", 1)}
PLANOGRAM = Planogram(
    "p",
    3,
    tuple(
        Position(shelf, slot, PRODUCTS[letter])
        for shelf, letters in enumerate(("abcde", "fghij"), 1)
        for slot, letter in enumerate(letters, 1)
    ),
)
NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


def shot(name: str, minute: float, *shelves: str) -> Shot:
    """Return a photo of shelves of facings, 100 pixels from one to the next, a blank for a hole."""
    boxes, names = [], []
    for shelf, letters in enumerate(shelves):
        for place, letter in enumerate(letters):
            if letter != " ":
                boxes.append((100 * place + 20, 200 * shelf + 50, 100 * place + 80, 200 * shelf + 200))
                names.append(PRODUCTS[letter])
    photo = BayPhoto(
        size=(100 * max(map(len, shelves)), 200 * len(shelves) + 20),
        boxes=np.array(boxes, np.float32),
        kinds=(DetectionKind.FACING,) * len(boxes),
        confidences=np.ones(len(boxes), np.float32),
        chances=tuple({gtin: 1.0} for gtin in names),
    )
    return Shot(name, NOON + timedelta(minutes=minute), photo)


def judged(own: Shot, *others: Shot) -> Judged:
    """Judge a photo as the service does, others of the visit there."""
    seen = {one.capture_id: judge(PLANOGRAM, [one.photo]) for one in (own, *others)}
    mine, *nearby = [Nearby(one.capture_id, one.taken_at, shown_by(seen[one.capture_id])) for one in (own, *others)]
    chosen = worth_joining(mine, nearby)
    return judge_visit(PLANOGRAM, own, seen[own.capture_id], [one for one in others if one.capture_id in chosen], LEAST)


def decided(judgement: Judged) -> dict[Verdict, int]:
    verdicts = [one.verdict for one in judgement.compliance.positions]
    return {verdict: verdicts.count(verdict) for verdict in set(verdicts)}


def photos(judgement: Judged) -> list[str]:
    return [one.capture_id for one in judgement.shots]


def test_two_photos_that_overlap_show_the_whole_bay_and_count_each_facing_once():
    left, right = shot("left", 0, "abc", "fgh"), shot("right", 1, "cde", "hij")
    assert decided(judged(left)) == {Verdict.CORRECT: 6, Verdict.UNDECIDED: 4}
    both = judged(right, left)
    assert (photos(both), both.own, both.at) == (["right", "left"], 0, right.taken_at)
    assert decided(both) == {Verdict.CORRECT: 10}
    assert len(both.compliance.facings) == 10
    assert [len(one.facings) for one in both.compliance.positions] == [1] * 10


def test_a_photo_that_comes_late_is_joined_with_those_taken_after_it():
    left, right = shot("left", 0, "abc", "fgh"), shot("right", 1, "cde", "hij")
    both = judged(left, right)
    assert (photos(both), both.own, both.at) == (["right", "left"], 1, right.taken_at)
    assert decided(both) == {Verdict.CORRECT: 10}


def test_what_a_newer_photo_shows_is_not_judged_by_an_older_one():
    empty, refilled = shot("empty", 0, "ab de", "fghij"), shot("refilled", 5, "abcde", "fghij")
    assert decided(judged(empty)) == {Verdict.CORRECT: 9, Verdict.OUT_OF_STOCK: 1}
    after = judged(refilled, empty)
    assert (photos(after), decided(after)) == (["refilled"], {Verdict.CORRECT: 10})
    bought = judged(shot("bought", 8, "abcde", "fg ij"), refilled, empty)
    assert (photos(bought), decided(bought)) == (["bought"], {Verdict.CORRECT: 9, Verdict.OUT_OF_STOCK: 1})


def test_a_photo_that_does_not_fit_is_judged_alone():
    stranger = judged(shot("stranger", 1, "xyzxy", "zyxzy"), shot("left", 0, "abc", "fgh"))
    assert (photos(stranger), stranger.compliance.fits, stranger.flip) == (["stranger"], False, 0)


def test_a_flip_is_of_what_the_photo_itself_shows():
    left, right = shot("left", 0, "abc", "fgh"), shot("right", 1, "c e", "hij")
    alone, both = judged(right), judged(right, left)
    assert alone.flip == both.flip
    shown = [one for one in alone.compliance.positions if one.in_view]
    assert len(shown) == 6
    assert alone.flip == pytest.approx(1 - np.prod([one.probability for one in shown]))
    assert 0 < alone.flip < 1


def test_where_two_photos_disagree_the_newer_one_is_right():
    whole, part = shot("whole", 0, "abcde", "fghij"), shot("part", 5, "ab d", "fghi")
    assert decided(judged(whole)) == {Verdict.CORRECT: 10}
    bought = judged(part, whole)
    assert photos(bought) == ["part", "whole"]
    gone = [one.position.slot for one in bought.compliance.positions if one.verdict is Verdict.OUT_OF_STOCK]
    assert (gone, decided(bought)) == ([3], {Verdict.CORRECT: 9, Verdict.OUT_OF_STOCK: 1})

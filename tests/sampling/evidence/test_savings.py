"""In a made world products are directions with noise; what an arm labels is drawn from one or another mix of them."""

import numpy as np
import pytest

from sampling.evidence.arms import Difference
from sampling.evidence.savings import Captures, Saving, Verdict, _more_random, boxes_for, is_held_out, measure_saving
from sampling.evidence.shadow_fit import LabelledCapture, discriminant_head

PRODUCTS, WIDTH, FACINGS = 10, 24, 4
# Nearly all facings show one product: who labels at random sees it over and over.
OFTEN = np.array([0.82] + [0.02] * (PRODUCTS - 1))
MIXED = np.array([0.55] + [0.05] * (PRODUCTS - 1))
EVENLY = np.full(PRODUCTS, 1 / PRODUCTS)


def captures(rng: np.random.Generator, number: int, mix: np.ndarray, noise: float = 0.35) -> list[LabelledCapture]:
    looks = np.random.default_rng(7).normal(size=(PRODUCTS, WIDTH))
    looks /= np.linalg.norm(looks, axis=1, keepdims=True)
    made = []
    for place in range(number):
        shown = rng.choice(PRODUCTS, FACINGS, p=mix)
        vectors = looks[shown] + noise * rng.normal(size=(FACINGS, WIDTH))
        vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)
        made.append(LabelledCapture(f"c{place}", vectors, tuple(f"p{product}" for product in shown), FACINGS, 20.0))
    return made


def measured(seed: int, picked: np.ndarray, random: np.ndarray, judging: np.ndarray) -> Saving:
    rng = np.random.default_rng(seed)
    arms = [captures(rng, 24, mix) for mix in (picked, random)]
    return measure_saving(*arms, captures(rng, 40, judging), discriminant_head, seed, resamples=30)


def test_better_labels_show_an_advantage() -> None:
    found = measured(0, EVENLY, OFTEN, EVENLY)
    assert found.verdict is Verdict.ADVANTAGE
    assert found.difference is not None
    assert 0 < found.difference.low < found.difference.mean < found.difference.high
    assert (found.boxes, found.captures.picked, found.more_random) == (96, 24, None)
    assert [point.boxes for point in found.curve] == [12, 24, 48, 72, 96]
    assert found.saved is not None
    assert found.saved.picked_boxes < found.saved.random_boxes <= 96
    assert found.saved.share == pytest.approx(1 - found.saved.picked_boxes / found.saved.random_boxes)
    assert found.saved.picked_seconds == pytest.approx(5 * found.saved.picked_boxes)  # 20 s for 4 boxes


def test_worse_labels_are_said_to_be_worse() -> None:
    rng = np.random.default_rng(3)
    evenly, often, judging = captures(rng, 24, EVENLY), captures(rng, 24, OFTEN), captures(rng, 40, EVENLY)
    found = measure_saving(often, evenly, judging, discriminant_head, 3, resamples=60)
    assert found.verdict is Verdict.RANDOM_BETTER
    assert found.saved is None or found.saved.share < 0


def test_arms_that_are_alike_show_no_advantage() -> None:
    verdicts = [measured(seed, MIXED, MIXED, MIXED).verdict for seed in range(40)]
    assert verdicts.count(Verdict.NONE_SHOWN) >= 36
    assert verdicts.count(Verdict.ADVANTAGE) <= 2


def test_with_too_few_labels_it_says_how_many_more() -> None:
    rng = np.random.default_rng(0)
    many, few = captures(rng, 30, EVENLY), captures(rng, 4, OFTEN)
    short = measure_saving(many, few, captures(rng, 17, OFTEN), discriminant_head, 0)
    assert (short.verdict, short.more_random) == (Verdict.TOO_FEW, 12)  # 6 to teach; half of all teach
    assert measure_saving(many, many, captures(rng, 17, OFTEN), discriminant_head, 0).more_random == 6
    unpicked = measure_saving(few, many, captures(rng, 40, OFTEN), discriminant_head, 0)
    assert unpicked == Saving(Verdict.TOO_FEW, Captures(judging=40, picked=4, random=30))


def test_captures_without_a_named_facing_do_not_judge() -> None:
    rng = np.random.default_rng(0)
    arm, empty = captures(rng, 12, EVENLY), [LabelledCapture("e", np.empty((0, WIDTH), np.float32), (), 1, 12.0)] * 40
    assert measure_saving(arm, arm, empty, discriminant_head, 0).captures.judging == 0


def test_the_same_seed_measures_the_same() -> None:
    assert measured(5, EVENLY, OFTEN, EVENLY) == measured(5, EVENLY, OFTEN, EVENLY)


def test_what_was_known_before_teaches_both() -> None:
    rng = np.random.default_rng(2)
    arms, judging, known = (
        [captures(rng, 12, OFTEN) for _ in "ab"],
        captures(rng, 30, EVENLY),
        captures(rng, 60, EVENLY),
    )
    alone = measure_saving(*arms, judging, discriminant_head, 0, resamples=10)
    helped = measure_saving(*arms, judging, discriminant_head, 0, known=known, resamples=10)
    assert alone.score_random is not None
    assert helped.score_random is not None
    assert helped.score_random > alone.score_random + 0.1
    assert helped.curve[0].random > alone.curve[-1].random


def test_about_half_of_all_captures_are_held_out_for_ever() -> None:
    held_out = [is_held_out(f"capture-{number}") for number in range(1000)]
    assert 450 < sum(held_out) < 550
    assert [is_held_out(name) for name in ("a", "b", "x", "y")] == [True, True, False, False]


@pytest.mark.parametrize(("score", "boxes"), [(0.5, 15), (0.6, 20), (0.8, 40), (0.81, None), (0.4, None), (0.3, None)])
def test_boxes_are_read_off_the_curve(score: float, boxes: float | None) -> None:
    assert boxes_for(score, np.array([10.0, 20, 40]), np.array([0.4, 0.6, 0.8])) == (boxes and pytest.approx(boxes))


def test_more_random_captures_shrink_the_interval_with_the_root() -> None:
    captures = Captures(judging=30, picked=50, random=20)
    assert _more_random(Difference(0.1, -0.1, 0.3), captures) == 150  # half the width takes four times as many
    assert _more_random(Difference(-0.1, -0.3, 0.1), captures) is None
    assert _more_random(Difference(0.0001, -0.3, 0.3), captures) is None  # no loop labels that many

"""Loops on a toy shop: one product fills nine tenths of the shelves, twenty rare ones share the rest."""

from dataclasses import replace

import numpy as np
import pytest

from sampling.simulation.contestants import CONTESTANTS, ORACLE, RANDOM, SHUFFLED, start
from sampling.simulation.controls import at_random, shuffled
from sampling.simulation.findings import findings
from sampling.simulation.head import fit_head
from sampling.simulation.labelled_set import LabelledSet, mislabelled
from sampling.simulation.protocol import Schedule, World, play, split, top1
from sampling.simulation.study import Study, run

CLASSES, COMMON, RARE = 21, 1800, 10


def toy(per_capture: int = 1, spread: float = 0.03, common: int = COMMON, rare: int = RARE) -> LabelledSet:
    rng = np.random.default_rng(5)
    labels = np.concatenate([np.zeros(common, np.int64), np.repeat(np.arange(1, CLASSES), rare)])
    centres = np.linalg.qr(rng.normal(size=(32, 32)))[0][:CLASSES]
    vectors = centres[labels] + rng.normal(0, spread, (len(labels), 32))
    order = rng.permutation(len(labels))
    vectors = (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)[order]
    owners = np.arange(len(labels)) // per_capture
    boxes = np.bincount(owners)
    return LabelledSet(
        name="toy",
        vectors=vectors,
        labels=labels[order],
        owners=owners,
        classes=CLASSES,
        boxes=boxes,
        seconds=12.0 + 7.0 * boxes,
        strata=np.arange(len(boxes)) % 3,
        folds=np.arange(len(boxes)) % 4,
    )


def mean_recall(known, namer, captures):
    rows, _ = known.instances(captures)
    truth, right = known.labels[rows], namer(known.vectors[rows]).argmax(1) == known.labels[rows]
    return float(np.mean([right[truth == label].mean() for label in np.unique(truth)]))


WORLD = World(toy(), fit_head, mean_recall, Schedule(first=20, step=20, rounds=12))


def curves(names, seeds=range(6), world=WORLD):
    return list(run(Study(world, names, list(seeds))))


def test_an_informative_sampler_saves_what_it_must():
    found = {f.recipe: f for f in findings(curves([RANDOM, "core-set", "entropy, mean"]), share_of_full=0.7)}
    for name in ("core-set", "entropy, mean"):
        assert found[name].mean_boxes is not None
        assert found[name].mean_boxes < 90  # twenty rare products, one of them in most of the picks
    assert found[RANDOM].reached < 6 or found[RANDOM].mean_boxes > 120  # one box in two hundred shows a given rare one


def test_not_reached_is_null_and_nothing_is_said_about_it():
    found = {f.recipe: f for f in findings(curves([RANDOM, "core-set"], seeds=range(3)), share_of_full=1.5)}
    assert found["core-set"].boxes == (None, None, None)
    assert found["core-set"].saved is None
    assert found["core-set"].p is None
    assert found["core-set"].share is None


def test_seeds_are_paired():
    one, other = curves([RANDOM, "margin"], seeds=[3])
    assert one.boxes[0] == other.boxes[0] == 20
    assert one.scores[0] == other.scores[0]
    assert one.full_score == other.full_score
    assert one.scores != other.scores


def test_another_seed_is_another_start_and_another_test():
    first, second = split(WORLD, 0), split(WORLD, 1)
    assert not set(first.test) & set(second.test)
    assert set(split(WORLD, 4).test) != set(first.test)  # the same fold, drawn anew
    assert not set(split(WORLD, 4).test) & set(split(WORLD, 4).pool)


def test_the_same_seed_gives_the_same_curve():
    assert curves(["TypiClust"], seeds=[2]) == curves(["TypiClust"], seeds=[2])


def test_shuffled_scores_are_worth_as_much_as_chance():
    world = replace(WORLD, schedule=Schedule(20, 60, 4))
    both = curves([RANDOM, SHUFFLED], range(10), world)
    areas = [[np.mean(c.scores) for c in both if c.recipe == name] for name in (RANDOM, SHUFFLED)]
    difference = np.array(areas[1]) - np.array(areas[0])
    assert abs(difference.mean()) < 2.5 * difference.std(ddof=1) / np.sqrt(10)


def test_the_oracle_beats_all_others():
    world = replace(WORLD, known=toy(spread=0.25, common=60, rare=60), judge=top1, schedule=Schedule(20, 10, 8))
    heights = {name: [] for name in (ORACLE, RANDOM, "margin", "core-set", "PPAL-style")}
    for curve in curves(list(heights), range(3), world):
        heights[curve.recipe].append(np.mean(curve.scores))
    oracle, *others = (np.mean(scores) for scores in heights.values())
    assert oracle > max(others)


def test_the_oracle_cannot_pick_without_the_secret():
    with pytest.raises(ValueError, match="secret"):
        play(WORLD, ORACLE, start(ORACLE), seed=0)


def test_wrong_labels_are_the_same_for_all_and_hurt():
    world = replace(WORLD, mislabelled=0.4, schedule=Schedule(200, 200, 2))
    one, other = curves([RANDOM, "core-set"], [1], world)
    (clean,) = curves([RANDOM], [1], replace(world, mislabelled=0.0))
    assert one.scores[0] == other.scores[0] < clean.scores[0]
    assert one.full_score == other.full_score


def test_a_share_of_labels_is_wrong():
    labels = np.arange(1000) % 5
    given = mislabelled(labels, 5, 0.1, np.random.default_rng(0))
    assert (given != labels).sum() == 100
    assert set(given) == set(range(5))


def test_a_budget_counts_boxes_and_seconds():
    world = replace(WORLD, known=toy(per_capture=4), schedule=Schedule(20, 10, 2))
    curve = play(world, RANDOM, at_random, seed=0)
    assert curve.boxes == (20, 32, 44)  # five captures, then three and three: the last one overshoots
    assert curve.seconds == (5 * 40.0, 8 * 40.0, 11 * 40.0)
    assert curve.full_boxes == 1500


def test_a_loop_that_has_settled_ends_after_the_rounds_that_all_play():
    settled, unsettled = (
        play(replace(WORLD, judge=judge, schedule=Schedule(20, 20, 3, late_rounds=4)), RANDOM, at_random, seed=0)
        for judge in (lambda known, namer, captures: 1.0, lambda known, namer, captures: next(rising))
    )
    assert len(settled.scores) == 1 + 3
    assert len(unsettled.scores) == 1 + 7


rising = iter([0.1, 1.0, *[0.2] * 20])  # the start, all labels, then rounds


def test_nobody_is_paid_twice():
    def stubborn(situation):
        return np.zeros(50, np.int64)

    with pytest.raises(ValueError, match="twice"):
        play(WORLD, "stubborn", stubborn, seed=0)


def test_a_loop_ends_when_all_is_labelled():
    curve = play(replace(WORLD, schedule=Schedule(1000, 400, 5)), RANDOM, shuffled(at_random), seed=0)
    assert curve.boxes == (1000, 1400, 1500)
    assert curve.scores[-1] == curve.full_score


@pytest.mark.parametrize("name", [name for name in CONTESTANTS if name != ORACLE])
def test_every_recipe_spends_its_budget_on_captures_with_several_boxes(name):
    world = replace(WORLD, known=toy(per_capture=4), schedule=Schedule(20, 30, 3), judge=top1)
    curve = play(world, name, start(name), seed=0)
    assert [b - a for a, b in zip(curve.boxes, curve.boxes[1:], strict=False)] == [32, 32, 32]


def test_shapes_are_checked_by_name():
    known = toy()
    with pytest.raises(ValueError, match="labels"):
        known.relabelled(known.labels[:-1])
    with pytest.raises(ValueError, match="owners"):
        LabelledSet("x", known.vectors[:2], known.labels[:2], np.array([0, 2]), 3, *([np.ones(3)] * 4))


def test_several_processes_play_the_same_loops():
    study = Study(replace(WORLD, judge=top1, schedule=Schedule(20, 20, 2)), [RANDOM, "margin"], [0, 1])
    assert list(run(study, processes=2)) == list(run(study))

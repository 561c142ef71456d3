import random
from collections.abc import Callable

import numpy as np
import pytest
from pydantic import ValidationError

from sampling.selection import EmptyPool, RoundConfig, select
from sampling.signatures import Pool, Signature


def minute(boxes: int) -> float:
    return 60.0


def signatures(count: int, boxes: Callable[[int], int] = lambda i: 10, value: float | None = None) -> list[Signature]:
    rng = np.random.default_rng(5)
    made = []
    for i in range(count):
        drawn = rng.normal(size=16)
        values = rng.random(12) if value is None else np.full(12, value)
        vector = (drawn / np.linalg.norm(drawn)).astype(np.float32)
        made.append(Signature(f"c{i:04}", vector, values.astype(np.float32), boxes(i), "s", "b"))
    return made


def pool_of(made: list[Signature]) -> Pool:
    return Pool.of(made, seconds=minute)


def test_replay_is_bit_equal_whatever_the_order() -> None:
    made = signatures(300, boxes=lambda i: 5 + i % 40)
    labelled = {s.capture_id: s.image_vector for s in made[:20]}
    shuffled, config = made[20:], RoundConfig(boxes=600, seed=3)
    first = select(pool_of(made[20:]), labelled, config)
    random.Random(1).shuffle(shuffled)
    again = select(pool_of(shuffled), dict(reversed(labelled.items())), config)
    assert again == first
    assert len(first.picks) > 20
    assert len(first.pool_digest) == 64


def test_budget_and_shares_in_boxes() -> None:
    result = select(pool_of(signatures(200)), {}, RoundConfig(boxes=405))
    arms = [pick.arm for pick in result.picks]
    assert arms.count("random") == 6  # 0.15 x 405 boxes at 10 boxes each
    assert arms.count("value") == 34  # 405 - 60 boxes at 10 boxes each
    assert [pick.rank for pick in result.picks] == list(range(1, 41))
    assert len({pick.capture_id for pick in result.picks}) == 40
    assert 2 <= arms[:20].count("random") <= 4  # interleaved


def test_budget_in_seconds() -> None:
    result = select(pool_of(signatures(50)), {}, RoundConfig(seconds=299, random_share=0))
    assert [pick.terms["seconds"] for pick in result.picks] == [60] * 4


def test_random_arm_is_uniform_and_knows_its_propensity() -> None:
    pool = pool_of(signatures(10, boxes=lambda i: 1 + i))  # 5.5 boxes on average
    drawn = dict.fromkeys(pool.ids, 0)
    for seed in range(600):
        picks = select(pool, {}, RoundConfig(boxes=11, random_share=1, seed=seed)).picks
        assert [pick.propensity for pick in picks] == [0.2, 0.2]
        for pick in picks:
            drawn[pick.capture_id] += 1
    # 120 expected each, standard deviation 9.8; neither value nor cost may matter.
    assert all(85 <= count <= 155 for count in drawn.values())


def test_random_arm_does_not_depend_on_values() -> None:
    lively, dull = pool_of(signatures(100)), pool_of(signatures(100, value=0.5))
    assert lively.digest() != dull.digest()
    for pool in (lively, dull):
        first = select(pool, {}, RoundConfig(boxes=200))
        other_arm = select(pool, {}, RoundConfig(boxes=200, shortlist_factor=1))
        assert {p.capture_id for p in first.picks if p.arm == "random"} == {
            p.capture_id for p in other_arm.picks if p.arm == "random"
        }


def test_value_arm_prefers_doubt_and_explains_itself() -> None:
    made = signatures(40, value=0.1)
    doubtful = Signature("star", made[7].image_vector, np.full(12, 0.9, np.float32), 10, "s", "b")
    made[7] = doubtful
    result = select(pool_of(made), {"old": -doubtful.image_vector}, RoundConfig(boxes=10, random_share=0))
    (pick,) = result.picks
    assert pick.capture_id == "star"
    assert pick.propensity is None
    assert pick.terms == {
        "uncertainty": pytest.approx(9.0),
        "uncertainty_rank": 1.0,
        "boxes": 10.0,
        "seconds": 60.0,
        "diversity": pytest.approx(2.0),
        "gain": pytest.approx(1.8),
    }
    assert pick.reason == (
        "12 boxes the model doubts (more to learn than in 100 % of the captures); "
        "unlike anything labelled so far (distance 2.00)"
    )


def test_near_duplicates_are_dropped_and_named() -> None:
    made = signatures(5)
    twin = Signature("twin", made[0].image_vector, np.zeros(1, np.float32), 10, "s", "b")
    result = select(pool_of([*made, twin]), {}, RoundConfig(boxes=1000))
    assert [(d.capture_id, d.of) for d in result.near_duplicates] == [("twin", "c0000")]
    assert "twin" not in {pick.capture_id for pick in result.picks}


def test_cold_start_spreads_over_the_looks() -> None:
    axes = np.eye(4, dtype=np.float32)
    rng = np.random.default_rng(0)
    made = []
    for i in range(80):  # 77 captures of one look, one of each other look
        vector = axes[max(0, i - 76)] + rng.normal(scale=0.15, size=4)
        vector = (vector / np.linalg.norm(vector)).astype(np.float32)
        made.append(Signature(f"c{i:02}", vector, np.zeros(0, np.float32), i % 7, "s", "b"))
    picks = select(pool_of(made), {}, RoundConfig(seconds=240, random_share=0)).picks
    assert {"c77", "c78", "c79"} < {pick.capture_id for pick in picks}
    assert picks[0].reason == "no box in much doubt; nothing is labelled yet"


def at(degrees: float, name: str, boxes: int) -> Signature:
    """A capture without any doubt in it, its look a direction in degrees."""
    vector = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], np.float32)
    return Signature(name, vector, np.zeros(1, np.float32), boxes, "s", "b")


def test_cold_start_does_not_chase_cheap_captures() -> None:
    pool = pool_of([at(40, "near", 1), at(90, "far", 10)])
    picks = select(pool, {"old": at(0, "old", 1).image_vector}, RoundConfig(boxes=10, random_share=0)).picks
    assert [pick.capture_id for pick in picks] == ["far"]


def test_value_arm_keeps_away_from_random_picks() -> None:
    pool = pool_of([at(0, "a", 10), at(30, "b", 10), at(180, "c", 10)])
    farthest = {"a": "c", "b": "c", "c": "a"}
    drawn = set()
    for seed in range(12):
        picks = select(pool, {}, RoundConfig(boxes=20, random_share=0.5, seed=seed)).picks
        by_arm = {pick.arm: pick.capture_id for pick in picks}
        assert by_arm["value"] == farthest[by_arm["random"]]
        drawn.add(by_arm["random"])
    assert drawn == {"a", "b", "c"}


def test_captures_without_boxes_use_up_a_budget_in_boxes() -> None:
    result = select(pool_of(signatures(30, boxes=lambda i: 0)), {}, RoundConfig(boxes=3, random_share=0))
    assert len(result.picks) == 3


def test_budget_below_the_cheapest_capture_picks_one() -> None:
    for share in (0.0, 0.15, 1.0):
        assert len(select(pool_of(signatures(9)), {}, RoundConfig(boxes=1, random_share=share)).picks) == 1


def test_a_costly_capture_does_not_crowd_out_those_that_fit() -> None:
    made = signatures(3, boxes=lambda i: 8, value=0.02)
    costly = Signature("costly", -made[0].image_vector, np.ones(12, np.float32), 100, "s", "b")
    picks = select(pool_of([*made, costly]), {}, RoundConfig(boxes=16, random_share=0)).picks
    assert len(picks) == 2
    assert "costly" not in {pick.capture_id for pick in picks}


def test_empty_pool() -> None:
    with pytest.raises(EmptyPool, match="every capture is labelled"):
        select(pool_of([]), {}, RoundConfig(boxes=5))


def test_a_pool_of_near_duplicates_alone_gives_no_picks() -> None:
    made = signatures(1)
    result = select(pool_of(made), {"done": made[0].image_vector}, RoundConfig(boxes=5))
    assert result.picks == ()
    assert len(result.near_duplicates) == 1


@pytest.mark.parametrize("fields", [{}, {"boxes": 5, "seconds": 5.0}, {"boxes": 0}, {"boxes": 5, "surplus": 1}])
def test_config_refuses(fields: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        RoundConfig.model_validate(fields)


def test_config_survives_json() -> None:
    config = RoundConfig(seconds=90.5, seed=4)
    assert RoundConfig.model_validate_json(config.model_dump_json()) == config

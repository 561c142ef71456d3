import random
from collections.abc import Callable
from dataclasses import replace

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
    made = with_resets(signatures(300, boxes=lambda i: 5 + i % 40), every=7)
    made = [replace(one, flip=place % 11 / 11) for place, one in enumerate(made)]
    labelled = {s.capture_id: s.image_vector for s in made[:20]}
    shuffled, config = made[20:], RoundConfig(boxes=600, seed=3)
    first = select(pool_of(made[20:]), labelled, config)
    random.Random(1).shuffle(shuffled)
    again = select(pool_of(shuffled), dict(reversed(labelled.items())), config)
    assert again == first
    assert {pick.arm for pick in first.picks} == {"value", "random", "event"}
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
        "flip": 0.0,
        "value_rank": 1.0,
        "boxes": 10.0,
        "seconds": 60.0,
        "diversity": pytest.approx(2.0),
        "gain": pytest.approx(1.8),
    }
    assert pick.reason == (
        "12 boxes the model doubts (more to learn than in 100 % of the captures); "
        "unlike anything labelled so far (distance 2.00)"
    )


def test_a_verdict_that_may_flip_is_worth_more_unless_switched_off() -> None:
    made = [replace(at(degrees, name, 10), values=np.array([0.6])) for degrees, name in ((90, "a"), (-85, "b"))]
    made[1] = replace(made[1], flip=0.8)
    labelled = {"old": at(0, "old", 1).image_vector}
    config = RoundConfig(boxes=10, random_share=0)
    (pick,) = select(pool_of(made), labelled, config).picks
    assert (pick.capture_id, pick.terms["uncertainty"], pick.terms["flip"]) == ("b", 0.6, 0.8)
    assert pick.terms["value_rank"] == 1
    assert pick.terms["gain"] == pytest.approx(0.6 * 1.8 * (1 - np.cos(np.radians(85))) / 10)
    assert pick.reason.startswith("1 box the model doubts, and with 80 % a wrong verdict")
    (pick,) = select(pool_of(made), labelled, config.model_copy(update={"verdict_flips": False})).picks
    assert (pick.capture_id, pick.terms["flip"]) == ("a", 0.0)  # the one that looks less like what is labelled
    assert "verdict" not in pick.reason


def test_of_near_duplicates_the_one_with_the_shakier_verdict_stays() -> None:
    twins = [replace(at(0, name, 10), values=np.array([0.5])) for name in ("a", "b")]
    result = select(pool_of([twins[0], replace(twins[1], flip=0.3)]), {}, RoundConfig(boxes=20))
    assert [(d.capture_id, d.of) for d in result.near_duplicates] == [("a", "b")]


def with_resets(made: list[Signature], every: int) -> list[Signature]:
    return [replace(one, reset=place % every == 0) for place, one in enumerate(made)]


def test_bays_with_a_planogram_reset_have_a_share_of_the_budget() -> None:
    made = with_resets(signatures(200), every=5)
    reset = {one.capture_id for one in made if one.reset}
    picks = select(pool_of(made), {}, RoundConfig(boxes=400)).picks
    events = [pick for pick in picks if pick.arm == "event"]
    assert (len(picks), len(events)) == (40, 4)  # 0.1 x 400 boxes at 10 boxes each
    assert {pick.capture_id for pick in events} <= reset
    assert len({pick.capture_id for pick in picks}) == 40
    assert {(pick.propensity, pick.reason) for pick in events} == {
        (None, "the planogram of this bay was reset, and nothing that shows it as it is now is labelled yet")
    }
    assert 1 <= [pick.arm for pick in picks[:20]].count("event") <= 3  # interleaved


def test_events_do_not_touch_the_random_arm() -> None:
    made = with_resets(signatures(60), every=2)
    for config in (RoundConfig(boxes=200, event_share=0), RoundConfig(boxes=200, event_share=0.5)):
        picks = select(pool_of(made), {}, config).picks
        drawn = {pick.capture_id for pick in picks if pick.arm == "random"}
        assert {pick.propensity for pick in picks if pick.arm == "random"} == {3 / 60}
        arms = [pick.arm for pick in picks]
        assert (len(drawn), arms.count("event"), len(picks)) == (3, 20 * config.event_share, 20)
        if config.event_share == 0:
            before = drawn
    assert drawn == before


def test_what_the_resets_do_not_use_goes_to_the_value_arm() -> None:
    made = signatures(50)
    made[9] = replace(made[9], reset=True)
    arms = [pick.arm for pick in select(pool_of(made), {}, RoundConfig(boxes=300, event_share=0.5)).picks]
    assert {arm: arms.count(arm) for arm in arms} == {"event": 1, "value": 24, "random": 5}


@pytest.mark.parametrize(("boxes", "events"), [(40, 0), (60, 1), (5, 0)])
def test_a_share_of_half_a_capture_picks_one(boxes: int, events: int) -> None:
    made = with_resets(signatures(20), every=1)
    picks = select(pool_of(made), {}, RoundConfig(boxes=boxes, random_share=0)).picks
    assert [pick.arm for pick in picks].count("event") == events
    assert sum(pick.terms["boxes"] for pick in picks) <= max(boxes, 10)


def test_events_choose_the_capture_that_teaches_most() -> None:
    made = [replace(one, reset=True) for one in signatures(30, value=0.1)]
    made[4] = replace(made[4], values=np.full(12, 0.9, np.float32))
    picks = select(pool_of(made), {}, RoundConfig(boxes=100, random_share=0)).picks
    assert [pick.capture_id for pick in picks if pick.arm == "event"] == ["c0004"]


def test_a_round_of_random_picks_alone_has_no_events() -> None:
    pool = pool_of(with_resets(signatures(20, boxes=lambda i: 1 + i), every=1))
    for seed in range(20):  # some draws are cheaper than the budget
        picks = select(pool, {}, RoundConfig(boxes=100, random_share=1, seed=seed)).picks
        assert {pick.arm for pick in picks} == {"random"}


def test_no_arm_picks_what_another_one_has() -> None:
    picks = select(pool_of(with_resets(signatures(20), every=2)), {}, RoundConfig(boxes=900, event_share=0.5)).picks
    assert len(picks) == len({pick.capture_id for pick in picks}) == 20
    assert {pick.arm for pick in picks} == {"random", "event", "value"}


def test_events_stay_within_what_the_random_arm_left() -> None:
    made = signatures(7, boxes=lambda i: 18 if i == 6 else 2)
    made[6] = replace(made[6], reset=True)
    for seed in range(20):
        picks = select(pool_of(made), {}, RoundConfig(boxes=20, random_share=0.5, event_share=0.5, seed=seed)).picks
        arms = [pick.arm for pick in picks if pick.terms["boxes"] == 18]
        assert arms in ([], ["random"])  # whose number of captures is fixed, not its cost


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
    assert len(select(pool_of(signatures(9)), {}, RoundConfig(boxes=10, random_share=0.9)).picks) == 1


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

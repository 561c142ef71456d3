import random
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from sampling.choice.recipes import RECIPES
from sampling.looks import Looks
from sampling.rounds import EmptyPool, RoundConfig, RoundResult
from sampling.selection import select
from sampling.signatures import Pool, Signature, Vectors
from sampling.state import LoopState
from sampling.terms.weights import TermWeights

KNOWN = {"old": np.eye(16, dtype=np.float32)[0]}
ALL_TERMS = TermWeights(redundancy=1, difficulty=1, novelty=1, drift=1, flip=1)


def minute(boxes: int) -> float:
    return 60.0


def signatures(count: int, boxes: Callable[[int], int] = lambda i: 10, value: float | None = None) -> list[Signature]:
    rng = np.random.default_rng(5)
    made = []
    for i in range(count):
        drawn = rng.normal(size=16)
        worth = float(rng.random() * 6) if value is None else value
        vector = (drawn / np.linalg.norm(drawn)).astype(np.float32)
        made.append(Signature(f"c{i:04}", vector, worth, boxes(i), f"s{i % 3}", doubted=i % 5))
    return made


def pool_of(made: list[Signature]) -> Pool:
    return Pool.of(made, seconds=minute)


def rounds(pool: Pool, config: RoundConfig, labelled: dict[str, Vectors] | None = None, **state: Any) -> RoundResult:
    return select(pool, LoopState(KNOWN if labelled is None else labelled, **state), config)


def arms_of(result: RoundResult) -> dict[str, int]:
    return dict(Counter(pick.arm for pick in result.picks))


def ids_of(result: RoundResult, arm: str) -> set[str]:
    return {pick.capture_id for pick in result.picks if pick.arm == arm}


def looks_of(ids: Sequence[str]) -> dict[str, Looks]:
    """Some looks for each capture but every seventh."""
    found = {}
    for id in ids:
        number = int(id[1:]) if id[0] == "c" else 0
        if number % 7:
            rng = np.random.default_rng(number)
            vectors = rng.normal(size=(1 + number % 4, 8)).astype(np.float32)
            vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
            values = np.sort(rng.random(len(vectors)).astype(np.float32))[::-1]
            found[id] = Looks(tuple(f"p{rng.integers(5)}" for _ in vectors), values, vectors)
    return found


STATE: dict[str, Any] = {
    "labelled_strata": {"s0": 100, "s1": 3, "s2": 30},
    "recent_strata": {"s0": 10, "s1": 50},
    "difficulty": {"p0": 1.1, "p1": 0.9},
    "labelled_classes": {"p0": 3, "p4": 50},
    "drifted": {"s2": 2.0},
    "looks": looks_of,
}


def test_replay_is_bit_equal_whatever_the_order() -> None:
    made = with_resets(signatures(300, boxes=lambda i: 5 + i % 40), every=7)
    made = [replace(one, flip=place % 11 / 11) for place, one in enumerate(made)]
    labelled = {s.capture_id: s.image_vector for s in made[:20]}
    shuffled, config = made[20:], RoundConfig(boxes=900, seed=3)
    first = rounds(pool_of(made[20:]), config, labelled, **STATE)
    random.Random(1).shuffle(shuffled)
    again = rounds(pool_of(shuffled), config, dict(reversed(labelled.items())), **STATE)
    assert again == first
    assert arms_of(first).keys() == {"value", "random", "event", "support"}
    assert {pick.recipe for pick in first.picks if pick.arm == "value"} >= {"covering_value", "distant_value"}
    assert {pick.recipe for pick in first.picks if pick.arm != "value"} == {None}
    assert len(first.picks) > 20
    assert len(first.pool_digest) == 64


def test_budget_and_shares_in_boxes() -> None:
    result = rounds(pool_of(signatures(200)), RoundConfig(boxes=405))
    assert arms_of(result) == {"random": 6, "value": 34}  # 0.15 x 405 boxes at 10 boxes each; what is left of 405
    assert [pick.rank for pick in result.picks] == list(range(1, 41))
    assert len({pick.capture_id for pick in result.picks}) == 40
    assert 2 <= [pick.arm for pick in result.picks[:20]].count("random") <= 4  # interleaved


def test_budget_in_seconds() -> None:
    result = rounds(pool_of(signatures(50)), RoundConfig(seconds=299, random_share=0))
    assert [pick.terms["seconds"] for pick in result.picks] == [60] * 4


def test_random_arm_is_uniform_and_knows_its_propensity() -> None:
    pool = pool_of(signatures(10, boxes=lambda i: 1 + i))  # 5.5 boxes on average
    drawn = dict.fromkeys(pool.ids, 0)
    for seed in range(600):
        picks = rounds(pool, RoundConfig(boxes=11, random_share=1, seed=seed)).picks
        assert [pick.propensity for pick in picks] == [0.2, 0.2]
        for pick in picks:
            drawn[pick.capture_id] += 1
    # 120 expected each, standard deviation 9.8; neither value nor cost may matter.
    assert all(85 <= count <= 155 for count in drawn.values())


def test_random_arm_does_not_depend_on_values() -> None:
    lively, dull = pool_of(signatures(100)), pool_of(signatures(100, value=0.5))
    assert lively.digest() != dull.digest()
    for pool in (lively, dull):
        first = rounds(pool, RoundConfig(boxes=200), **STATE)
        others = RoundConfig(boxes=200, shortlist_factor=1, recipe="value", support_share=0, terms=TermWeights(cost=0))
        assert ids_of(first, "random") == ids_of(rounds(pool, others), "random")


def test_value_arm_prefers_doubt_and_explains_itself() -> None:
    made = signatures(40, value=0.1)
    made[7] = replace(made[7], capture_id="star", value=4.5, plain=9.0, doubted=12, flip=0.6)
    config = RoundConfig(boxes=10, random_share=0, recipe="distant_value", terms=ALL_TERMS)
    result = rounds(pool_of(made), config, {"old": -made[7].image_vector})
    (pick,) = result.picks
    assert (pick.capture_id, pick.propensity, pick.recipe) == ("star", None, "distant_value")
    assert pick.terms == {
        "uncertainty": 0.9,
        "redundancy": 0.5,
        "difficulty": 1.0,
        "novelty": 1.0,
        "drift": 1.0,
        "flip": 1.6,
        "cost": 1.0,
        "value": pytest.approx(0.72),
        "value_rank": 1.0,
        "boxes": 10.0,
        "seconds": 60.0,
        "gain": pytest.approx(0.72, abs=1e-4),
        "similarity": pytest.approx(0, abs=1e-4),
    }
    assert pick.reason == (
        "12 boxes the model doubts, and with 60 % a wrong verdict (more to learn than in 100 % of the captures); "
        "unlike anything labelled so far (likeness 0.00)"
    )
    assert [note.split(":")[0] for note in result.notes] == [
        "drift is off",
        "the support arm is off",
        "difficulty is off",
        "novelty is off",
    ]


def test_a_round_that_lacks_nothing_has_no_notes() -> None:
    assert rounds(pool_of(signatures(40)), RoundConfig(boxes=100), **STATE).notes == ()


@pytest.mark.parametrize("term", ["uncertainty", "redundancy", "difficulty", "novelty", "drift", "flip", "cost"])
def test_a_term_that_is_off_is_1_for_every_pick(term: str) -> None:
    made = [replace(one, plain=one.value + 1, flip=0.5, stratum="s1") for one in signatures(30)]
    on, off = (
        rounds(pool_of(made), RoundConfig(seconds=600, terms=terms), **STATE)
        for terms in (ALL_TERMS, ALL_TERMS.model_copy(update={term: 0}))
    )
    assert {pick.terms[term] for pick in off.picks} == {1.0}
    assert {pick.terms[term] for pick in on.picks} != {1.0}


def test_a_verdict_that_may_flip_is_worth_more_unless_switched_off() -> None:
    made = [replace(at(degrees, name, 10), value=0.6) for degrees, name in ((90, "a"), (40, "b"))]
    made[1] = replace(made[1], flip=0.8)
    pool, labelled = pool_of([*made, at(140, "dull", 10)]), {"old": at(0, "old", 1).image_vector}
    config = RoundConfig(boxes=10, random_share=0, recipe="distant_value", terms=TermWeights(flip=1))
    (pick,) = rounds(pool, config, labelled).picks
    assert (pick.capture_id, pick.terms["uncertainty"], pick.terms["flip"]) == ("b", 0.06, 1.8)
    assert pick.terms["value_rank"] == 1
    assert pick.reason.startswith("no box in much doubt, and with 80 % a wrong verdict")
    (pick,) = rounds(pool, config.model_copy(update={"terms": TermWeights(flip=0)}), labelled).picks
    assert (pick.capture_id, pick.terms["flip"]) == ("a", 1.0)  # which looks less like what is labelled
    assert "verdict" not in pick.reason


def test_of_near_duplicates_the_one_with_the_shakier_verdict_stays() -> None:
    twins = [replace(at(0, name, 10), value=0.5) for name in ("a", "b")]
    config = RoundConfig(boxes=20, terms=TermWeights(flip=1))
    result = rounds(pool_of([twins[0], replace(twins[1], flip=0.3)]), config, {})
    assert [(d.capture_id, d.of) for d in result.near_duplicates] == [("a", "b")]


def test_what_a_labelled_capture_shows_is_not_picked_again() -> None:
    """The same looks as a labelled capture, though the photo as a whole is another one."""
    made = [
        replace(at(90, "c1", 10), value=6.0),
        replace(at(120, "c2", 10), value=2.0),
        replace(at(150, "c3", 10), value=1.0),
    ]
    same = Looks(("p",), np.ones(1, np.float32), np.array([[1, 0]], np.float32))
    other = Looks(("p",), np.ones(1, np.float32), np.array([[0, 1]], np.float32))
    shown = {"old": same, "c1": same, "c2": other, "c3": other}
    labelled, config = (
        {"old": at(0, "old", 1).image_vector},
        RoundConfig(boxes=10, random_share=0, recipe="covering_value", looks=True),
    )

    def picked(looks: dict[str, Looks] | None) -> str:
        reader = None if looks is None else (lambda ids: {id: looks[id] for id in ids if id in looks})
        (pick,) = rounds(pool_of(made), config, labelled, looks=reader).picks
        return pick.capture_id

    assert (picked(None), picked(shown)) == ("c1", "c2")


def with_resets(made: list[Signature], every: int) -> list[Signature]:
    return [replace(one, reset=place % every == 0) for place, one in enumerate(made)]


def test_bays_with_a_planogram_reset_have_a_share_of_the_budget() -> None:
    made = with_resets(signatures(200), every=5)
    reset = {one.capture_id for one in made if one.reset}
    picks = rounds(pool_of(made), RoundConfig(boxes=400)).picks
    events = [pick for pick in picks if pick.arm == "event"]
    assert (len(picks), len(events)) == (40, 4)  # 0.1 x 400 boxes at 10 boxes each
    assert {pick.capture_id for pick in events} <= reset
    assert len({pick.capture_id for pick in picks}) == 40
    assert {(pick.propensity, pick.reason) for pick in events} == {
        (None, "the planogram of this bay was reset, and nothing that shows it as it is now is labelled yet")
    }
    assert 1 <= [pick.arm for pick in picks[:20]].count("event") <= 3  # interleaved


def test_events_do_not_touch_the_random_arm() -> None:
    pool = pool_of(with_resets(signatures(60), every=2))
    without, half = (rounds(pool, RoundConfig(boxes=200, event_share=share)) for share in (0, 0.5))
    assert (arms_of(without), arms_of(half)) == ({"random": 3, "value": 17}, {"random": 3, "event": 10, "value": 7})
    assert ids_of(without, "random") == ids_of(half, "random")
    assert {pick.propensity for pick in half.picks if pick.arm == "random"} == {3 / 60}


def test_what_the_resets_do_not_use_goes_to_the_value_arm() -> None:
    made = signatures(50)
    made[9] = replace(made[9], reset=True)
    result = rounds(pool_of(made), RoundConfig(boxes=300, event_share=0.5, seed=1))
    assert "c0009" not in ids_of(result, "random")
    assert arms_of(result) == {"event": 1, "value": 24, "random": 5}


@pytest.mark.parametrize(("boxes", "events"), [(40, 0), (60, 1), (5, 0)])
def test_a_share_of_half_a_capture_picks_one(boxes: int, events: int) -> None:
    picks = rounds(pool_of(with_resets(signatures(20), every=1)), RoundConfig(boxes=boxes, random_share=0)).picks
    assert [pick.arm for pick in picks].count("event") == events
    assert sum(pick.terms["boxes"] for pick in picks) <= max(boxes, 10)


def test_events_choose_the_capture_that_teaches_most() -> None:
    made = [replace(one, reset=True) for one in signatures(30, value=0.1)]
    made[4] = replace(made[4], value=9.0)
    assert ids_of(rounds(pool_of(made), RoundConfig(boxes=100, random_share=0)), "event") == {"c0004"}


def test_a_round_of_random_picks_alone_has_no_other_arm() -> None:
    pool = pool_of(with_resets(signatures(20, boxes=lambda i: 1 + i), every=1))
    for seed in range(20):  # some draws are cheaper than the budget
        assert arms_of(rounds(pool, RoundConfig(boxes=100, random_share=1, seed=seed), **STATE)).keys() == {"random"}


def test_events_stay_within_what_the_random_arm_left() -> None:
    made = signatures(7, boxes=lambda i: 18 if i == 6 else 2)
    made[6] = replace(made[6], reset=True)
    for seed in range(20):
        picks = rounds(pool_of(made), RoundConfig(boxes=20, random_share=0.5, event_share=0.5, seed=seed)).picks
        arms = [pick.arm for pick in picks if pick.terms["boxes"] == 18]
        assert arms in ([], ["random"])  # whose number of captures is fixed, not its cost


def test_thin_strata_have_a_share_of_the_budget() -> None:
    strata = {"s0": 50, "s1": 0, "s2": 1}
    config = RoundConfig(boxes=400, random_share=0, support_captures=3)
    result = rounds(pool_of(signatures(200)), config, labelled_strata=strata)
    support = [pick for pick in result.picks if pick.arm == "support"]
    # 0.1 x 400 boxes at 10 boxes each; s1 first until it has as many as s2, then in turns.
    assert [int(pick.capture_id[1:]) % 3 for pick in support] == [1, 1, 2, 1]
    assert support[0].reason == "the condition s1 needs labels: no label so far"
    assert support[2].reason == "the condition s2 needs labels: only 1 of its captures is labelled so far"


def test_where_it_drifted_a_stratum_needs_more() -> None:
    made, strata = pool_of(signatures(200)), {"s0": 9, "s1": 9, "s2": 9}
    config = RoundConfig(boxes=400, random_share=0, support_captures=9)
    assert "support" not in arms_of(rounds(made, config, labelled_strata=strata))
    support = ids_of(rounds(made, config, labelled_strata=strata, drifted={"s2": 2.0}), "support")
    assert {int(id[1:]) % 3 for id in support} == {2}


def test_no_stratum_takes_the_value_arm_over() -> None:
    made = [replace(one, value=one.value + 9 * (place % 10 == 0)) for place, one in enumerate(signatures(300))]
    made = [replace(one, stratum="loud" if place % 10 == 0 else "calm") for place, one in enumerate(made)]
    loud = {one.capture_id for one in made if one.stratum == "loud"}
    config = RoundConfig(boxes=200, random_share=0, terms=TermWeights(drift=0), recipe="covering_value")
    free, drifted = (
        len(loud & ids_of(rounds(pool_of(made), config, drifted=factors), "value")) for factors in (None, {"loud": 2.0})
    )
    assert (free, drifted) == (4, 8)  # of 20, where a tenth of the pool is loud


def test_recipes_share_the_value_arm() -> None:
    shares = {"covering_value": 3.0, "value": 1.0}
    config = RoundConfig(boxes=400, random_share=0, recipe_shares=shares)
    result = rounds(pool_of(signatures(200)), config)
    assert Counter(pick.recipe for pick in result.picks) == {"covering_value": 30, "value": 10}


def test_a_small_budget_goes_to_the_recipe_of_the_largest_share() -> None:
    (pick,) = rounds(pool_of(signatures(200)), RoundConfig(boxes=10)).picks
    assert pick.recipe == "covering_value"


@pytest.mark.parametrize("recipe", ["covering_value", "distant_value", "value", "covering", "typical"])
def test_each_recipe_spends_the_budget_by_itself(recipe: str) -> None:
    result = rounds(pool_of(signatures(200)), RoundConfig(boxes=400, random_share=0, recipe=recipe), **STATE)
    assert Counter(pick.recipe for pick in result.picks if pick.arm == "value") == {recipe: arms_of(result)["value"]}
    assert len(result.picks) == 40


def test_budgets_larger_than_a_shortlist_are_spent_in_passes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sampling.choice.choosing._MOST", 16)
    result = rounds(pool_of(signatures(200)), RoundConfig(boxes=1000, recipe="covering_value"))
    assert len(result.picks) == len({pick.capture_id for pick in result.picks}) == 100


def test_near_duplicates_are_dropped_and_named() -> None:
    made = signatures(5)
    twin = Signature("twin", made[0].image_vector, 0.0, 10, "s0")
    result = rounds(pool_of([*made, twin]), RoundConfig(boxes=1000))
    assert [(d.capture_id, d.of) for d in result.near_duplicates] == [("twin", "c0000")]
    assert "twin" not in {pick.capture_id for pick in result.picks}


def at(degrees: float, name: str, boxes: int) -> Signature:
    """A capture without any doubt in it, its look a direction in degrees."""
    vector = np.array([np.cos(np.radians(degrees)), np.sin(np.radians(degrees))], np.float32)
    return Signature(name, vector, 0.0, boxes, "s")


COLD = "cold start: nothing is labelled, or all values are equal; what stands for most of the pool comes first"


def test_cold_start_takes_what_stands_for_most() -> None:
    """Five captures of one look, three of another, two of a third."""
    made = [at(degrees, f"c{degrees + 4:03}", 10) for degrees in (-4, -2, 0, 2, 4, 87, 90, 93, 179, 182)]
    result = rounds(pool_of(made), RoundConfig(seconds=180, random_share=0), {})
    assert [pick.capture_id for pick in result.picks[:2]] == ["c004", "c094"]
    assert result.picks[2].capture_id in ("c183", "c186")
    assert result.picks[0].reason == "stands for many captures that nothing labelled is like; nothing is labelled yet"
    assert {pick.recipe for pick in result.picks} == {"covering"}
    assert COLD in result.notes


def test_cold_start_does_not_chase_cheap_captures() -> None:
    pool = pool_of([at(40, "near", 1), at(90, "far", 10)])
    result = rounds(pool, RoundConfig(boxes=10, random_share=0), {"old": at(30, "old", 1).image_vector})
    assert [pick.capture_id for pick in result.picks] == ["far"]


def test_where_all_values_are_equal_it_is_a_cold_start_too() -> None:
    pool, labelled = pool_of([at(40, "near", 1), at(90, "far", 10)]), {"old": at(41.9, "old", 1).image_vector}
    result = rounds(pool, RoundConfig(boxes=10, random_share=0), labelled)
    assert COLD in result.notes
    assert COLD not in rounds(pool_of(signatures(9)), RoundConfig(boxes=10)).notes


def test_value_arm_keeps_away_from_random_picks() -> None:
    made = [replace(at(degrees, name, 10), value=1 + place / 100) for place, (degrees, name) in enumerate(DIRECTIONS)]
    farthest = {"a": "c", "b": "c", "c": "a"}
    drawn = set()
    for seed in range(12):
        config = RoundConfig(boxes=20, random_share=0.5, seed=seed, recipe="distant_value")
        picks = rounds(pool_of(made), config, {"old": at(200, "old", 1).image_vector}).picks
        by_arm = {pick.arm: pick.capture_id for pick in picks}
        assert by_arm["value"] == farthest[by_arm["random"]]
        drawn.add(by_arm["random"])
    assert drawn == {"a", "b", "c"}


DIRECTIONS = [(0, "a"), (20, "b"), (80, "c")]


def test_captures_without_boxes_use_up_a_budget_in_boxes() -> None:
    result = rounds(pool_of(signatures(30, boxes=lambda i: 0)), RoundConfig(boxes=3, random_share=0))
    assert len(result.picks) == 3


@pytest.mark.parametrize("labelled", [{}, None])
def test_budget_below_the_cheapest_capture_picks_one(labelled: dict[str, Vectors] | None) -> None:
    for share in (0.0, 0.15, 1.0):
        config = RoundConfig(boxes=1, random_share=share)
        assert len(rounds(pool_of(signatures(9)), config, labelled).picks) == 1
    assert len(rounds(pool_of(signatures(9)), RoundConfig(boxes=10, random_share=0.9), labelled).picks) == 1


def test_a_costly_capture_does_not_crowd_out_those_that_fit() -> None:
    made = signatures(3, boxes=lambda i: 8, value=0.02)
    costly = replace(made[0], capture_id="costly", image_vector=-made[0].image_vector, value=9.0, predicted_boxes=100)
    picks = rounds(pool_of([*made, costly]), RoundConfig(boxes=16, random_share=0)).picks
    assert len(picks) == 2
    assert "costly" not in {pick.capture_id for pick in picks}


def test_empty_pool() -> None:
    with pytest.raises(EmptyPool, match="every capture is labelled"):
        rounds(pool_of([]), RoundConfig(boxes=5))


def test_a_pool_of_near_duplicates_alone_gives_no_picks() -> None:
    made = signatures(1)
    result = rounds(pool_of(made), RoundConfig(boxes=5), {"done": made[0].image_vector})
    assert result.picks == ()
    assert len(result.near_duplicates) == 1


@given(st.data())
def test_what_every_round_keeps(data: st.DataObject) -> None:
    """Arms are disjoint, the budget holds but for the random arm's luck and a single pick, quotas hold."""
    rng = np.random.default_rng(data.draw(st.integers(0, 10_000)))
    made = signatures(data.draw(st.integers(1, 60)), boxes=lambda i: int(rng.integers(0, 30)))
    made = [replace(one, reset=bool(rng.random() < 0.2)) for one in made]
    config = RoundConfig(
        boxes=data.draw(st.integers(1, 600)),
        random_share=data.draw(st.sampled_from([0.0, 0.15, 0.9, 1.0])),
        support_share=data.draw(st.sampled_from([0.0, 0.1, 0.8])),
        event_share=data.draw(st.sampled_from([0.0, 0.1, 0.8])),
        support_captures=data.draw(st.integers(0, 9)),
        recipe=data.draw(
            st.sampled_from(["adaptive", "covering_value", "distant_value", "value", "covering", "typical"])
        ),
        seed=data.draw(st.integers(0, 3)),
    )
    state = STATE if data.draw(st.booleans()) else {}
    labelled = KNOWN if data.draw(st.booleans()) else {}
    pool = pool_of(made)
    result = rounds(pool, config, labelled, **state)
    picks = result.picks
    assert picks
    assert len({pick.capture_id for pick in picks}) == len(picks)
    assert [pick.rank for pick in picks] == list(range(1, len(picks) + 1))
    spent = {arm: sum(max(p.terms["boxes"], 1) for p in picks if p.arm == arm) for arm in arms_of(result)}
    chosen = sum(spent.values()) - spent.get("random", 0)
    assert chosen <= max(0, config.budget - spent.get("random", 0)) or len(picks) == 1
    kept = len(pool) - len(result.near_duplicates)
    assert {p.propensity for p in picks if p.arm == "random"} <= {arms_of(result).get("random", 0) / kept}
    for arm, share in (("support", config.support_share), ("event", config.event_share)):
        cheapest = min((max(p.terms["boxes"], 1) for p in picks if p.arm == arm), default=0)
        assert spent.get(arm, 0) <= max(share * config.budget, cheapest)
    left = {row for row in range(len(pool)) if pool.ids[row] not in {p.capture_id for p in picks}}
    left -= {pool.ids.index(d.capture_id) for d in result.near_duplicates}
    if config.random_share < 1:  # nothing that would have fitted was left lying
        rest = config.budget - sum(spent.values())
        assert all(max(pool.boxes[row], 1) > rest for row in left)


def test_minimum_support_is_served_before_the_rest() -> None:
    """Whatever the values say, a stratum without labels has some after the round."""
    made = [replace(one, stratum="dull" if place < 5 else "lively") for place, one in enumerate(signatures(100))]
    made = [replace(one, value=0.0 if one.stratum == "dull" else 5.0) for one in made]
    result = rounds(pool_of(made), RoundConfig(boxes=300, support_captures=2), labelled_strata={"lively": 50})
    dull = {one.capture_id for one in made[:5]}
    assert len(dull & (ids_of(result, "support") | ids_of(result, "random"))) >= 2


@pytest.mark.parametrize(
    "fields",
    [
        {},
        {"boxes": 5, "seconds": 5.0},
        {"boxes": 0},
        {"boxes": 5, "surplus": 1},
        {"boxes": 5, "recipe": "luck"},
        {"boxes": 5, "recipe_shares": {"luck": 1.0}},
        {"boxes": 5, "recipe_shares": {"value": -1.0}},
        {"boxes": 5, "recipe_shares": {}},
    ],
)
def test_config_refuses(fields: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        RoundConfig.model_validate(fields)


def test_config_survives_json() -> None:
    config = RoundConfig(seconds=90.5, seed=4, terms=TermWeights(flip=0.5), recipe_shares={"value": 0.25})
    assert RoundConfig.model_validate_json(config.model_dump_json()) == config


def test_shares_of_recipes_sum_to_1() -> None:
    assert RoundConfig(boxes=1, recipe="value").shares == {"value": 1}
    assert RoundConfig(boxes=1, recipe_shares={"value": 3, "typical": 1}).shares == {"value": 0.75, "typical": 0.25}
    assert sum(RoundConfig(boxes=1).shares.values()) == pytest.approx(1)


def test_the_number_of_threads_plays_no_part() -> None:
    made = with_resets(signatures(400, boxes=lambda i: 5 + i % 40), every=7)
    labelled = {s.capture_id: s.image_vector for s in made[:50]}
    config = RoundConfig(boxes=900, recipe_shares=dict.fromkeys(RECIPES, 1.0))
    with threadpool_limits(1):
        alone = rounds(pool_of(made[50:]), config, labelled, **STATE)
    with threadpool_limits(4):
        together = rounds(pool_of(made[50:]), config, labelled, **STATE)
    assert alone == together

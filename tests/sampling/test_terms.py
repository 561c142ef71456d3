"""Every term keeps the same contract."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from pydantic import ValidationError

from sampling.looks import Looks
from sampling.rounds import RoundConfig
from sampling.signatures import Pool, Signature
from sampling.state import LoopState
from sampling.terms.cost import Cost
from sampling.terms.difficulty import Difficulty
from sampling.terms.drift import Drift
from sampling.terms.flip import Flip
from sampling.terms.novelty import Novelty
from sampling.terms.redundancy import Redundancy
from sampling.terms.term import Candidates, Term
from sampling.terms.uncertainty import Uncertainty
from sampling.terms.weighing import weigh
from sampling.terms.weights import TermWeights, terms_of

Make = Callable[[float], Term]
TERMS: list[Make] = [Uncertainty, Redundancy, Difficulty, Novelty, Drift, Flip, Cost]
EVERY_TERM = pytest.mark.parametrize("make", TERMS, ids=[make.name for make in TERMS])  # type: ignore[attr-defined]


def looks(*classes: str, values: tuple[float, ...] = ()) -> Looks:
    vectors = np.ones((len(classes), 1), np.float32)
    return Looks(classes, np.array(values or [1.0] * len(classes), np.float32), vectors)


SIGNATURES = [
    # What every term claims to prefer grows from a to c.
    Signature("a", np.ones(1, np.float32), 0.0, 4, "rare", plain=1.0),
    Signature("b", np.ones(1, np.float32), 1.0, 5, "usual", plain=2.0, flip=0.25),
    Signature("c", np.ones(1, np.float32), 3.0, 6, "frequent", plain=3.0, flip=1.0),
]
STATE = LoopState(
    labelled={},
    labelled_strata={"rare": 40, "usual": 40, "frequent": 20},
    recent_strata={"rare": 100, "usual": 400, "frequent": 500},
    difficulty={"old": 0.8, "hard": 1.2},
    labelled_classes={"old": 90, "hard": 10},
)
LOOKS = {"a": looks("old"), "b": looks("old", "hard"), "c": looks("hard", "unseen", values=(0.9, 0.6))}


def candidates(**changes: Any) -> Candidates:
    pool = Pool.of(SIGNATURES, seconds=lambda boxes: 8 + 2.0 * boxes)
    made = Candidates(pool, np.arange(3), pool.seconds, STATE, LOOKS)
    return replace(made, **changes)


@EVERY_TERM
def test_a_factor_is_finite_and_not_negative(make: Make) -> None:
    factor = make(1.0).multiply(candidates())
    assert factor.numbers.shape == (3,)
    assert factor.numbers.dtype == np.float64
    assert np.isfinite(factor.numbers).all()
    assert (factor.numbers >= 0).all()
    assert factor.note is None


@EVERY_TERM
def test_it_grows_with_what_it_claims(make: Make) -> None:
    a, b, c = make(1.0).multiply(candidates()).numbers
    assert a < b < c


@EVERY_TERM
def test_a_weight_of_0_gives_exactly_1(make: Make) -> None:
    factor = make(0.0).multiply(candidates(state=LoopState({}), looks=None))
    assert (factor.numbers.tolist(), factor.note) == ([1.0, 1.0, 1.0], None)


@EVERY_TERM
def test_the_weight_is_an_exponent(make: Make) -> None:
    once, twice = (make(weight).multiply(candidates()).numbers for weight in (1.0, 2.0))
    assert twice == pytest.approx(once**2)


@EVERY_TERM
def test_rows_stand_by_themselves(make: Make) -> None:
    together = make(1.0).multiply(candidates()).numbers
    alone = make(1.0).multiply(candidates(rows=np.array([2, 0]), costs=np.array([20.0, 16.0]))).numbers
    assert alone.tolist() == [together[2], together[0]]


@EVERY_TERM
def test_no_candidates(make: Make) -> None:
    nobody = candidates(rows=np.zeros(0, np.int64), costs=np.zeros(0))
    assert make(1.0).multiply(nobody).numbers.shape == (0,)


@pytest.mark.parametrize(
    ("term", "missing", "note"),
    [
        (Drift(1), {"state": replace(STATE, recent_strata=None)}, "drift is off: captures per stratum"),
        (Drift(1), {"state": replace(STATE, labelled_strata=None)}, "drift is off: captures per stratum"),
        (Drift(1), {"state": replace(STATE, recent_strata={})}, "drift is off: no capture came lately"),
        (Difficulty(1), {"looks": None}, "difficulty is off: looks"),
        (Difficulty(1), {"state": replace(STATE, difficulty=None)}, "difficulty is off: no random pick"),
        (Difficulty(1), {"state": replace(STATE, difficulty={})}, "difficulty is off: no random pick"),
        (Novelty(1), {"looks": None}, "novelty is off: looks"),
        (Novelty(1), {"state": replace(STATE, labelled_classes=None)}, "novelty is off: labelled facings"),
    ],
)
def test_missing_input_gives_1_and_a_note(term: Term, missing: dict[str, Any], note: str) -> None:
    factor = term.multiply(candidates(**missing))
    assert factor.numbers.tolist() == [1, 1, 1]
    assert factor.note is not None
    assert factor.note.startswith(note)


@pytest.mark.parametrize("term", [Difficulty(1), Novelty(1)])
def test_a_capture_without_looks_is_neither_more_nor_less(term: Term) -> None:
    factor = term.multiply(candidates(looks={"a": looks(), "b": looks("hard")}))
    assert factor.numbers[[0, 2]].tolist() == [1, 1]
    assert factor.numbers[1] != 1


def test_what_the_terms_say() -> None:
    def of(term: Term) -> list[float]:
        return [float(number) for number in term.multiply(candidates()).numbers]

    assert of(Uncertainty(1)) == [1 / 4, 2 / 5, 3 / 6]
    assert of(Redundancy(1)) == [0, 0.5, 1]
    assert of(Flip(1)) == [1, 1.25, 2]
    assert of(Cost(1)) == [4 / 16, 5 / 18, 6 / 20]
    assert of(Difficulty(1)) == pytest.approx([0.8, 1.0, (0.9 * 1.2 + 0.6) / 1.5])
    assert of(Novelty(1)) == pytest.approx([1.1, 1.3, 1 + (0.9 * 0.5 + 0.6) / 1.5])
    # Shares of the recent captures, .1 .4 .5, over those of 100 labelled ones and 20 that are spread like the recent.
    assert of(Drift(1)) == pytest.approx([0.5, 0.4 / (48 / 120), 0.5 / (30 / 120)])


def test_doubt_is_of_facings_and_all_boxes_are_paid_for() -> None:
    among_tags = replace(SIGNATURES[0], predicted_boxes=4, facings=2)
    pool = Pool.of([among_tags, *SIGNATURES[1:], Signature("d", np.ones(1, np.float32), 0.0, 0, "rare")], lambda _: 1.0)
    some = candidates(pool=pool, rows=np.arange(4), costs=RoundConfig(boxes=1).costs(pool))
    assert Uncertainty(1).multiply(some).numbers.tolist() == [1 / 2, 2 / 5, 3 / 6, 0]
    assert Cost(1).multiply(some).numbers.tolist() == [2 / 4, 1, 1, 1]


def test_drift_is_clipped_and_one_label_decides_little() -> None:
    few = LoopState({}, labelled_strata={"rare": 1}, recent_strata={"rare": 1, "usual": 9})
    rare, usual, unseen = Drift(1).multiply(candidates(state=few)).numbers
    assert (0.6 < rare < 1 < usual < 1.1, unseen) == (True, 1)
    many = LoopState({}, labelled_strata={"rare": 1000}, recent_strata={"rare": 1, "usual": 9})
    assert Drift(1).multiply(candidates(state=many)).numbers.tolist() == [0.5, 2, 1]


def test_the_value_is_the_product_of_all_but_the_cost() -> None:
    weighed = weigh(candidates(), terms_of(TermWeights()))
    assert list(weighed.factors) == ["uncertainty", "redundancy", "difficulty", "novelty", "drift", "flip", "cost"]
    product = np.prod([numbers for name, numbers in weighed.factors.items() if name != "cost"], axis=0)
    assert weighed.values == pytest.approx(product)
    assert weighed.cheapness.tolist() == weighed.factors["cost"].tolist()
    assert weighed.notes == ()


def test_notes_of_all_terms_are_kept() -> None:
    weighed = weigh(
        candidates(state=LoopState({}), looks=None), terms_of(TermWeights(difficulty=1, novelty=1, drift=1))
    )
    assert [note.split()[0] for note in weighed.notes] == ["difficulty", "novelty", "drift"]


@pytest.mark.parametrize("weights", [{"flip": -1}, {"flip": 5}, {"luck": 1}])
def test_weights_refuse(weights: dict[str, float]) -> None:
    with pytest.raises(ValidationError):
        TermWeights.model_validate(weights)

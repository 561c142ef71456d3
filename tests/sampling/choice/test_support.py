import numpy as np

from sampling.choice.support import Thin, supporting, thin_strata
from sampling.signatures import Pool, Signature


def pool(*strata: str) -> Pool:
    made = [Signature(f"c{i}", np.ones(1, np.float32), 0, 1, stratum) for i, stratum in enumerate(strata)]
    return Pool.of(made, seconds=lambda boxes: 1.0)


NOBODY = np.zeros(0, np.int64)


def test_thin_strata_have_too_few() -> None:
    some = pool("dim", "glare", "dim", "warm", "warm")
    thin = thin_strata(some, {"warm": 4, "dim": 2, "cold": 0}, np.array([2]), 4, None)
    assert thin == {"dim": Thin(3, 4), "glare": Thin(0, 4)}  # cold has nothing in the pool


def test_a_stratum_that_drifted_needs_more() -> None:
    some = pool("dim", "warm")
    assert thin_strata(some, {"warm": 4, "dim": 4}, NOBODY, 4, {"warm": 2.0}) == {"warm": Thin(4, 8.0)}


def test_the_thinnest_comes_first_and_they_take_turns() -> None:
    some = pool("dim", "glare", "dim", "glare", "dim", "glare")
    chosen = supporting(some, np.arange(6), np.ones(6), {"dim": Thin(1, 9), "glare": Thin(0, 9)}, 4)
    assert [(one.stratum, one.labelled) for one in chosen] == [("glare", 0), ("dim", 1), ("glare", 1), ("dim", 2)]
    assert [one.row for one in chosen] == [1, 0, 3, 2]


def test_it_stops_when_there_is_enough() -> None:
    chosen = supporting(pool(*["dim"] * 5), np.array([4, 2, 0, 1, 3]), np.ones(5), {"dim": Thin(1, 3)}, 9)
    assert [one.row for one in chosen] == [4, 2]


def test_what_does_not_fit_is_passed_over() -> None:
    some = pool("dim", "dim", "glare")
    thin = {"dim": Thin(0, 9), "glare": Thin(0, 9)}
    assert [one.row for one in supporting(some, np.arange(3), np.array([5.0, 1, 1]), thin, 2)] == [1, 2]
    assert supporting(some, np.arange(3), np.ones(3), thin, 0.5) == []

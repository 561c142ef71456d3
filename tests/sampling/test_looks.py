import numpy as np
import pytest

from sampling.looks import Looks, distinct_looks


def at(*degrees: float) -> np.ndarray:
    return np.stack([(np.cos(np.radians(one)), np.sin(np.radians(one))) for one in degrees]).astype(np.float32)


def values(*given: float) -> np.ndarray:
    return np.array(given, np.float32)


def test_of_instances_that_look_alike_the_most_uncertain_stays() -> None:
    looks = distinct_looks(at(0, 10, 90), values(0.2, 0.7, 0.5), ["a", "a", "a"])
    assert looks.classes == ("a", "a")
    np.testing.assert_allclose(looks.values, [0.7, 0.5])
    np.testing.assert_array_equal(looks.vectors, at(10, 90))


def test_a_redundant_instance_makes_nobody_redundant() -> None:
    looks = distinct_looks(at(0, 20, 40), values(0.9, 0.5, 0.1), ["a"] * 3)  # cosine of 20 degrees is 0.94
    np.testing.assert_allclose(looks.values, [0.9, 0.1])


def test_what_looks_alike_but_has_another_class_stays() -> None:
    assert distinct_looks(at(0, 0), values(0.9, 0.5), ["a", "b"]).classes == ("a", "b")


def test_how_alike_is_a_choice() -> None:
    assert len(distinct_looks(at(0, 40), values(0.9, 0.5), ["a", "a"], alike=0.7)) == 1
    assert len(distinct_looks(at(0, 40), values(0.9, 0.5), ["a", "a"], alike=0.8)) == 2


def test_all_looks_count_and_the_ten_most_uncertain_are_kept_ties_by_place() -> None:
    vectors, unsure = np.eye(12, dtype=np.float32), np.array([0.5] * 11 + [0.75], np.float32)
    looks = distinct_looks(vectors, unsure, [str(place) for place in range(12)])
    assert (len(looks), looks.values.sum()) == (12, 6.25)
    kept = looks.foremost()
    assert kept.classes == ("11", *(str(place) for place in range(9)))
    np.testing.assert_array_equal(kept.vectors, vectors[[11, *range(9)]])
    np.testing.assert_array_equal(kept.values, [0.75] + [0.5] * 9)


def test_nothing_found_leaves_no_looks() -> None:
    looks = distinct_looks(np.zeros((0, 4), np.float32), values(), [])
    assert (len(looks), looks.values.sum()) == (0, 0)
    assert len(Looks.from_bytes(looks.to_bytes())) == 0


def test_looks_are_read_as_they_were_written() -> None:
    written = Looks(("04006381333931", "drinks/juice", ""), values(0.9, 0.25, 0.125), at(0, 30, 77))
    read = Looks.from_bytes(written.to_bytes())
    assert read.classes == written.classes
    np.testing.assert_array_equal(read.values, written.values)
    np.testing.assert_allclose(read.vectors, written.vectors, atol=1e-3)  # float16
    np.testing.assert_allclose(np.linalg.norm(read.vectors, axis=1), 1, atol=1e-6)


def test_arrays_that_do_not_belong_together_are_refused() -> None:
    with pytest.raises(ValueError, match=r"looks of 1 classes with values \(2,\)"):
        Looks(("a",), values(0.1, 0.2), at(0))

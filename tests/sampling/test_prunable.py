from datetime import UTC, datetime, timedelta

import numpy as np

from sampling.prunable import Prunable, Trained, find_prunable

START = datetime(2026, 3, 1, tzinfo=UTC)


def _capture(id, angle, *, day=0, bay="b1"):
    vector = None if angle is None else np.array([np.cos(angle), np.sin(angle)], np.float32)
    return Trained(id, bay, START + timedelta(days=day), vector)


def test_the_newest_of_those_that_look_alike_stays():
    captures = [_capture("a", 0.0), _capture("b", 0.001, day=2), _capture("c", 0.002, day=1), _capture("d", 1.0)]
    found = find_prunable(captures, 0.9995)
    assert [(one.capture_id, one.of) for one in found] == [("a", "b"), ("c", "b")]
    assert all(one.similarity > 0.9999 for one in found)


def test_captures_of_other_bays_and_those_without_a_vector_stay():
    captures = [_capture("a", 0.0), _capture("b", 0.0, bay="b2"), _capture("c", None)]
    assert find_prunable(captures, 0.9995) == ()


def test_similarity_decides():
    captures = [_capture("a", 0.0, day=1), _capture("b", 0.1)]
    assert find_prunable(captures, 0.9995) == ()
    (only,) = find_prunable(captures, 0.99)
    assert isinstance(only, Prunable)
    assert round(only.similarity, 3) == 0.995

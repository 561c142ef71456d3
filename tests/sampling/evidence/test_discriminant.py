import numpy as np
import pytest

from sampling.evidence.discriminant import fit_discriminant


def test_scores_are_those_of_shrunk_means_and_a_shrunk_covariance() -> None:
    """By hand: means at ±1/3 instead of ±1/2; variances 1/36 and 4, shrunk by a fifth towards their mean, 145/72."""
    vectors, labels = np.array([[0.0, 2], [0, -2], [1, 2], [1, -2]]), np.array([0, 0, 1, 1])
    scores = fit_discriminant(vectors, labels, 2, np.ones(4))
    slope = (1 / 3) / (0.8 / 36 + 0.2 * 145 / 72)
    level = -slope / 3 / 2
    assert scores(np.array([[0.6, 3.0]])) == pytest.approx(np.array([[-0.1 * slope + level, 0.1 * slope + level]]))


def test_a_label_that_counts_twice_is_there_twice() -> None:
    vectors, labels = np.array([[0.0, 2], [0, -1], [1, 2], [1, -2]]), np.array([0, 0, 1, 1])
    weighed = fit_discriminant(vectors, labels, 2, np.array([2.0, 1, 1, 1]))
    repeated = fit_discriminant(vectors[[0, 0, 1, 2, 3]], labels[[0, 0, 1, 2, 3]], 2, np.ones(5))
    seen = np.array([[0.3, 0.4], [0.8, -1]])
    assert weighed(seen) == pytest.approx(repeated(seen))

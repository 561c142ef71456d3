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


def clouds(each: int, spread: float) -> tuple[np.ndarray, np.ndarray]:
    """Two classes around ±1 on the first of twenty axes."""
    labels = np.repeat([0, 1], each)
    vectors = np.random.default_rng(3).normal(0, spread, (2 * each, 20))
    vectors[:, 0] += 2 * labels - 1
    return vectors, labels


def test_unlabelled_vectors_show_how_classes_spread() -> None:
    vectors, labels = clouds(200, 0.4)
    right: dict[bool, list[float]] = {True: [], False: []}
    for seed in range(10):
        two = np.random.default_rng(seed).permutation(200)[:2]
        few = np.concatenate([two, two + 200])  # labels
        for helped in right:
            rest = np.delete(vectors, few, axis=0) if helped else None
            scores = fit_discriminant(vectors[few], labels[few], 2, np.ones(4), rest)
            right[helped].append(float((scores(vectors).argmax(1) == labels).mean()))
    assert np.mean(right[True]) > 0.97 > 0.94 > np.mean(right[False])


def test_what_may_show_one_class_or_another_is_left_out() -> None:
    vectors, labels = clouds(5, 0.3)
    between = np.tile(vectors.mean(0), (50, 1))
    alone = fit_discriminant(vectors, labels, 2, np.ones(10))
    assert fit_discriminant(vectors, labels, 2, np.ones(10), between)(vectors) == pytest.approx(alone(vectors))


def test_however_many_are_unlabelled_they_count_as_four_labels() -> None:
    vectors, labels = clouds(20, 0.2)
    sure = 2 * vectors[:1]
    few, many = (
        fit_discriminant(vectors, labels, 2, np.ones(40), np.repeat(sure, times, axis=0))(vectors)
        for times in (4, 4000)
    )
    labelled = fit_discriminant(np.concatenate([vectors, sure]), np.append(labels, 0), 2, np.append(np.ones(40), 4.0))(
        vectors
    )
    assert few == pytest.approx(many, rel=1e-3, abs=1e-3)
    assert few == pytest.approx(labelled, rel=1e-3, abs=1e-3)

import numpy as np

from vision.detections import Detections
from vision.uncertainty import uncertainty_of


def detections(probabilities, deviations=None) -> Detections:
    n = len(probabilities)
    return Detections(
        boxes=np.tile(np.array([[0, 0, 10, 20]], np.float32), (n, 1)),
        class_ids=np.argmax(probabilities, 1) if n else np.zeros(0, np.int64),
        probabilities=np.array(probabilities, np.float32),
        edge_deviations=np.zeros((n, 4), np.float32) if deviations is None else np.array(deviations, np.float32),
        vectors=np.ones((n, 1), np.float32),
        image_vector=np.ones(1, np.float32),
        size=(100, 100),
    )


def test_doubt_is_what_the_winning_class_leaves():
    measured = uncertainty_of(detections([[0.8, 0.4], [0.1, 0.3]]))
    np.testing.assert_allclose(measured.doubt, [0.2, 0.7], rtol=1e-6)


def test_ambiguity_is_the_second_class_relative_to_the_first():
    measured = uncertainty_of(detections([[0.8, 0.4, 0.1], [0.5, 0.5, 0.0], [0.9, 0.0, 0.0]]))
    np.testing.assert_allclose(measured.ambiguity, [0.5, 1, 0])


def test_single_class_is_never_ambiguous():
    assert uncertainty_of(detections([[0.4]])).ambiguity.tolist() == [0]


def test_localisation_is_relative_to_the_sides():
    measured = uncertainty_of(detections([[0.9, 0.1]] * 2, [[1, 2, 3, 6], [900, 900, 900, 900]]))
    np.testing.assert_allclose(measured.localisation, [(0.1 + 0.1 + 0.3 + 0.3) / 4, 1], rtol=1e-6)


def test_value_joins_all_three():
    measured = uncertainty_of(detections([[0.8, 0.4], [1.0, 0.0], [0.0, 0.0]], [[1, 2, 1, 2]] * 3))
    np.testing.assert_allclose(measured.value, [1 - 0.8 * 0.5 * 0.9, 0.1, 1], rtol=1e-5)


def test_nothing_found_is_nothing_unsure():
    assert uncertainty_of(detections(np.zeros((0, 4)))).value.shape == (0,)

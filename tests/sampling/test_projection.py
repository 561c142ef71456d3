import numpy as np

from sampling.projection import WIDTH, narrowed


def unit(*numbers: float) -> np.ndarray:
    vector = np.array(numbers, np.float32)
    return vector / np.linalg.norm(vector)


def test_narrow_vectors_stay_as_they_are() -> None:
    vector = unit(*range(1, WIDTH + 1))
    assert narrowed(vector) is vector


def test_wide_vectors_become_unit_vectors_whose_likeness_is_kept() -> None:
    rng = np.random.default_rng(0)
    for width in (192, 384):
        one, other = (unit(*rng.normal(size=width)) for _ in range(2))
        near = unit(*(one + 0.03 * other))
        narrow, narrow_near, narrow_other = narrowed(one), narrowed(near), narrowed(other)
        assert (narrow.shape, narrow.dtype) == ((WIDTH,), np.float32)
        assert abs(np.linalg.norm(narrow) - 1) < 1e-6
        assert abs(narrow @ narrow_other - one @ other) < 0.25
        assert 0.6 < (1 - narrow @ narrow_near) / (1 - one @ near) < 1.4


def test_the_projection_is_the_same_for_ever() -> None:
    narrow = narrowed(unit(*np.arange(1, 201)))
    np.testing.assert_allclose(narrow[:3], [-0.155219, -0.063307, -0.019702], atol=1e-6)

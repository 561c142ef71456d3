import numpy as np
import pytest
from numpy.typing import NDArray

from retail.conditions import Lighting
from training.synthetic.lighting import expose

GREY = np.full((120, 160, 3), 120, np.uint8)


def _means(lighting: Lighting) -> NDArray[np.float64]:
    """Mean red, green, blue of a grey card, over a few photos."""
    photos = [expose(GREY, lighting, np.random.default_rng(seed)) for seed in range(12)]
    mean: NDArray[np.float64] = np.array([photo.reshape(-1, 3).mean(axis=0) for photo in photos]).mean(axis=0)
    return mean


@pytest.fixture(scope="module")
def means() -> dict[Lighting, NDArray[np.float64]]:
    return {lighting: _means(lighting) for lighting in Lighting}


def test_warm_is_redder_and_cold_is_bluer_than_neutral(means: dict[Lighting, NDArray[np.float64]]) -> None:
    red_over_blue = {lighting: mean[0] / mean[2] for lighting, mean in means.items()}

    assert red_over_blue[Lighting.NEUTRAL] == pytest.approx(1.0, abs=0.05)
    assert red_over_blue[Lighting.WARM] > 1.2
    assert red_over_blue[Lighting.COLD] < 0.9


def test_dim_is_darker_and_glare_brighter_than_neutral(means: dict[Lighting, NDArray[np.float64]]) -> None:
    brightness = {lighting: mean.mean() for lighting, mean in means.items()}

    assert brightness[Lighting.DIM] < 0.65 * brightness[Lighting.NEUTRAL]
    assert brightness[Lighting.GLARE] > 1.1 * brightness[Lighting.NEUTRAL]


def test_mixed_light_differs_across_one_photo() -> None:
    def spread(lighting: Lighting) -> float:
        photo = expose(GREY, lighting, np.random.default_rng(2)).astype(float)
        cells = photo.reshape(4, 30, 4, 40, 3).mean(axis=(1, 3))
        ratios = cells[..., 0] / cells[..., 2]
        return float(ratios.max() / ratios.min())

    assert spread(Lighting.MIXED) > 1.3
    assert spread(Lighting.NEUTRAL) < 1.1


def test_exposing_leaves_the_rendering_alone() -> None:
    before = GREY.copy()

    photo = expose(GREY, Lighting.MIXED, np.random.default_rng(0))

    assert photo.shape == GREY.shape
    assert photo.dtype == np.uint8
    assert np.array_equal(GREY, before)

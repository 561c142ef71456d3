"""Every preset keeps the photo's shape and moves its colours the way its name says."""

import albumentations as A
import numpy as np
import pytest

from retail.conditions import Lighting
from training.augmentation import for_ultralytics, lighting_aware, preset


def photo():
    return np.random.default_rng(3).integers(60, 180, (64, 48, 3), dtype=np.uint8)


def relit(transform, seed):
    composed = A.Compose([transform], seed=seed)
    return composed(image=photo())["image"]


def shift(lighting):
    """Mean change of red, green, blue over several draws."""
    changed = [relit(preset(lighting), seed).astype(float) - photo() for seed in range(12)]
    return np.mean(changed, axis=(0, 1, 2))


@pytest.mark.parametrize("lighting", Lighting)
def test_shape_and_type_stay_and_something_changes(lighting):
    image = relit(preset(lighting), 0)
    assert image.shape == (64, 48, 3)
    assert image.dtype == np.uint8
    assert (image != photo()).any()


def test_warm_is_redder_and_cold_is_bluer():
    red, _, blue = shift(Lighting.WARM)
    assert red > 10
    assert blue < -10
    red, _, blue = shift(Lighting.COLD)
    assert red < -10
    assert blue > 10


def test_dim_is_darker_and_glare_is_brighter():
    assert (shift(Lighting.DIM) < -10).all()
    assert (shift(Lighting.GLARE) > 5).all()


def test_neutral_keeps_the_mean():
    assert (np.abs(shift(Lighting.NEUTRAL)) < 5).all()


def test_mixed_is_warm_on_one_side_and_cold_on_the_other():
    grey = np.full((60, 60, 3), 120, dtype=np.uint8)
    image = A.Compose([preset(Lighting.MIXED)], seed=1)(image=grey)["image"].astype(int)
    warmth = image[..., 0] - image[..., 2]
    assert warmth.max() > 20
    assert warmth.min() < -20
    assert abs(warmth.mean()) < 5


def test_weights_choose_the_lights():
    only_dim = A.Compose([lighting_aware({Lighting.DIM: 2, Lighting.WARM: 0}, share=1.0)], seed=1)
    means = [only_dim(image=photo())["image"].mean() for _ in range(10)]
    assert max(means) < photo().mean()


def test_share_is_the_share_of_changed_photos():
    half = A.Compose([lighting_aware({Lighting.WARM: 1}, share=0.5)], seed=1)
    changed = sum(bool((half(image=photo())["image"] != photo()).any()) for _ in range(200))
    assert 75 < changed < 125


@pytest.mark.parametrize("weights", [{}, {Lighting.DIM: 0}, {Lighting.DIM: 1, Lighting.WARM: -1}])
def test_useless_weights_are_refused(weights):
    with pytest.raises(ValueError, match="at least one value above 0"):
        lighting_aware(weights)


def test_ultralytics_gets_warm_light_on_its_bgr_photos_and_can_store_it():
    transforms = for_ultralytics([preset(Lighting.WARM)])
    restored = A.Compose([A.from_dict(A.to_dict(transform)) for transform in transforms], seed=1)
    change = restored(image=photo())["image"].astype(float) - photo()
    blue, _, red = change.mean(axis=(0, 1))
    assert red > 10
    assert blue < -10

"""Every preset keeps the photo's shape and moves its colours the way its name says."""

import albumentations as A
import numpy as np
import pytest

from retail.conditions import Lighting
from training.augmentation import GlassReflection, camera_faults, for_ultralytics, lighting_aware, preset
from training.synthetic.world import ShelfWorld, WorldSpec
from vision.conditions import estimate_lighting, light_statistics


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


def test_photos_are_taken_for_photos_of_that_light():
    """By the estimate that counts live captures: what a gap asks for is what the preset shows."""
    world = ShelfWorld.build(WorldSpec(5, products=40, stores=2, bays_per_store=2))
    photos = [world.capture(bay.id, 0, lighting=Lighting.NEUTRAL, width=320).image for bay in world.bays]
    for light in Lighting:
        composed = A.Compose([preset(light)], seed=1)
        relit = [composed(image=one)["image"] for one in photos for _ in range(6)]
        right = sum(estimate_lighting(light_statistics(one)) is light for one in relit)
        assert right >= len(relit) * 0.5, light


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


def test_glass_adds_light_over_a_part_of_the_photo():
    changed = A.Compose([GlassReflection(strength=(0.3, 0.3))], seed=1)(image=photo())["image"].astype(int) - photo()
    columns = changed.sum(axis=(0, 2))
    assert changed.min() >= 0
    assert columns.min() == 0
    assert columns.max() > 1000


def test_a_share_of_photos_is_spoiled_and_stays_where_it_is():
    spoil = A.Compose([camera_faults(0.5)], seed=1)
    edge = np.full((64, 64, 3), 40, dtype=np.uint8)
    edge[:, 32:] = 200
    changed = [spoil(image=edge)["image"] for _ in range(60)]
    assert 15 < sum(bool((one != edge).any()) for one in changed) < 45
    assert all(abs(one.astype(int) - edge)[:, [0, 63]].max() < 12 for one in changed)


@pytest.mark.parametrize("transform", [GlassReflection(), camera_faults(1.0), *map(preset, Lighting)])
def test_every_preset_reaches_another_process(transform):
    restored = A.Compose([A.from_dict(A.to_dict(transform))], seed=1)
    assert restored(image=photo())["image"].shape == (64, 48, 3)

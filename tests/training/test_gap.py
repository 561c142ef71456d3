"""The light that cameras see against the light that was labelled."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from retail.conditions import Lighting
from training.gap import preset_weights

LIVE = {"neutral/frontal/convenience": 50, "dim/frontal/convenience": 25, "dim/oblique/supermarket": 25}


def test_a_light_that_was_not_labelled_is_practised_most():
    found = preset_weights(LIVE, {"neutral/frontal/convenience": 40}, relit=0.6)
    # Half of what is shown is to be dim, and only relit photos can be: 0.5 of 0.6; the rest is as neutral as needed.
    assert found.lighting[Lighting.DIM] == pytest.approx(0.05 + 0.7 * 0.5 / 0.6)
    assert found.lighting[Lighting.NEUTRAL] == pytest.approx(0.05 + 0.7 * 0.1 / 0.6)
    assert found.lighting[Lighting.WARM] == pytest.approx(0.05)
    assert found.reason == (
        "dim light is 50% of the live captures and 0% of the training set, so it gets 63% of the relit photos"
    )


def test_without_a_gap_lights_are_practised_as_they_come():
    found = preset_weights(LIVE, {"neutral/frontal/convenience": 10, "dim/frontal/convenience": 10})
    assert found.lighting[Lighting.DIM] == pytest.approx(found.lighting[Lighting.NEUTRAL])
    assert found.reason.startswith("the training set has the lights of the live captures")


def test_a_light_that_is_labelled_too_often_is_left_to_the_other_photos():
    found = preset_weights(LIVE, {"neutral/frontal/convenience": 90, "dim/frontal/convenience": 10}, relit=0.3)
    assert found.lighting[Lighting.NEUTRAL] == pytest.approx(0.05)
    assert found.lighting[Lighting.DIM] == pytest.approx(0.75)


@pytest.mark.parametrize(
    ("deployed", "trained", "relit"),
    [({"dim/frontal/convenience": 29}, LIVE, 0.6), (LIVE, {}, 0.6), (LIVE, LIVE, 0.0), ({}, LIVE, 0.6)],
)
def test_too_little_knowledge_weighs_nothing(deployed, trained, relit):
    found = preset_weights(deployed, trained, relit)
    assert not found.lighting
    assert found.reason.startswith("light is practised as configured")


def test_a_wrong_stratum_is_refused():
    with pytest.raises(ValueError, match="neon"):
        preset_weights({"neon/frontal/convenience": 100}, LIVE)


counts = st.dictionaries(
    st.sampled_from([f"{light}/frontal/convenience" for light in Lighting]), st.integers(0, 500), max_size=6
)


@given(counts, counts, st.floats(0.05, 1))
def test_weights_sum_to_one_and_no_light_is_forgotten(deployed, trained, relit):
    weights = preset_weights(deployed, trained, relit).lighting
    if weights:
        assert sum(weights.values()) == pytest.approx(1)
        assert min(weights.values()) >= 0.05 - 1e-9
        assert set(weights) == set(Lighting)

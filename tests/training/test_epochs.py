"""Each photo comes as often as its rate says."""

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.epochs import EpochSampler


def test_whole_rates_are_exact_and_orders_differ():
    sampler = EpochSampler([1, 0, 3, 1], seed=1)
    epochs = [list(sampler) for _ in range(4)]
    assert all(Counter(epoch) == {0: 1, 2: 3, 3: 1} for epoch in epochs)
    assert len({tuple(epoch) for epoch in epochs}) > 1
    assert len(sampler) == 5


def test_broken_rates_are_right_on_average():
    sampler = EpochSampler([1.0, 0.25, 1.75, 1.0], seed=3)
    counts = Counter(photo for _ in range(400) for photo in sampler)
    assert counts[0] == 400
    assert counts[1] == pytest.approx(100, abs=25)
    assert counts[2] == pytest.approx(700, abs=25)


def test_a_resumed_fit_sees_the_epochs_that_were_left():
    whole, resumed = EpochSampler([1, 1.5, 0.5], seed=1), EpochSampler([1, 1.5, 0.5], seed=1)
    epochs = [list(whole) for _ in range(3)]
    resumed.epoch = 2
    assert list(resumed) == epochs[2]


rates_of_photos = st.lists(st.just(0.0) | st.floats(0.01, 4), min_size=1, max_size=30).filter(any)


@given(rates_of_photos, st.integers(1, 4))
def test_processes_share_an_epoch(rates, ranks):
    samplers = [EpochSampler(rates, seed=5, rank=rank, ranks=ranks) for rank in range(ranks)]
    parts = [list(sampler) for sampler in samplers]
    whole = Counter(EpochSampler(rates, seed=5))
    assert len({len(part) for part in parts}) == 1
    assert all(len(sampler) == len(part) for sampler, part in zip(samplers, parts, strict=True))
    shown = Counter(photo for part in parts for photo in part)
    assert shown >= whole
    assert shown.total() - whole.total() < ranks
    assert all(
        abs(count - rates[photo] * max(1, round(sum(rates))) / sum(rates)) < 1 + 1e-6 for photo, count in whole.items()
    )


@pytest.mark.parametrize("rates", [[0, 0], [1, -1]])
def test_useless_rates_are_refused(rates):
    with pytest.raises(ValueError, match="above 0"):
        EpochSampler(rates, seed=0)

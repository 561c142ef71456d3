"""Which photos an epoch shows, and in which order."""

from collections.abc import Iterator, Sequence

import numpy as np
from torch.utils.data import Sampler


class EpochSampler(Sampler[int]):
    """Photos by their rate: one of rate 1.3 is shown once or twice an epoch, 1.3 times on average.

    Every epoch has the same length, the sum of the rates, and an order of its own. Systematic sampling: points one
    apart, from a random start, on the rates laid end to end in random order.
    """

    def __init__(self, rates: Sequence[float], seed: int, rank: int = 0, ranks: int = 1) -> None:
        """Draw for one of several processes that share an epoch; all must have the same rates and seed.

        Raises:
            ValueError: if no rate is above zero, or one is below.
        """
        self._rates = np.asarray(rates, np.float64)
        if not self._rates.sum() or self._rates.min() < 0:
            raise ValueError("an epoch needs a photo with a rate above 0, and none below")
        self._seed, self._rank, self._ranks = seed, rank, ranks
        self._shown = max(1, round(float(self._rates.sum())))
        self.epoch = 0

    def __len__(self) -> int:
        """Return how many photos this process shows an epoch."""
        return -(-self._shown // self._ranks)

    def __iter__(self) -> Iterator[int]:
        """Draw the next epoch."""
        rng = np.random.default_rng((self._seed, self.epoch))
        self.epoch += 1
        photos = rng.permutation(len(self._rates))
        ends = np.cumsum(self._rates[photos]) * (self._shown / self._rates.sum())
        points = np.minimum(rng.random() + np.arange(self._shown), np.nextafter(ends[-1], 0))
        drawn = rng.permutation(photos[np.searchsorted(ends, points, side="right")])
        # As many for each process, or they would wait for each other for ever.
        return iter(np.resize(drawn, len(self) * self._ranks)[self._rank :: self._ranks].tolist())

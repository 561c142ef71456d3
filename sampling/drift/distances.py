"""How far apart two groups of captures are, for many ways of grouping them at once."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampling.drift.shuffling import Shuffled

Floats = NDArray[np.float64]
Weights = NDArray[np.float32]
_STEPS = 24  # quantiles at which distribution functions are compared


def centred(values: Floats, places: NDArray[np.int64]) -> Floats:
    """Take from each row of values (n, k) the mean of its place; NaN is left out of it.

    Bays differ more from each other than light does from day to day, and which bays were photographed is not drift.
    """
    known = np.isfinite(values)
    _, place = np.unique(places, return_inverse=True)
    groups = np.zeros((int(place.max(initial=-1)) + 1, len(place)))
    groups[place, np.arange(len(place))] = 1
    sums, counts = groups @ np.where(known, values, 0), groups @ known
    means: Floats = (sums / np.maximum(counts, 1))[place]
    return values - means


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """Captures made ready to be compared in many groupings of their d days: nothing but sums over days is needed.

    Attributes:
        below: (d, s * q) how many captures are at most each of q quantiles, for each of s scalars.
        known: (d, s) how many were measured.
        kernel: (d, d) sums of the Gaussian kernel over pairs of captures that have a vector.
        seen: (d,) how many have one.
    """

    below: Weights
    known: Weights
    kernel: Weights
    seen: Weights

    @classmethod
    def of(cls, scalars: Floats, vectors: Floats, days: NDArray[np.int64]) -> "Compared":
        """Take scalars (n, s) and vectors (n, k), NaN where not measured, and numbers of days (n,) from 0."""
        of_day = (np.arange(int(days.max(initial=-1)) + 1)[:, None] == days).astype(np.float32)  # (d, n)
        has = np.asarray(np.isfinite(vectors).all(1), np.bool_)
        below = [_below(column) for column in scalars.T] or [np.zeros((len(scalars), 0), np.float32)]
        kernel = gaussian_kernel(vectors[has].astype(np.float32))
        return cls(
            of_day @ np.concatenate(below, axis=1),
            of_day @ np.isfinite(scalars).astype(np.float32),
            of_day[:, has] @ kernel @ of_day[:, has].T,
            of_day[:, has].sum(1),
        )

    def distances(self, shuffled: Shuffled) -> NDArray[np.float32]:
        """Return (b, g, s + 1): by grouping, stretch of the window and signal, the vectors' last.

        Of scalars the Kolmogorov-Smirnov distance, the largest gap between two distribution functions, at 24 quantiles;
        of vectors the maximum mean discrepancy (Gretton et al., A Kernel Two-Sample Test, JMLR 2012: the root of the
        biased statistic, equation 5). 0 where a group has nothing that was measured.
        """
        before, vectors_before = self._shares(shuffled.before), self._weights(shuffled.before)
        found = []
        for now in shuffled.now:
            gaps = np.nan_to_num(np.abs(self._shares(now) - before).max(-1, initial=0))
            vectors_now = self._weights(now)
            weights = vectors_now - vectors_before
            squared = np.einsum("bd,bd->b", weights @ self.kernel, weights)
            both = vectors_now.any(1) & vectors_before.any(1)
            found.append(np.column_stack([gaps, np.sqrt(np.maximum(squared, 0)) * both]))
        return np.stack(found, axis=1)

    def _shares(self, marks: Weights) -> Weights:
        """Return distribution functions (b, s, q) at the quantiles, NaN where nothing was measured."""
        counts = (marks @ self.below).reshape(len(marks), self.known.shape[1], _STEPS)
        with np.errstate(invalid="ignore"):
            shares: Weights = counts / (marks @ self.known)[..., None]
        return shares

    def _weights(self, marks: Weights) -> Weights:
        """Return what each capture of a day weighs, (b, d): those of the marked days weigh 1 together."""
        weights: Weights = marks / np.maximum(marks @ self.seen, 1)[:, None]
        return weights * (self.seen > 0)


def gaussian_kernel(vectors: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return (n, n): exp(-d² / median of d²), as wide as Gretton et al. advise in section 8; 1 for equal vectors."""
    lengths = np.einsum("nk,nk->n", vectors, vectors)
    squared = np.maximum(lengths[:, None] + lengths - 2 * vectors @ vectors.T, 0)
    width = float(np.median(squared[np.triu_indices(len(squared), 1)])) if len(squared) > 1 else 0.0
    kernel: NDArray[np.float32] = np.exp(squared / np.float32(-width)) if width > 1e-9 else np.ones_like(squared)
    return kernel


def _below(column: Floats) -> Weights:
    """Return (n, q); a value that is not known is below nothing."""
    known = column[np.isfinite(column)]
    if not len(known):
        return np.zeros((len(column), _STEPS), np.float32)
    steps = np.quantile(known, (np.arange(_STEPS) + 0.5) / _STEPS)
    below: Weights = (column[:, None] <= steps).astype(np.float32)
    return below

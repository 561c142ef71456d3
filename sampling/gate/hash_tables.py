"""Which of a million vectors may lie close together: locality-sensitive hashing.

E2LSH (Datar, Immorlica, Indyk, Mirrokni, SCG 2004): a vector's digits are its products with random directions, in cells
a few times as wide as the close pairs are apart, so that close pairs nearly always share each digit. A table sorts the
vectors by 16 such digits; a bucket is what shares a prefix, just long enough that at most ``FEW`` do (the LSH forest
of Bawa, Condie, Ganesan, WWW 2005): crowded regions are split finer than sparse ones. Several tables with digits of
their own find the pairs that one table parts.
"""

import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sampling.gate.stacked import Stacked
from sampling.signatures import Rows, Vectors

TABLES = 4
# Most vectors of a bucket whose pairs are listed one by one; from `_CROWD` on a bucket is split by further digits.
FEW = 8
_CROWD = 256
# Pairs of a larger bucket that are compared to see whether it is worth splitting.
_PROBES = 4
_DIGITS = 16  # of four bits each, in one word
_WORDS = 3
# Width of a cell, in standard deviations of a product's difference between two vectors just `radius` apart.
_CELL = 8.0
# Most digits of the first words, out of 64, in which two vectors just `radius` apart differ: one in ten on average.
_DIFFERING = 16
_PREFIXES = (3, 4, 5, 6, 7, 8, 9, 10, 12, 14, 16)
_LOWEST_BITS = np.uint64(0x1111111111111111)
_PORTION = 16_384
_SAMPLE = 10_000
_SEED = 1

Words = NDArray[np.uint64]


@dataclass(frozen=True, slots=True, eq=False)
class Buckets:
    """One table's answer: pairs (m, 2) of rows that share a small bucket, and the rows of each large bucket.

    A bucket is left large where most of it seems to be within the radius, or where digits cannot split it.
    """

    pairs: Rows
    crowds: list[Rows]


class HashTables:
    """Tables for unit vectors (n, k) of which those within ``radius`` (chord distance) are to be found."""

    def __init__(self, vectors: Stacked, radius: float) -> None:
        """Hash the vectors; the same vectors give the same buckets for any number of threads."""
        self._vectors, self._similarity = vectors, 1 - radius**2 / 2
        rng = np.random.default_rng(_SEED)
        width = vectors.width
        directions = rng.standard_normal((width, _WORDS * TABLES * _DIGITS), np.float32)
        directions /= np.linalg.norm(directions, axis=0) * np.float32(_CELL * radius / np.sqrt(width))
        middle = vectors[np.arange(0, len(vectors), max(1, len(vectors) // _SAMPLE))].mean(axis=0) @ directions
        shifts = 8 - middle + rng.random(len(middle), np.float32)
        self._directions = directions.reshape(width, _WORDS, TABLES, _DIGITS)
        self._shifts = shifts.reshape(_WORDS, TABLES, _DIGITS)
        words = [self._words(0, slice(None), part) for part in vectors.parts]
        self._first = np.ascontiguousarray(np.concatenate(words, axis=1).T)

    def __iter__(self) -> Iterator[Buckets]:
        """Yield table after table; they are made side by side, since NumPy works without the interpreter's lock."""
        with ThreadPoolExecutor(min(TABLES, os.cpu_count() or 1)) as workers:
            yield from workers.map(self._buckets, range(TABLES))

    def _words(self, word: int, tables: slice, vectors: Vectors) -> Words:
        """Return the digits of vectors as one word for each of the tables, (tables, n)."""
        shifts = self._shifts[word, tables]
        directions = self._directions[:, word, tables].reshape(-1, shifts.size)
        words = np.empty((len(shifts), len(vectors)), np.uint64)
        for start in range(0, len(vectors), _PORTION):
            cells = vectors[start : start + _PORTION] @ directions
            cells += shifts.ravel()
            digits = np.clip(cells, 0, 15, out=cells).astype(np.uint8)
            packed = digits[:, 0::2] << 4 | digits[:, 1::2]
            words[:, start : start + _PORTION] = packed.reshape(len(cells), -1, 8).view(">u8")[:, :, 0].T
        return words

    def _buckets(self, table: int) -> Buckets:
        pairs, crowds = [], []
        rows, words = np.arange(len(self._first)), self._first[:, table]
        groups = np.zeros(len(rows), np.int64)
        for word in range(_WORDS):
            order = np.lexsort((words, groups)) if word else np.argsort(words)
            rows = rows[order]
            shared = _shared(words[order], groups[order])
            for level in range(1, len(_PREFIXES) + 1):
                starts = np.flatnonzero(shared < level)
                sizes = np.diff(np.append(starts, len(rows)))
                alike = self._are_alike(rows, starts, sizes)
                pairs.append(self._likely(pairs_within(rows, starts, sizes)))
                crowds += [rows[start : start + size] for start, size in zip(starts[alike], sizes[alike], strict=True)]
                open_ = np.repeat((sizes > FEW) & ~alike, sizes)
                rows, shared = rows[open_], shared[open_]
            buckets = np.split(rows, np.flatnonzero(shared < len(_PREFIXES))[1:]) if len(rows) else []
            last = word == _WORDS - 1
            crowds += [bucket for bucket in buckets if last or len(bucket) <= _CROWD]
            rest = [bucket for bucket in buckets if not last and len(bucket) > _CROWD]
            if not rest:
                break
            rows, groups = np.concatenate(rest), np.repeat(np.arange(len(rest)), [len(bucket) for bucket in rest])
            words = self._words(word + 1, slice(table, table + 1), self._vectors[rows])[0]
        return Buckets(np.concatenate(pairs), crowds)

    def _are_alike(self, rows: Rows, starts: Rows, sizes: Rows) -> NDArray[np.bool_]:
        """Tell which buckets too large for pairs hold vectors that mostly are within the radius, by a few pairs."""
        large = np.flatnonzero(sizes > FEW)
        places = starts[large, None] + np.arange(2 * _PROBES) * sizes[large, None] // (2 * _PROBES)
        probes = rows[places].reshape(-1, 2, _PROBES).swapaxes(1, 2).reshape(-1, 2)
        close = self._differing(probes) <= _DIFFERING
        one, other = self._vectors[probes[close]].swapaxes(0, 1)
        close[close] = np.einsum("ij,ij->i", one, other) >= self._similarity
        alike = np.zeros(len(sizes), np.bool_)
        alike[large] = close.reshape(-1, _PROBES).mean(axis=1) >= 0.5
        return alike

    def _likely(self, pairs: Rows) -> Rows:
        """Drop pairs that differ in too many digits: far cheaper than their similarity."""
        return pairs[self._differing(pairs) <= _DIFFERING]

    def _differing(self, pairs: Rows) -> NDArray[np.uint8]:
        """Count the digits of the first words in which each pair (m, 2) differs."""
        differing = np.empty(len(pairs), np.uint8)
        for start in range(0, len(pairs), _PORTION):
            one, other = pairs[start : start + _PORTION].T
            bits = self._first[one] ^ self._first[other]
            bits |= bits >> 2
            bits |= bits >> 1
            differing[start : start + _PORTION] = np.bitwise_count(bits & _LOWEST_BITS).sum(axis=1, dtype=np.uint8)
        return differing


def _shared(words: Words, groups: Rows) -> NDArray[np.int8]:
    """Return how many of the prefixes each of the sorted words shares with the one before, -1 in another group."""
    shared = np.zeros(len(words), np.int8)
    differing = words[1:] ^ words[:-1]
    for digits in _PREFIXES:
        shared[1:] += differing < np.uint64(1) << np.uint64(64 - 4 * digits) if digits < _DIGITS else differing == 0
    shared[1:][groups[1:] != groups[:-1]] = -1
    return shared


def pairs_within(places: Rows, starts: Rows, sizes: Rows) -> Rows:
    """Return all pairs (m, 2) of ``places`` within each bucket of at most ``FEW``, given where each starts."""
    found = [np.empty((0, 2), np.int64)]
    for size in range(2, FEW + 1):
        members = places[starts[sizes == size, None] + np.arange(size)]
        one, other = np.triu_indices(size, 1)
        found.append(np.stack([members[:, one].ravel(), members[:, other].ravel()], axis=1))
    return np.concatenate(found)

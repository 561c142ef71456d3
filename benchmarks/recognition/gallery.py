"""The gallery of a large catalogue: how fast, how surely, and what a change costs.

Vectors are drawn, scattered as real ones are: products in families, references around their product. How alike
references of one product, of siblings and of unrelated products are was measured on Klasson's photos of products that
the embedder had not learnt from (`_MEASURED`), and is reported for the drawn ones beside it.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import perf_counter
from typing import Any

import faiss
import numpy as np
from numpy.typing import NDArray

from benchmarks.report import Target
from retail.gtin import Gtin
from vision.coarse_search import Codebook, Places, one_thread
from vision.detections import Floats
from vision.gallery import BEST, PROTOTYPE_SHARE, Assortment, Gallery, Matches, Reference

Choose = Callable[[Floats], Places]

SEED = 11
WIDTH, REFERENCES, SIBLINGS = 192, 5, 8
QUERIES, BATCH = 600, 150
STORE = 5000  # products that a store carries, whole families
_REPEATS = 30
_CHOSEN = 120
_CHANGES = 1300  # with two packings among them

# Cosines at this width: mean of a product's photos and of its siblings', deviation of unrelated products' (mean 0).
_MEASURED = {"same_product": 0.396, "siblings": 0.259, "unrelated_deviation": 0.168}
# Variances that give the drawn ones such cosines: of a family, of its product, and of a photo, which sum to 1.
_FAMILY, _PRODUCT, _PHOTO = 0.30, 0.13, 0.57
# How fast the variances of a vector's numbers fall: families differ in few ways, photos of a product in many.
_FAMILY_DECAY, _PRODUCT_DECAY, _PHOTO_DECAY = 2.0, 0.5, 0.3

TARGETS: Mapping[str, Target] = {
    "gallery_ms_150": Target(at_most=30),
    "gallery_recall": Target(at_least=0.98),
    "assortment_ms_150": Target(at_most=5),
}


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """Vectors: `references` (variants, REFERENCES, WIDTH), and `queries` (n, WIDTH) of some variants."""

    references: Floats
    queries: Floats

    @classmethod
    def draw(cls, variants: int) -> "Drawn":
        """Draw products, one variant each."""
        rng = np.random.default_rng(SEED)
        families = _scattered(rng, -(-variants // SIBLINGS), _FAMILY, _FAMILY_DECAY)
        products = np.repeat(families, SIBLINGS, 0)[:variants] + _scattered(rng, variants, _PRODUCT, _PRODUCT_DECAY)
        references = np.empty((variants, REFERENCES, WIDTH), np.float32)
        for shot in range(REFERENCES):
            references[:, shot] = _unit(products + _scattered(rng, variants, _PHOTO, _PHOTO_DECAY))
        wanted = rng.integers(min(STORE, variants), size=QUERIES)  # from the families that the store carries
        return cls(references, _unit(products[wanted] + _scattered(rng, QUERIES, _PHOTO, _PHOTO_DECAY)))

    def exact(self, queries: int = QUERIES) -> Floats:
        """Return the score of every variant for the first queries, from all references."""
        asked = self.queries[:queries]
        scores = np.empty((len(asked), len(self.references)), np.float32)
        for first in range(0, len(self.references), 2000):
            some = self.references[first : first + 2000]
            cosines = np.einsum("vrw,qw->qvr", some, asked, optimize=True)
            best = -np.partition(-cosines, BEST - 1, axis=2)[..., :BEST].mean(2)
            prototypes = asked @ _unit(some.mean(1)).T
            scores[:, first : first + 2000] = PROTOTYPE_SHARE * prototypes + (1 - PROTOTYPE_SHARE) * best
        return scores


def measure_gallery(variants: int = 100_000) -> tuple[dict[str, float | None], list[dict[str, Any]]]:
    """Return headline numbers (see `TARGETS`) and rows."""
    drawn = Drawn.draw(variants)
    scores = drawn.exact()
    exact_ms = _once(partial(drawn.exact, BATCH))
    before = _megabytes()
    gallery, load_s = _filled(drawn)
    megabytes = _megabytes() - before
    store = gallery.assortment(frozenset(_gtin(number) for number in range(STORE)))
    whole = _timed("all products", gallery, drawn, scores, None)
    within = _timed(f"{STORE:,} of them", gallery, drawn, scores[:, :STORE], store)
    rows: list[dict[str, Any]] = [{"cosines": "Klasson", **_MEASURED}, {"cosines": "drawn", **_cosines(drawn)}, whole]
    rows += [within, {"searched": "every reference, numpy", "ms": exact_ms, "best_ms": exact_ms, "recall_at_1": 1.0}]
    rows += [{"gallery": f"{variants:,} × {REFERENCES}", "width": WIDTH, "load_s": load_s, "megabytes": megabytes}]
    rows += [*_change_rows(gallery, drawn), *_ways(drawn, scores.argmax(1))]
    headline: dict[str, float | None] = {
        "gallery_ms_150": whole["ms"],
        "gallery_recall": min(whole["recall_at_1"], within["recall_at_1"]),
        "assortment_ms_150": within["ms"],
    }
    return headline, rows


def _filled(drawn: Drawn) -> tuple[Gallery, float]:
    gallery = Gallery("drawn", WIDTH)
    references = [one for number in range(len(drawn.references)) for one in _product(drawn, number)]
    begin = perf_counter()
    gallery.change(references)
    return gallery, perf_counter() - begin


def _product(drawn: Drawn, number: int, looks_like: int | None = None) -> list[Reference]:
    """Return a product's references; a new one may look like a known one."""
    vectors = drawn.references[number if looks_like is None else looks_like]
    gtin = _gtin(number)
    return [Reference(f"{number}-{shot}", gtin, gtin, vector) for shot, vector in enumerate(vectors)]


def _timed(title: str, gallery: Gallery, drawn: Drawn, scores: Floats, assortment: Assortment | None) -> dict[str, Any]:
    """Return how long a search for a batch takes, and for which share of all queries the exact best comes first."""
    times, _ = _times(lambda: gallery.search(drawn.queries[:BATCH], assortment))
    matches = gallery.search(drawn.queries, assortment)
    recall = np.mean([_first(matches, query) == _gtin(best) for query, best in enumerate(scores.argmax(1))])
    return {"searched": title, "ms": float(np.median(times)), "best_ms": min(times), "recall_at_1": float(recall)}


def _first(matches: Matches, query: int) -> Gtin:
    return matches.gtin(matches.variants[query, 0])


def _change_rows(gallery: Gallery, drawn: Drawn) -> Iterator[dict[str, Any]]:
    """Add new products, one at a time, and remove them."""
    new = [_product(drawn, len(drawn.references) + n, looks_like=n) for n in range(_CHANGES)]
    added = [_once(partial(gallery.change, add=product)) for product in new]
    yield {"change": "a product added", "ms": float(np.median(added)), "worst_ms": max(added)}
    removed = [_once(partial(gallery.change, remove=[one.id for one in product])) for product in new]
    yield {"change": "a product removed", "ms": float(np.median(removed)), "worst_ms": max(removed)}


def _ways(drawn: Drawn, best: NDArray[np.int64]) -> Iterator[dict[str, Any]]:
    """Compare how variants could be chosen by prototype: is the exact best among 120, how fast, how soon built?"""
    prototypes = _unit(drawn.references.mean(1))
    cells = faiss.IndexIVFScalarQuantizer(
        faiss.IndexFlatIP(WIDTH), WIDTH, 512, faiss.ScalarQuantizer.QT_8bit, faiss.METRIC_INNER_PRODUCT, False
    )
    cells.nprobe = 32
    graph = faiss.IndexHNSWFlat(WIDTH, 32, faiss.METRIC_INNER_PRODUCT)
    graph.hnsw.efSearch = 128
    ways: dict[str, Callable[[], Choose]] = {
        "codes, as served": lambda: _codes(prototypes),
        "IVF, 32 of 512 cells, 8 bits": lambda: _built(cells, prototypes),
        "HNSW, 32 links": lambda: _built(graph, prototypes),
        "flat": lambda: _built(faiss.IndexFlatIP(WIDTH), prototypes),
    }
    for name, build in ways.items():
        with one_thread():
            begin = perf_counter()
            choose = build()
            build_s = perf_counter() - begin
            times, _ = _times(partial(choose, drawn.queries[:BATCH]), repeats=5)
            found = choose(drawn.queries)
        recall = float(np.mean([row in rows for row, rows in zip(best, found, strict=True)]))
        yield {"chosen by": name, "ms": float(np.median(times)), "recall": recall, "build_s": build_s}


def _codes(prototypes: Floats) -> Choose:
    codebook = Codebook(prototypes)
    index = codebook.index(codebook.encode(prototypes))
    return lambda queries: index.nearest(queries, _CHOSEN)


def _built(index: faiss.Index, prototypes: Floats) -> Choose:
    index.train(prototypes)
    index.add(prototypes)
    return lambda queries: index.search(queries, _CHOSEN)[1]


def _cosines(drawn: Drawn) -> dict[str, float]:
    first, second = drawn.references[:, 0], drawn.references[:, 1]
    middle = len(first) // 2
    unrelated = first[: min(middle, 2000)] @ first[middle : middle + 2000].T
    return {
        "same_product": float(np.einsum("ij,ij->i", first, second).mean()),
        "siblings": float(np.einsum("ij,ij->i", first[::SIBLINGS], first[1::SIBLINGS]).mean()),
        "unrelated_deviation": float(unrelated.std()),
    }


def _scattered(rng: np.random.Generator, count: int, variance: float, decay: float) -> Floats:
    """Draw normal vectors, (count, WIDTH), whose n-th number has a variance that falls with n to the power `decay`."""
    falling = np.arange(1, WIDTH + 1) ** -decay
    deviations = np.sqrt(variance * falling / falling.sum()).astype(np.float32)
    scattered: Floats = rng.standard_normal((count, WIDTH), dtype=np.float32) * deviations
    return scattered


def _unit(vectors: Floats) -> Floats:
    scaled: Floats = vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)
    return scaled


def _gtin(number: int) -> Gtin:
    return Gtin(f"{number:014d}")


def _once(work: Callable[[], object]) -> float:
    begin = perf_counter()
    work()
    return (perf_counter() - begin) * 1000


def _times(work: Callable[[], Any], repeats: int = _REPEATS) -> tuple[list[float], Any]:
    """Return milliseconds of each repetition after a first one, and the last result."""
    work()
    times: list[float] = []
    for _ in range(repeats):
        begin = perf_counter()
        result = work()
        times.append((perf_counter() - begin) * 1000)
    return times, result


def _megabytes() -> float:
    """Return the memory that this process holds."""
    resident = [line for line in Path("/proc/self/status").read_text().splitlines() if line.startswith("VmRSS")]
    return float(resident[0].split()[1]) / 1024

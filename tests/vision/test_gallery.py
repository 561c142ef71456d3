import threading

import numpy as np
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from retail.gtin import Gtin
from vision import gallery_rows
from vision.gallery import BEST, PROTOTYPE_SHARE, Gallery, Matches, Reference, WrongEmbedder

COLA, LIME, SALT = Gtin("00000000000017"), Gtin("00000000000024"), Gtin("00000000000031")
EMBEDDER = "lite-0a1b2c3d"


def unit(*numbers: float) -> np.ndarray:
    vector = np.array(numbers, np.float32)
    return vector / np.linalg.norm(vector)


def reference(id: str, gtin: Gtin, *numbers: float, variant: str | None = None) -> Reference:
    return Reference(id, variant or gtin, gtin, unit(*numbers))


def found(matches: Matches, query: int = 0) -> list[tuple[Gtin, str]]:
    return [(matches.gtin(row), matches.variant(row)) for row in matches.variants[query] if row >= 0]


def filled() -> Gallery:
    gallery = Gallery(EMBEDDER, 2)
    gallery.change(
        add=[reference("c", COLA, 1, 0), reference("l", LIME, 0, 1), reference("xmas", COLA, -1, 0, variant="xmas")]
    )
    return gallery


def test_the_most_alike_variant_comes_first():
    matches = filled().search(np.stack([unit(4, 3), unit(-4, 3)]), most=2)
    assert found(matches) == [(COLA, COLA), (LIME, LIME)]
    assert found(matches, 1) == [(COLA, "xmas"), (LIME, LIME)]
    assert matches.scores == pytest.approx(np.array([[0.8, 0.6], [0.8, 0.6]]))


def test_a_score_blends_the_prototype_and_the_best_references():
    gallery = Gallery(EMBEDDER, 2)
    gallery.change(
        add=[reference(str(n), COLA, *numbers) for n, numbers in enumerate([(1, 0), (1, 0), (1, 0), (0, 1)])]
    )
    [[score]] = gallery.search(unit(1, 0)[None], most=1).scores
    assert score == pytest.approx(PROTOTYPE_SHARE * 3 / 10**0.5 + (1 - PROTOTYPE_SHARE) * 1)


def test_the_nearest_reference_counts_whosever_it_is():
    gallery = Gallery(EMBEDDER, 2)
    gallery.change(add=[reference(str(n), COLA, *numbers) for n, numbers in enumerate([(4, 3), (4, -3)])])
    gallery.change(add=[reference("l", LIME, 9, 1)])
    matches = gallery.search(np.stack([unit(4, 3), unit(-1, 0)]), most=1)
    assert found(matches) == [(LIME, LIME)]
    assert matches.nearest == pytest.approx([1, -0.8])
    only = gallery.search(unit(4, 3)[None], gallery.assortment(frozenset({LIME})))
    assert only.nearest == pytest.approx(unit(4, 3) @ unit(9, 1)[:, None])
    assert np.isneginf(Gallery(EMBEDDER, 2).search(unit(1, 0)[None]).nearest).tolist() == [True]


def test_places_without_a_variant_say_so():
    matches = filled().search(unit(1, 0)[None], most=5)
    assert (matches.variants[0] >= 0).tolist() == [True, True, True, False, False]
    assert np.isneginf(matches.scores[0, 3:]).all()
    assert found(Gallery(EMBEDDER, 2).search(unit(1, 0)[None])) == []
    assert filled().search(np.empty((0, 2), np.float32), most=7).scores.shape == (0, 7)


def test_changes_are_live_at_return_and_a_moved_reference_has_one_place():
    gallery = filled()
    gallery.change(add=[reference("c", SALT, 1, 0)], remove=["l", "never there"])
    assert found(gallery.search(unit(1, 0)[None])) == [(SALT, SALT), (COLA, "xmas")]
    assert len(gallery) == 2
    assert gallery.gtins == {COLA, SALT}


def test_references_can_change_places():
    gallery = filled()
    gallery.change(add=[reference("c", LIME, 1, 0), reference("l", COLA, 0, 1)])
    gallery.change(remove=["xmas"])
    assert found(gallery.search(unit(1, 0.1)[None])) == [(LIME, LIME), (COLA, COLA)]
    gallery.change(remove=["c"])
    assert found(gallery.search(unit(1, 0.1)[None])) == [(COLA, COLA)]


def test_an_added_reference_outlives_its_own_removal_in_the_same_change():
    gallery = filled()
    gallery.change(add=[reference("c", COLA, 0, -1)], remove=["c"])
    [[score, *_]] = gallery.search(unit(0, -1)[None]).scores
    assert score == pytest.approx(1)


def test_matches_keep_their_names_while_the_gallery_changes():
    gallery = filled()
    matches = gallery.search(unit(1, 0)[None], most=1)
    gallery.change(add=[reference(f"{n}-{m}", SALT, 0, 1) for n in range(9) for m in range(99)])
    gallery.change(remove=["c", "l"])
    assert found(matches) == [(COLA, COLA)]


def test_an_assortment_restricts_and_follows_changes():
    gallery = filled()
    assortment = gallery.assortment(frozenset({LIME, SALT}))
    assert found(gallery.search(unit(1, 0)[None], assortment)) == [(LIME, LIME)]
    gallery.change(add=[reference("s", SALT, 1, 0.5)])
    assert found(gallery.search(unit(1, 0)[None], assortment)) == [(SALT, SALT), (LIME, LIME)]
    gallery.change(remove=["l"])
    assert found(gallery.search(unit(1, 0)[None], assortment)) == [(SALT, SALT)]
    assert gallery.assortment(frozenset({SALT, LIME})) is assortment
    assert found(gallery.search(unit(1, 0)[None], gallery.assortment(frozenset()))) == []


def test_an_assortment_of_another_gallery_is_refused():
    with pytest.raises(ValueError, match="another gallery's"):
        filled().search(unit(1, 0)[None], filled().assortment(frozenset({COLA})))


def test_the_stamp_tells_changes_and_embedders_apart():
    gallery = filled()
    before = gallery.stamp
    gallery.change(remove=["c"])
    assert before[0] == gallery.stamp[0] == EMBEDDER
    assert before != gallery.stamp
    gallery.require(EMBEDDER)
    with pytest.raises(WrongEmbedder, match="of big-99"):
        gallery.require("big-99")


@pytest.mark.parametrize(
    ("vector", "error", "says"),
    [
        (
            [1, 0, 0],
            WrongEmbedder,
            r"reference bad of shape \(3,\) for lite-0a1b2c3d, which gives vectors of 2 numbers",
        ),
        ([1, 1], ValueError, "reference bad: expected a finite vector of length 1"),
        ([np.nan, 1], ValueError, "reference bad: expected a finite"),
        ([np.inf, 0], ValueError, "reference bad: expected a finite"),
    ],
)
def test_vectors_that_do_not_belong_are_refused_and_nothing_changes(vector, error, says):
    gallery, bad = filled(), np.array(vector, np.float32)
    with pytest.raises(error, match=says):
        gallery.change(add=[reference("good", SALT, 1, 0), Reference("bad", SALT, SALT, bad)], remove=["c"])
    assert len(gallery) == 3
    assert gallery.gtins == {COLA, LIME}
    with pytest.raises(error, match="quer"):
        gallery.search(bad[None])


class NaiveGallery:
    """What a gallery is, in a dictionary and loops."""

    def __init__(self) -> None:
        self.references: dict[str, Reference] = {}

    def change(self, add, remove) -> None:
        for id in remove:
            self.references.pop(id, None)
        self.references.update({reference.id: reference for reference in add})

    def scores(self, query, gtins=None) -> dict[tuple[Gtin, str], float]:
        groups: dict[tuple[Gtin, str], list[np.ndarray]] = {}
        for one in self.references.values():
            if gtins is None or one.gtin in gtins:
                groups.setdefault((one.gtin, one.variant_id), []).append(one.vector.astype(float))
        return {key: self._score(query.astype(float), np.array(vectors)) for key, vectors in groups.items()}

    @staticmethod
    def _score(query, vectors) -> float:
        mean = vectors.mean(0)
        prototype = mean / np.linalg.norm(mean)
        best = sorted(vectors @ query)[-BEST:]
        return PROTOTYPE_SHARE * prototype @ query + (1 - PROTOTYPE_SHARE) * sum(best) / len(best)


WIDTH = 6
GTINS = [Gtin(f"{n:014d}") for n in range(30)]
FEW = GTINS[:12]  # two variants of each: as many as are scored, so that nothing depends on which are


def drawn(id: int, gtin: Gtin, variant: int, seed: int) -> Reference:
    vector = np.random.default_rng(seed).standard_normal(WIDTH)
    return Reference(f"r{id}", f"{gtin}/{variant}", gtin, unit(*vector))


some_reference = st.builds(drawn, st.integers(0, 60), st.sampled_from(FEW), st.integers(0, 1), st.integers(0, 9999))
LARGE = [drawn(n, FEW[n % 12], n // 12 % 2, n) for n in range(60)]
some_change = st.tuples(
    st.lists(some_reference, max_size=40) | st.lists(some_reference, min_size=40, max_size=60),
    st.lists(st.integers(0, 60).map("r{}".format), max_size=20),
)


@pytest.fixture
def tight(monkeypatch):
    """A gallery that packs, learns codes and moves to new arrays all the time."""
    for name, value in {"FLAT": 18, "_LEAST_STALE": 3, "_LEAST_SPARE": 2}.items():
        monkeypatch.setattr(gallery_rows, name, value)


@pytest.mark.usefixtures("tight")
def test_any_changes_leave_what_a_naive_gallery_holds():
    packed = False

    @settings(deadline=None, max_examples=60)
    @example([(LARGE, []), (LARGE[:4], ["r7"])], frozenset(FEW[:9]), 12)  # few drawn ones are large enough for codes
    @given(st.lists(some_change, min_size=1, max_size=8), st.frozensets(st.sampled_from(FEW)), st.integers(1, 40))
    def check(changes, gtins, most):
        nonlocal packed
        gallery, naive = Gallery(EMBEDDER, WIDTH), NaiveGallery()
        queries = np.stack([unit(*np.random.default_rng(n).standard_normal(WIDTH)) for n in range(3)])
        for add, remove in changes:
            gallery.change(add, remove)
            naive.change(add, remove)
            packed |= gallery._state.packed.index is not None
            assert len(gallery) == len(naive.references)
            for only in (None, gtins):
                assortment = None if only is None else gallery.assortment(only)
                same_answers(gallery.search(queries, assortment, most), naive, queries, only)

    check()
    assert packed


@pytest.mark.usefixtures("tight")
def test_pictures_that_are_nearly_all_the_same_hide_no_other():
    same = unit(3, 1, 2, 0, 1, 2)
    different = [unit(*np.random.default_rng(n).standard_normal(WIDTH)) for n in range(40)]
    for n, query in enumerate(different):
        gallery = Gallery(EMBEDDER, WIDTH)
        vectors = different[n : n + 1 + n % 4] + [same] * 20
        gallery.change(Reference(str(k), GTINS[k], GTINS[k], vector) for k, vector in enumerate(vectors))
        matches = gallery.search(query[None], most=len(vectors))
        assert found(matches)[0] == (GTINS[0], GTINS[0])
        assert len(found(matches)) == len(vectors)


def same_answers(matches: Matches, naive: NaiveGallery, queries, gtins) -> None:
    for n, query in enumerate(queries):
        expected, keys = naive.scores(query, gtins), found(matches, n)
        best = sorted(expected.values(), reverse=True)[: matches.scores.shape[1]]
        assert len(set(keys)) == len(keys) == len(best)
        assert matches.scores[n, : len(keys)] == pytest.approx(np.array(best), abs=1e-5)
        assert [expected[key] for key in keys] == pytest.approx(best, abs=1e-5)


def clustered(variants: int, width: int = 32, seed: int = 5) -> tuple[list[Reference], np.ndarray]:
    """Return four references of each variant, and a query for each."""
    rng = np.random.default_rng(seed)
    families = np.repeat(rng.standard_normal((variants // 4, width)), 4, 0)
    middles = families + rng.standard_normal((variants, width))
    shots = middles[:, None] + 0.8 * rng.standard_normal((variants, 5, width))
    shots = (shots / np.linalg.norm(shots, axis=2, keepdims=True)).astype(np.float32)
    references = [
        Reference(f"{v}-{n}", f"v{v}", Gtin(f"{v:014d}"), shots[v, n]) for v in range(variants) for n in range(4)
    ]
    return references, shots[:, 4]


def test_thousands_of_variants_are_found_as_surely_as_one_by_one():
    references, queries = clustered(4000)
    gallery, naive = Gallery(EMBEDDER, 32), NaiveGallery()
    gallery.change(references)
    naive.change(references, [])
    assert gallery._state.packed.index is not None
    few = queries[::400]
    for query, row, score in zip(few, *(a[:, 0] for a in answer(gallery, few)), strict=True):
        expected = naive.scores(query)
        assert row == max(expected, key=expected.get)[1]
        assert score == pytest.approx(max(expected.values()), abs=1e-5)
    half = frozenset(Gtin(f"{v:014d}") for v in range(0, 4000, 2))
    names, _ = answer(gallery, queries[::2], gallery.assortment(half))
    assert np.mean(names[:, 0] == [f"v{v}" for v in range(0, 4000, 2)]) > 0.95
    assert all(int(name[1:]) % 2 == 0 for name in names.ravel())


def answer(gallery: Gallery, queries, assortment=None) -> tuple[np.ndarray, np.ndarray]:
    matches = gallery.search(queries, assortment, most=3)
    return np.array([[matches.variant(row) for row in rows] for rows in matches.variants]), matches.scores


def test_readers_see_whole_changes_only():
    references, _ = clustered(3000, width=8)
    gallery = Gallery(EMBEDDER, 8)
    gallery.change(references)
    here, there = unit(*[1.0] * 8), unit(*[1.0, -1.0] * 4)
    gallery.change(add=[Reference("x", "x", COLA, here), Reference("y", "y", COLA, there)])
    only, wrong, stop = gallery.assortment(frozenset({COLA})), [], threading.Event()

    def read() -> None:
        while not stop.is_set():
            for assortment in (None, only):
                [[score]] = gallery.search(here[None], assortment, most=1).scores
                if score < 0.9999:
                    wrong.append(score)

    readers = [threading.Thread(target=read) for _ in range(2)]
    for reader in readers:
        reader.start()
    for n in range(300):
        x, y = (here, there) if n % 2 else (there, here)
        gallery.change(add=[Reference("x", "x", COLA, x), Reference("y", "y", COLA, y)])
        gallery.change(add=references[n * 8 : n * 8 + 8], remove=[one.id for one in references[n * 3 : n * 3 + 8]])
    stop.set()
    for reader in readers:
        reader.join()
    assert wrong == []

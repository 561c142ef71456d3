"""A gallery of two dimensions, in which one sees who is like whom."""

import numpy as np
import pytest

from retail.gtin import Gtin
from vision.checkout import fuse_views, recognise_views
from vision.gallery import Gallery, Reference, WrongEmbedder
from vision.naming_calibration import NamingCalibration
from vision.recognition import ProductShortlists, Recogniser, shortlist

COLA, LIME, SALT = Gtin("00000000000017"), Gtin("00000000000024"), Gtin("00000000000031")


class TwoNumbers:
    id, crop_size, width = "two-numbers", 8, 2

    def embed(self, crops: np.ndarray) -> np.ndarray:
        raise AssertionError("a recogniser is given vectors")


def unit(*numbers: float) -> np.ndarray:
    vector = np.array(numbers, np.float32)
    return vector / np.linalg.norm(vector)


def gallery(*references: tuple[Gtin, str, np.ndarray], embedder: str = "two-numbers") -> Gallery:
    filled = Gallery(embedder, 2)
    filled.change(Reference(str(n), variant, gtin, vector) for n, (gtin, variant, vector) in enumerate(references))
    return filled


CALIBRATION = NamingCalibration(
    temperature=0.1,
    level=0.5,
    coverage=0.9,
    least=0.3,
    matches=(0.3, 0.5, 0.7, 0.9),
    refused=0.8,
    measured_on="a test",
    facings=30,
)


def recogniser(family: str | None = "soda") -> Recogniser:
    known = gallery((COLA, COLA, unit(1, 0)), (LIME, LIME, unit(4, 3)), (COLA, "xmas", unit(0, -1)))
    return Recogniser(TwoNumbers(), known, CALIBRATION, lambda gtin: family)


def test_a_facing_is_named_by_its_most_similar_variant():
    [named] = recogniser().name(unit(0, -1)[None])
    assert (named.gtin, named.variant_id, named.unknown) == (COLA, "xmas", False)
    assert named.unknown_score == 0
    assert [gtin for gtin, _ in named.products] == [COLA]
    assert named.products[0][1] == named.probability == pytest.approx(1 / (1 + np.exp(-16) + np.exp(-5)))


def test_the_margin_is_the_lead_over_the_nearest_sibling():
    query = unit(8, 3)[None]
    chances = np.exp(np.array([query[0] @ unit(1, 0), query[0] @ unit(4, 3), 0.5]) / 0.1)
    first, second = np.sort(chances[:2] / chances.sum())[::-1]
    assert recogniser().name(query)[0].margin == pytest.approx(first - second, abs=1e-5)
    assert recogniser(family=None).name(query)[0].margin == 1


def test_a_facing_like_nothing_is_unknown_and_has_no_name():
    [named] = recogniser().name(unit(-1, 0.5)[None])
    assert (named.gtin, named.variant_id, named.unknown) == (None, None, True)
    assert named.unknown_score > 0.8


def test_an_assortment_restricts_the_names():
    known = recogniser()
    [named] = known.name(unit(1, 0)[None], known.gallery.assortment(frozenset({LIME})))
    assert named.gtin == LIME
    [named] = known.name(unit(1, 0)[None], known.gallery.assortment(frozenset({SALT})))
    assert (named.gtin, named.products, named.probability, named.unknown_score) == (None, (), 0, 1)


def test_no_facings_have_no_names():
    assert recogniser().name(np.empty((0, 2), np.float32)) == []


def test_vectors_of_another_embedder_are_refused():
    with pytest.raises(WrongEmbedder):
        Recogniser(TwoNumbers(), gallery(embedder="another"), CALIBRATION, lambda gtin: None)


def test_a_product_scores_as_its_best_variant():
    known = gallery((COLA, COLA, unit(1, 0)), (COLA, "xmas", unit(4, 3)), (LIME, LIME, unit(3, 4)))
    lists = shortlist(known.search(unit(1, 0)[None], most=3))
    assert (lists.gtins, lists.variants) == ([[COLA, LIME]], [[COLA, LIME]])
    assert lists.scores[0].tolist() == pytest.approx([1, 0.6, -np.inf])
    assert lists.nearest.tolist() == pytest.approx([1])


# --- views of one product ---


def lists(*views: dict[Gtin, float]) -> ProductShortlists:
    width = max(map(len, views))
    scores = [[*view.values()] + [-np.inf] * (width - len(view)) for view in views]
    gtins = [list(view) for view in views]
    return ProductShortlists(
        np.array(scores, np.float32),
        np.array([max(view.values()) for view in views], np.float32),
        gtins,
        [[f"{gtin} {n}" for gtin in view] for n, view in enumerate(gtins)],
    )


def test_views_are_fused_by_the_mean_of_their_scores():
    fused = fuse_views(lists({COLA: 0.8, LIME: 0.7}, {LIME: 0.9, COLA: 0.2}))
    assert (fused.gtins, fused.variants) == ([[LIME, COLA]], [[f"{LIME} 1", f"{COLA} 0"]])
    assert fused.scores.tolist() == [pytest.approx([0.8, 0.5])]
    assert fused.nearest.tolist() == pytest.approx([(0.8 + 0.9) / 2])


def test_a_product_that_a_view_does_not_list_counts_as_the_last_one_there():
    fused = fuse_views(lists({COLA: 0.9, LIME: 0.4}, {LIME: 0.6, SALT: 0.2}))
    assert fused.gtins == [[COLA, LIME, SALT]]
    assert fused.scores.tolist() == [pytest.approx([0.55, 0.5, 0.3])]


def test_fusing_views_of_nothing_known_finds_nothing():
    nothing = np.full((2, 3), -np.inf, np.float32)
    fused = fuse_views(ProductShortlists(nothing, nothing[:, 0], [[], []], [[], []]))
    assert (fused.gtins, fused.scores.shape) == ([[]], (1, 0))


def test_two_views_outvote_a_third():
    answer = recognise_views(recogniser(), np.stack([unit(1, 0), unit(1, 0.1), unit(4, 3)]))
    assert answer.gtin == COLA
    assert answer.probability > recogniser().name(unit(8, 3)[None])[0].probability


def test_views_like_nothing_stay_unresolved():
    known = gallery((COLA, COLA, unit(1, 0)))
    strange = Recogniser(TwoNumbers(), known, CALIBRATION, lambda gtin: None)
    assert recognise_views(strange, np.stack([unit(0, 1), unit(-1, 1)])).unknown
    empty = Recogniser(TwoNumbers(), gallery(), CALIBRATION, lambda gtin: None)
    assert recognise_views(empty, unit(0, 1)[None]).unknown


def test_no_view_is_no_question():
    with pytest.raises(ValueError, match="no views"):
        recognise_views(recogniser(), np.empty((0, 2), np.float32))

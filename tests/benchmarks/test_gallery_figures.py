import numpy as np
import pytest

from benchmarks.recognition.gallery import TARGETS, Drawn, measure_gallery
from vision.gallery import Gallery, Reference


def test_the_exact_scores_are_the_gallerys():
    drawn = Drawn.draw(40)
    gallery = Gallery("drawn", drawn.queries.shape[1])
    gallery.change(
        Reference(f"{v}-{n}", f"{v}", f"{v:014d}", vector)
        for v, vectors in enumerate(drawn.references)
        for n, vector in enumerate(vectors)
    )
    exact, matches = drawn.exact(9), gallery.search(drawn.queries[:9], most=40)
    assert exact.shape == (9, 40)
    for scores, rows, found in zip(exact, matches.variants, matches.scores, strict=True):
        order = [int(matches.variant(row)) for row in rows]
        assert sorted(order) == list(range(40))
        assert scores[order] == pytest.approx(found, abs=1e-5)


def test_siblings_are_drawn_closer_than_strangers_and_photos_of_a_product_closer_still():
    vectors = Drawn.draw(800).references
    same = np.einsum("ij,ij->i", vectors[:, 0], vectors[:, 1]).mean()
    siblings = np.einsum("ij,ij->i", vectors[::8, 0], vectors[1::8, 0]).mean()
    strangers = (vectors[:400, 0] @ vectors[400:, 0].T).mean()
    assert (same, siblings, strangers) == pytest.approx((0.4, 0.26, 0.0), abs=0.03)


def test_every_target_has_its_number():
    headline, rows = measure_gallery(1500)
    assert headline.keys() == TARGETS.keys()
    assert headline["gallery_recall"] == pytest.approx(1, abs=0.03)
    assert {next(iter(row)) for row in rows} == {"cosines", "searched", "gallery", "change", "chosen by"}

import numpy as np
import pytest

from sampling.evidence.shadow_fit import LabelledCapture, Labels, discriminant_head, fit_on

EAST, NORTH = (1.0, 0.0), (0.0, 1.0)


def capture(name: str, *facings: tuple[tuple[float, float], str], boxes: int = 1) -> LabelledCapture:
    vectors = np.array([vector for vector, _ in facings], np.float32).reshape(-1, 2)
    return LabelledCapture(name, vectors, tuple(label for _, label in facings), boxes, 10.0 * boxes)


def test_a_head_names_what_it_was_taught() -> None:
    head = discriminant_head(np.array([EAST, NORTH], np.float32), np.array(["cola", "juice"]), np.ones(2))
    assert head(np.array([(0.9, 0.4), (0.4, 0.9)], np.float32)).tolist() == ["cola", "juice"]


def test_a_crowded_product_does_not_outvote_the_others() -> None:
    vectors = np.array([EAST] * 30 + [NORTH], np.float32)
    head = discriminant_head(vectors, np.array(["cola"] * 30 + ["juice"]), np.ones(31))
    assert head(np.array([(0.68, 0.73)], np.float32)).tolist() == ["juice"]


@pytest.mark.parametrize("rows", [6, 300])  # solved on either side of the table
def test_copies_count_like_rows_that_are_there_twice(rows: int) -> None:
    rng = np.random.default_rng(1)
    vectors, labels = rng.normal(size=(rows, 20)).astype(np.float32), np.array(["a", "b", "c"] * (rows // 3))
    seen = rng.normal(size=(50, 20)).astype(np.float32)
    twice = np.repeat(np.arange(rows), np.arange(rows) % 2 + 1)
    weighted = discriminant_head(vectors, labels, np.arange(rows) % 2 + 1.0)
    repeated = discriminant_head(vectors[twice], labels[twice], np.ones(len(twice)))
    assert weighted(seen).tolist() == repeated(seen).tolist()


def test_one_product_is_always_named_and_no_label_names_nothing() -> None:
    table = Labels.of([capture("a", (EAST, "cola")), capture("b")])
    head = fit_on(discriminant_head, [(table, np.ones(2))])
    assert table.judged(head).tolist() == [1.0, 0.0]
    assert fit_on(discriminant_head, [(table, np.array([0.0, 1.0]))]) is None
    assert table.judged(None).tolist() == [0.0, 0.0]


def test_a_capture_is_judged_by_the_share_of_its_facings() -> None:
    table = Labels.of([capture("a", (EAST, "cola"), (NORTH, "cola")), capture("b", (NORTH, "juice"))])
    head = discriminant_head(np.array([EAST, NORTH], np.float32), np.array(["cola", "juice"]), np.ones(2))
    assert table.judged(head).tolist() == [0.5, 1.0]


def test_captures_are_labelled_until_the_boxes_are_used() -> None:
    table = Labels.of([capture("a", boxes=4), capture("b", boxes=2), capture("c", boxes=3)])
    in_order, once = np.arange(3), np.ones(3)
    assert table.within(4, in_order, once).tolist() == [1, 0, 0]
    assert table.within(5, in_order, once).tolist() == [1, 1, 0]  # half of the second fits
    assert table.within(9, in_order, once).tolist() == [1, 1, 1]
    assert table.within(5, np.array([2, 1, 0]), once).tolist() == [0, 1, 1]
    assert table.within(8, in_order, np.array([2.0, 0.0, 1.0])).tolist() == [2, 0, 0]


def test_what_cannot_be_a_labelled_capture() -> None:
    with pytest.raises(ValueError, match=r"capture a: expected one row a label, got 2 labels .* \(1, 2\)"):
        LabelledCapture("a", np.ones((1, 2), np.float32), ("cola", "juice"), 1, 1.0)
    with pytest.raises(ValueError, match="capture a: 0 boxes"):
        capture("a", boxes=0)

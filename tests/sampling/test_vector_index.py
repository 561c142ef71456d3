import numpy as np
import pytest

from sampling import index as index_module
from sampling.index import VectorIndex, Vectors


def unit_vectors(count: int, width: int, seed: int = 0) -> Vectors:
    vectors = np.random.default_rng(seed).normal(size=(count, width)).astype(np.float32)
    return np.asarray(vectors / np.linalg.norm(vectors, axis=1, keepdims=True), np.float32)


def test_nearest_counts_rows_in_the_order_of_adding() -> None:
    axes = np.eye(3, dtype=np.float32)
    index = VectorIndex(axes)
    index.add(axes[:2])
    index.add(axes[2:])
    similarities, rows = index.nearest(np.array([[0, 0.6, 0.8]], np.float32), 2)
    assert rows.tolist() == [[2, 1]]
    assert similarities[0].tolist() == pytest.approx([0.8, 0.6])
    assert len(index) == 3


def test_nothing_is_found_in_an_empty_index() -> None:
    similarities, rows = VectorIndex(np.eye(2, dtype=np.float32)).nearest(np.eye(2, dtype=np.float32), 1)
    assert rows.tolist() == [[-1], [-1]]
    assert (similarities < -1).all()


def test_vectors_of_another_model_are_refused() -> None:
    with pytest.raises(ValueError, match="width 3 for an index of width 2"):
        VectorIndex(np.eye(2, dtype=np.float32)).add(np.eye(3, dtype=np.float32))


def test_cells_find_nearly_every_neighbour_and_do_not_cut_a_look_apart(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(index_module, "FLAT_LIMIT", 100)
    looks = unit_vectors(20, 16)
    alike = looks[np.arange(2000) % 20] + unit_vectors(2000, 16, seed=1) * np.float32(0.05)
    index = VectorIndex(alike)
    index.add(looks)
    _, rows = index.nearest(alike, 1)
    assert (rows[:, 0] == np.arange(2000) % 20).mean() > 0.99


@pytest.mark.parametrize("flat_limit", [10_000, 100])
def test_answers_are_bit_equal(monkeypatch: pytest.MonkeyPatch, flat_limit: int) -> None:
    monkeypatch.setattr(index_module, "FLAT_LIMIT", flat_limit)
    vectors = unit_vectors(3000, 16)

    def answer() -> tuple[bytes, bytes]:
        index = VectorIndex(vectors)
        index.add(vectors)
        similarities, rows = index.nearest(unit_vectors(500, 16, seed=1), 3)
        return similarities.tobytes(), rows.tobytes()

    assert answer() == answer()

import faiss
import numpy as np
import pytest

from vision.coarse_search import Codebook, inner_products, one_thread


def clustered(count: int, width: int, seed: int = 2) -> np.ndarray:
    rng = np.random.default_rng(seed)
    vectors = np.repeat(rng.standard_normal((count // 4, width)), 4, 0) + 0.7 * rng.standard_normal((count, width))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def test_products_of_named_rows_only():
    queries = np.array([[1, 2], [0, 1]], np.float32)
    vectors = np.array([[1, 0], [0, 1], [3, 3]], np.float32)
    products = inner_products(queries, vectors, np.array([[2, -1, 0], [-1, 1, 2]]))
    assert products.tolist() == [[9, -np.inf, 1], [-np.inf, 1, 3]]
    assert inner_products(queries, vectors, np.empty((2, 0), np.int64)).shape == (2, 0)


@pytest.mark.parametrize("width", [32, 33])
def test_nearly_every_nearest_vector_is_among_the_nearest_codes(width):
    vectors = clustered(3000, width)
    codebook = Codebook(vectors)
    queries = vectors[::20] + 0.05 * clustered(600, width, seed=3)[::4]
    nearest = (queries @ vectors.T).argmax(1)
    found = codebook.index(codebook.encode(vectors)).nearest(queries, 40)
    assert found.shape == (150, 40)
    assert np.mean([row in rows for row, rows in zip(nearest, found, strict=True)]) > 0.97


def test_part_of_the_codes_makes_an_index_of_its_own():
    vectors = clustered(2000, 16)
    codebook = Codebook(vectors)
    codes = codebook.encode(vectors)
    assert codes.shape == (2000, codebook.code_size)
    found = codebook.index(codes[500:540]).nearest(vectors[500:540], 60)
    assert found.max() == 39
    assert (found[:, 0] == np.arange(40)).mean() > 0.8
    assert all(len(set(row)) == len(row) for row in (row[row >= 0].tolist() for row in found))
    assert (found == -1).any(), "there are not sixty"


def fail_within_one_thread() -> None:
    with one_thread():
        assert faiss.omp_get_max_threads() == 1
        raise KeyError


def test_the_number_of_threads_is_given_back():
    faiss.omp_set_num_threads(2)
    with pytest.raises(KeyError):
        fail_within_one_thread()
    assert faiss.omp_get_max_threads() == 2

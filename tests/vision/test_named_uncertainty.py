import numpy as np
import pytest

from vision.named_uncertainty import with_names
from vision.recognition import NamedFacing


def named(probability: float, margin: float = 1.0, unknown: bool = False) -> NamedFacing:
    return NamedFacing(None, None, probability, (), margin, 0.0, unknown)


def test_a_name_adds_its_doubt_to_the_box() -> None:
    boxes = np.array([0.5, 0.5, 0.5, 0.2], np.float32)
    blended = with_names(boxes, {0: named(1.0), 1: named(0.8), 2: named(0.8, margin=0.5)})
    assert blended.tolist() == pytest.approx([0.5, 1 - 0.5 * 0.8, 1 - 0.5 * 0.4, 0.2])
    assert boxes.tolist() == pytest.approx([0.5, 0.5, 0.5, 0.2])


def test_what_shows_no_known_product_is_not_sure_at_all() -> None:
    assert with_names(np.array([0.1], np.float32), {0: named(0.9, unknown=True)}).tolist() == [1]


def test_it_never_leaves_0_to_1() -> None:
    assert with_names(np.array([0.5], np.float32), {0: named(0.9, margin=-0.2)}).tolist() == [1]

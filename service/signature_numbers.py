"""The numbers of a signature that a round reads of every capture, as one value.

A million rows of as many columns would take longer to fetch than to choose from.
"""

from typing import Any

import numpy as np

NUMBERS = np.dtype(
    [
        ("hash", "<u8"),  # difference hash of the picture, 0 where there is none
        ("value", "<f4"),  # capture value A
        ("plain", "<f4"),  # the same with repeated looks counted each time
        ("flip", "<f4"),  # as in the compliance, 0 without
        ("boxes", "<u4"),  # predicted
        ("doubted", "<u2"),  # facings
        ("unknown", "<u2"),  # facings no known product explains
    ]
)


def packed(
    *,
    value: float,
    boxes: int,
    plain: float | None = None,
    hash: int = 0,
    flip: float = 0.0,
    doubted: int = 0,
    unknown: int = 0,
) -> bytes:
    """Return the numbers of one signature; ``plain`` is the value where None."""
    fields = (hash, value, value if plain is None else plain, flip, boxes, doubted, unknown)
    return np.array([fields], NUMBERS).tobytes()


def unpacked(numbers: bytes) -> dict[str, Any]:
    """Return the numbers of one signature by their names."""
    return dict(zip(NUMBERS.names or (), np.frombuffer(numbers, NUMBERS)[0].item(), strict=True))


def changed(numbers: bytes, **fields: float) -> bytes:
    """Return the numbers of one signature with others in these fields."""
    return packed(**(unpacked(numbers) | fields))

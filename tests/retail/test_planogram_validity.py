from datetime import date

import pytest

from retail.planogram_validity import Validity
from retail.stores import StoreFormat

MARCH, MAY = date(2026, 3, 1), date(2026, 5, 31)
SMALL = StoreFormat.CONVENIENCE


@pytest.mark.parametrize(
    ("later", "earlier", "covers"),
    [
        (Validity(), Validity(), True),
        (Validity(), Validity(None, MARCH, MAY), True),
        (Validity(None, MARCH, MAY), Validity(None, MARCH, MAY), True),
        (Validity(None, MARCH), Validity(), False),
        (Validity(None, None, MAY), Validity(), False),
        (Validity(None, None, MARCH), Validity(None, None, MAY), False),
        (Validity(SMALL), Validity(), False),
        (Validity(), Validity(SMALL), False),
        (Validity(SMALL), Validity(SMALL, MARCH), True),
    ],
)
def test_what_a_later_version_leaves_an_earlier_one(later: Validity, earlier: Validity, covers: bool) -> None:
    assert later.covers(earlier) is covers


def test_the_last_day_is_no_earlier_than_the_first() -> None:
    with pytest.raises(ValueError, match="the last day 2026-03-01 is before the first"):
        Validity(None, MAY, MARCH)

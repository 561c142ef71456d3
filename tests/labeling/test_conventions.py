from datetime import UTC, datetime, timedelta

import numpy as np
import pytest
from numpy.random import Generator

from labeling.annotations import AnnotatedBox, as_array
from labeling.quality.conventions import TEAM, DrawnPhoto, drifts
from retail.boxes import DetectionKind
from retail.gtin import Gtin

START = datetime(2026, 9, 1, tzinfo=UTC)
PEN = Gtin("04006381333931")


def drawn(rng: Generator, who: str, day: float, wider: float = 0.0, unnamed: float = 0.05) -> DrawnPhoto:
    """Twenty facings of 100 px, seen with edges off by 2 px, drawn wider by a share."""
    boxes = []
    for left in range(0, 4000, 200):
        gtin = None if rng.random() < unnamed else PEN
        x1, y1, x2, y2 = np.array([left, 0, left + 100 * (1 + wider), 150]) + rng.normal(50, 1, 4)
        boxes.append(AnnotatedBox(DetectionKind.FACING, x1, y1, x2, y2, gtin))
    seen = as_array([AnnotatedBox(DetectionKind.FACING, x, 50, x + 100, 200) for x in range(50, 4050, 200)])
    return DrawnPhoto(who, START + timedelta(days=day), tuple(boxes), seen + rng.normal(0, 2, seen.shape).astype("f4"))


def test_who_begins_to_draw_wider_is_named() -> None:
    rng = np.random.default_rng(0)
    photos = [
        drawn(rng, who, day, wider=0.08 * (who == "ann" and day > 22)) for day in range(30) for who in ("ann", "bob")
    ]
    found = drifts(photos)
    assert {(one.annotator, one.habit) for one in found} >= {("ann", "width")}
    first = found[0]
    assert (first.annotator, first.habit, first.answer) == ("ann", "width", "")
    assert (first.before, first.after) == (pytest.approx(1, abs=0.01), pytest.approx(1.08, abs=0.01))
    assert first.since == START + timedelta(days=22)
    assert not [one for one in found if one.annotator == "bob"]


def test_a_team_that_stops_naming_products_is_told() -> None:
    rng = np.random.default_rng(0)
    photos = [drawn(rng, who, day, unnamed=0.3 if day > 22 else 0.05) for day in range(30) for who in ("ann", "bob")]
    team = [one for one in drifts(photos) if one.annotator == TEAM]
    assert [(one.habit, one.answer) for one in team] == [("product", "cannot tell")]
    assert team[0].before == pytest.approx(0.05, abs=0.03)
    assert team[0].after == pytest.approx(0.3, abs=0.06)


def test_nothing_is_told_where_nothing_changes() -> None:
    rng = np.random.default_rng(1)
    for _ in range(10):
        assert drifts([drawn(rng, who, day) for day in range(30) for who in ("ann", "bob")]) == []


def test_a_few_photos_are_no_drift() -> None:
    rng = np.random.default_rng(0)
    assert drifts([drawn(rng, "ann", day, wider=0.2 * (day > 3)) for day in range(5)]) == []
    assert drifts([]) == []

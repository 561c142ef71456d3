import math

import pytest

from sampling.difficulty import Observed, class_difficulty, facing_difficulty


def observed(name: str, *difficulties: float, category: str = "drinks") -> list[Observed]:
    return [Observed(name, category, difficulty) for difficulty in difficulties]


def test_difficulty_of_a_facing() -> None:
    assert facing_difficulty(0.8, 0.5) == 0.6
    assert facing_difficulty(0, 0) == 1


def test_hard_classes_weigh_more_and_the_average_is_1() -> None:
    seen = [*observed("easy", *[0.1, 0.12] * 20), *observed("hard", *[0.9, 0.88] * 20)]
    weights = class_difficulty(seen, {})
    assert weights["easy"] < 1 < weights["hard"]
    assert (weights["easy"] + weights["hard"]) / 2 == pytest.approx(1, abs=1e-3)
    # 1 + 0.06 log(1 + (exp(1/0.3) - 1) d), Yang et al.: 1.2 times at most.
    top, bottom = (1 + 0.06 * math.log1p(math.expm1(1 / 0.3) * d) for d in (0.89, 0.11))
    assert weights["hard"] / weights["easy"] == pytest.approx(top / bottom, abs=0.002)


def test_a_rare_class_is_shrunk_to_its_category() -> None:
    drinks = [*observed("a", *[0.1, 0.3] * 10), *observed("b", *[0.3, 0.5] * 10)]
    sweets = [*observed("c", *[0.7, 0.9] * 10, category="sweets"), *observed("d", *[0.8, 0.6] * 10, category="sweets")]
    once = class_difficulty([*drinks, *sweets, *observed("rare", 0.0, category="sweets")], {})
    often = class_difficulty([*drinks, *sweets, *observed("rare", *[0.0] * 20, category="sweets")], {})
    assert often["rare"] < once["rare"] < once["sweets"]


def test_a_class_nobody_saw_has_its_category_s_weight() -> None:
    seen = [*observed("a", 0.1, 0.2), *observed("c", 0.9, 0.8, category="sweets")]
    weights = class_difficulty(seen, {"new": "sweets", "other": "unheard of", "a": "drinks"})
    assert weights["new"] == weights["sweets"]
    assert "other" not in weights
    assert weights["new"] > weights["a"]


def test_noise_alone_makes_no_class_hard() -> None:
    weights = class_difficulty([*observed("a", 0, 1, 0, 1), *observed("b", 1, 0, 1, 0)], {})
    assert set(weights.values()) == {1.0}


def test_nothing_observed() -> None:
    assert class_difficulty([], {"a": "drinks"}) == {}


def test_the_order_plays_no_part() -> None:
    seen = [*observed("a", 0.1, 0.4), *observed("b", 0.8), *observed("c", 0.3, 0.2, category="sweets")]
    assert class_difficulty(seen, {}) == class_difficulty(seen[::-1], {})

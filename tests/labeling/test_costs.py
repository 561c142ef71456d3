import pytest

from labeling.costs import ASSUMED_COST, fit_cost


def test_assumed_cost() -> None:
    # 0.80 x 1 s + 0.12 x 4 s + 0.08 x 1.5 s + 0.10 x 7 s = 2.1 s a box, and 12 s to look.
    assert ASSUMED_COST.seconds(0) == 12
    assert ASSUMED_COST.seconds(100) == pytest.approx(222)


def test_fit_finds_the_line() -> None:
    fitted = fit_cost([30, 50, 90], [10, 20, 40])
    assert [fitted.per_task, fitted.per_box] == pytest.approx([10, 2])


def test_pauses_do_not_move_the_fit() -> None:
    boxes = list(range(10, 110, 10))
    times = [10.0 + 2 * n for n in boxes]
    times[3], times[8] = 1800, 3600
    fitted = fit_cost(times, boxes)
    assert fitted.per_task == pytest.approx(10, abs=0.1)
    assert fitted.per_box == pytest.approx(2, abs=0.01)


def test_coefficients_are_never_negative() -> None:
    rising = fit_cost([10, 40, 100], [10, 20, 40])  # on the line -20 + 3 a box
    assert [rising.per_task, rising.per_box] == pytest.approx([0, 2.5], abs=0.01)
    falling = fit_cost([30, 20, 10], [10, 20, 30])
    assert [falling.per_task, falling.per_box] == pytest.approx([20, 0], abs=0.1)


@pytest.mark.parametrize(("times", "boxes"), [([1.0, 2.0], [5, 5]), ([1.0], [1, 2]), ([], [])])
def test_fit_refuses(times: list[float], boxes: list[int]) -> None:
    with pytest.raises(ValueError, match="two different numbers of boxes"):
        fit_cost(times, boxes)

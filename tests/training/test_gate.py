"""The gate's verdicts on reports written by hand."""

import numpy as np
import pytest

from training.evaluation import Evaluation, EvaluationReport, Figure, Measure, Score
from training.gate import NotComparable, Tolerance, judge
from training.matching import REPLICATES

STRATUM = "dim/frontal/convenience"


def score(ap, captures=20, boxes=200):
    return Score(
        ap=ap,
        ap50=ap,
        ap50_low=ap,
        ap50_high=ap,
        captures=captures,
        boxes=boxes,
        evidence="sufficient" if captures >= 5 and boxes >= 30 else "insufficient evidence",
    )


def figure(value, captures=20, count=200):
    evidence = "sufficient" if captures >= 5 and count >= 30 else "insufficient evidence"
    return Figure(value=value, low=value, high=value, captures=captures, count=count, evidence=evidence)


def measure(value, dim=None, captures=20):
    cells = {} if dim is None else {"lighting": {"dim": figure(dim, captures)}}
    return Measure(overall=figure(value), cells=cells)


def report(
    overall=0.5,
    facing=0.5,
    dim=0.5,
    dim_captures=20,
    calibration=0.1,
    measured_on="a" * 64,
    tail=None,
    latency=None,
    draws=None,
    **measures,
):
    cell = score(dim, captures=dim_captures)
    told = EvaluationReport(
        measured_on=measured_on,
        overall=score(overall),
        classes={"product": score(facing)},
        tail=None if tail is None else score(tail),
        kinds={"facing": score(facing)},
        strata={STRATUM: cell},
        axes={"lighting": {"dim": cell}, "angle": {}, "format": {}},
        calibration_error=calibration,
        measures={"calibration_error": measure(calibration), **measures},
        latency_ms=latency,
    )
    return Evaluation(told, draws or {})


def changed(evaluation, **changes):
    return Evaluation(evaluation.report.model_copy(update=changes), evaluation.draws)


def failed(result):
    return [check.name for check in result.checks if not check.passed]


def test_an_equal_candidate_passes():
    result = judge(report(), report(), Tolerance())
    assert result.passed
    assert [check.name for check in result.checks] == [
        "overall",
        "kind facing",
        "class product",
        "stratum dim/frontal/convenience",
        "lighting dim",
        "calibration_error overall",
    ]


def test_the_whole_may_not_lose_anything():
    result = judge(report(overall=0.5), report(overall=0.499), Tolerance())
    assert failed(result) == ["overall"]
    assert result.checks[0].limit == 0.5
    assert result.checks[0].reason == "0.499 is 0.001 under the limit 0.500"
    assert result.checks[0].difference == pytest.approx(-0.001)
    assert not result.passed


def test_a_condition_may_lose_up_to_its_tolerance():
    assert judge(report(dim=0.5), report(overall=0.6, dim=0.46), Tolerance()).passed
    result = judge(report(dim=0.5), report(overall=0.6, dim=0.44), Tolerance())
    assert failed(result) == ["stratum dim/frontal/convenience", "lighting dim"]


@pytest.mark.parametrize("thin", ["champion", "candidate"])
def test_a_thin_cell_gates_nothing(thin):
    champion = report(dim=0.5, dim_captures=4 if thin == "champion" else 20)
    candidate = report(dim=0.1, dim_captures=4 if thin == "candidate" else 20)
    result = judge(champion, candidate, Tolerance())
    assert result.passed
    assert result.checks[-1].name == "insufficient evidence"
    captures = candidate.report.strata[STRATUM].captures
    assert f"stratum {STRATUM} ({captures} captures, 200 boxes)" in result.checks[-1].reason


def test_the_whole_is_checked_even_where_it_is_thin():
    champion = changed(report(), overall=score(0.5, captures=2))
    candidate = changed(report(), overall=score(0.4, captures=2))
    result = judge(champion, candidate, Tolerance())
    assert failed(result) == ["overall"]
    assert result.checks[0].reason.endswith("insufficient evidence, read it with care")


def test_kinds_and_the_tail_are_guarded():
    result = judge(report(facing=0.5, tail=0.4), report(facing=0.47, tail=0.3), Tolerance())
    assert failed(result) == ["kind facing", "tail"]


def test_calibration_and_latency_have_limits_above():
    result = judge(report(calibration=0.1, latency=10), report(calibration=0.16, latency=12), Tolerance())
    assert failed(result) == ["calibration_error overall", "latency ratio"]
    assert judge(report(latency=10), report(latency=11), Tolerance()).passed


DRAWS = np.linspace(-0.02, 0.02, REPLICATES)  # of either model, the same captures in the same draw


def test_better_overall_and_surely_worse_in_one_supported_stratum_is_refused():
    names = ("overall", f"stratum {STRATUM}", "lighting dim")
    champion = report(overall=0.5, dim=0.5, draws={name: 0.5 + DRAWS for name in names})
    better, worse = 0.6 + DRAWS, 0.4 + DRAWS
    candidate = report(overall=0.6, dim=0.4, draws={names[0]: better, names[1]: worse, names[2]: worse})
    result = judge(champion, candidate, Tolerance())
    assert failed(result) == [f"stratum {STRATUM}", "lighting dim"]
    check = next(check for check in result.checks if check.name == f"stratum {STRATUM}")
    assert (check.low, check.high) == pytest.approx((-0.1, -0.1)), "paired: what both share does not widen it"
    assert check.reason == "0.400 is 0.050 under the limit 0.450; the difference is -0.100 (-0.100 to -0.100)"


def test_a_loss_that_chance_may_have_made_is_told_and_lets_through():
    name = f"stratum {STRATUM}"
    champion = report(dim=0.5, draws={name: 0.5 + 0 * DRAWS})
    candidate = report(dim=0.44, draws={name: 0.44 + 5 * DRAWS})  # from 0.34 to 0.54
    check = next(check for check in judge(champion, candidate, Tolerance()).checks if check.name == name)
    assert check.passed
    assert check.reason == (
        "0.440 is 0.010 under the limit 0.450, but chance may do that: the difference is -0.060 (-0.155 to +0.035); "
        "insufficient evidence to refuse"
    )
    strict = judge(champion, candidate, Tolerance(certainty=0))
    assert failed(strict) == [name, "lighting dim"]


@pytest.mark.parametrize(
    ("name", "old", "new", "passes"),
    [
        ("sku_top1", 0.9, 0.895, True),
        ("sku_top1", 0.9, 0.88, False),
        ("verdict_f1", 0.9, 0.87, False),
        ("unknown_auroc", 0.9, 0.86, True),
        ("unknown_auroc", 0.9, 0.84, False),
    ],
)
def test_each_measure_has_its_tolerance(name, old, new, passes):
    result = judge(report(**{name: measure(old)}), report(**{name: measure(new)}), Tolerance())
    assert failed(result) == ([] if passes else [f"{name} overall"])


def test_a_measure_is_guarded_in_its_cells():
    champion, candidate = report(sku_top1=measure(0.9, dim=0.9)), report(sku_top1=measure(0.95, dim=0.8))
    assert failed(judge(champion, candidate, Tolerance())) == ["sku_top1 lighting dim"]
    thin = report(sku_top1=measure(0.95, dim=0.8, captures=3))
    assert judge(champion, thin, Tolerance()).passed


def test_tail_products_are_guarded():
    champion = changed(report(), bands={"tail": score(0.4)}, products={"04006381333931": score(0.5)})
    candidate = changed(report(), bands={"tail": score(0.3)}, products={"04006381333931": score(0.4)})
    assert failed(judge(champion, candidate, Tolerance())) == ["product 04006381333931", "band tail"]


def test_the_first_model_only_has_to_find_something():
    assert judge(None, report(overall=0.01), Tolerance()).passed
    nothing = judge(None, report(overall=0.0), Tolerance())
    assert not nothing.passed
    assert nothing.checks[0].reason == "the candidate finds nothing"


def test_reports_of_other_captures_are_refused():
    with pytest.raises(NotComparable, match="champion was measured on bbbbbbbbbbbb, candidate on aaaaaaaaaaaa"):
        judge(report(measured_on="b" * 64), report(), Tolerance())

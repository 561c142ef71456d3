"""The gate's verdicts on reports written by hand."""

import pytest

from training.evaluation import EvaluationReport, Score
from training.gate import NotComparable, Tolerance, judge


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


def report(overall=0.5, facing=0.5, dim=0.5, dim_captures=20, calibration=0.1, measured_on="a" * 64, tail=None):
    cell = score(dim, captures=dim_captures)
    return EvaluationReport(
        measured_on=measured_on,
        overall=score(overall),
        classes={"product": score(facing)},
        tail=None if tail is None else score(tail),
        kinds={"facing": score(facing)},
        strata={"dim/frontal/convenience": cell},
        axes={"lighting": {"dim": cell}, "angle": {}, "format": {}},
        calibration_error=calibration,
    )


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
        "calibration error",
    ]


def test_the_whole_may_not_lose_anything():
    result = judge(report(overall=0.5), report(overall=0.499), Tolerance())
    assert failed(result) == ["overall"]
    assert result.checks[0].limit == 0.5
    assert result.checks[0].reason == "0.499 is 0.001 under the limit 0.500"
    assert not result.passed


def test_a_condition_may_lose_up_to_its_tolerance():
    assert judge(report(dim=0.5), report(overall=0.6, dim=0.46), Tolerance()).passed
    result = judge(report(dim=0.5), report(overall=0.6, dim=0.44), Tolerance())
    assert failed(result) == ["stratum dim/frontal/convenience", "lighting dim"]


@pytest.mark.parametrize("thin", ["champion", "candidate"])
def test_a_thin_cell_gates_nothing(thin):
    champion = report(dim=0.5, dim_captures=4 if thin == "champion" else 20)
    candidate = report(dim=0.1, dim_captures=4 if thin == "candidate" else 20)
    assert judge(champion, candidate, Tolerance()).passed


def test_the_whole_is_checked_even_where_it_is_thin():
    champion = report().model_copy(update={"overall": score(0.5, captures=2)})
    candidate = report().model_copy(update={"overall": score(0.4, captures=2)})
    assert failed(judge(champion, candidate, Tolerance())) == ["overall"]


def test_kinds_and_the_tail_are_guarded():
    result = judge(report(facing=0.5, tail=0.4), report(facing=0.47, tail=0.3), Tolerance())
    assert failed(result) == ["kind facing", "tail"]


def test_calibration_and_latency_have_limits_above():
    result = judge(report(calibration=0.1), report(calibration=0.16), Tolerance(), latency_ratio=1.2)
    assert failed(result) == ["calibration error", "latency ratio"]
    assert judge(report(), report(), Tolerance(), latency_ratio=1.1).passed


def test_the_first_model_only_has_to_find_something():
    assert judge(None, report(overall=0.01), Tolerance()).passed
    nothing = judge(None, report(overall=0.0), Tolerance())
    assert not nothing.passed
    assert nothing.checks[0].reason == "the candidate finds nothing"


def test_reports_of_other_captures_are_refused():
    with pytest.raises(NotComparable, match="champion was measured on bbbbbbbbbbbb, candidate on aaaaaaaaaaaa"):
        judge(report(measured_on="b" * 64), report(), Tolerance())

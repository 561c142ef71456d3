"""The page and the table of a retraining, from two reports written by hand."""

import csv
import io
import re
from dataclasses import asdict

from training.evaluation import Confusion, Evaluation, EvaluationReport, Figure, Measure, Score, WorstPhoto
from training.gate import Tolerance, judge
from training.report_html import Point, ReportPage, as_csv, before_and_after, learning_curve, render

STRATUM = "dim/frontal/convenience"


def score(ap, captures=20):
    evidence = "sufficient" if captures >= 5 else "insufficient evidence"
    return Score(ap=ap, ap50=ap, ap50_low=ap, ap50_high=ap, captures=captures, boxes=200, evidence=evidence)


def figure(value):
    return Figure(value=value, low=value, high=value, captures=20, count=200, evidence="sufficient")


def report(overall, dim, latency):
    found = EvaluationReport(
        measured_on="a" * 64,
        overall=score(overall),
        classes={"product": score(overall)},
        tail=None,
        kinds={"facing": score(overall)},
        strata={STRATUM: score(dim)},
        axes={"lighting": {"dim": score(dim)}, "angle": {}, "format": {}},
        calibration_error=0.1,
        measures={"calibration_error": Measure(overall=figure(0.1), cells={})},
        latency_ms=latency,
    )
    return Evaluation(found)


def changed(evaluation, **changes):
    return Evaluation(evaluation.report.model_copy(update=changes))


CHAMPION = report(overall=0.5, dim=0.5, latency=10.0)
CANDIDATE = report(overall=0.6, dim=0.4, latency=10.5)


def told(candidate=CANDIDATE, champion=CHAMPION):
    result = judge(champion, candidate, Tolerance())
    reports = {"champion": champion.report.model_dump(), "candidate": candidate.report.model_dump()}
    return reports, {"passed": result.passed, "champion_version": 1, "checks": [asdict(one) for one in result.checks]}


def page(reports, gate, **more):
    curve = [Point("model 2", 40, 0.5, 0.6, 0.55, 0.65, True)]
    return render(ReportPage("Retraining r-1", {"reason": "<script>"}, reports, gate, curve, **more))


def test_rows_lay_both_models_and_the_gate_side_by_side():
    reports, gate = told()
    rows = {(row.measure, row.group, row.cell): row for row in before_and_after(reports, gate["checks"])}
    whole = rows["ap", "whole", ""]
    assert (whole.champion, whole.candidate, whole.passed) == (0.5, 0.6, True)
    stratum = rows["ap", "stratum", STRATUM]
    assert (round(stratum.difference, 6), stratum.passed, stratum.captures) == (-0.1, False, 20)
    assert rows["ap", "lighting", "dim"].reason.startswith("0.400 is 0.050 under")
    assert rows["calibration_error", "whole", ""].candidate == 0.1
    assert rows["latency_ms", "whole", ""].passed is True


def test_a_cell_that_only_the_candidate_shows_has_no_difference():
    crossed = Measure(overall=figure(0.5), cells={"category in stratum": {f"drinks {STRATUM}": figure(0.7)}})
    rows = before_and_after(*_two(told(changed(CANDIDATE, measures={"sku_top1": crossed}))))
    row = next(row for row in rows if row.group == "cell")
    assert (row.measure, row.champion, row.candidate, row.difference) == ("sku_top1", None, 0.7, None)


def _two(both):
    return both[0], both[1]["checks"]


def test_the_table_is_csv():
    reports, gate = told()
    rows = list(csv.DictReader(io.StringIO(as_csv(before_and_after(reports, gate["checks"])))))
    assert rows[0]["measure"] == "ap"
    assert rows[0]["candidate"] == "0.6"
    assert rows[0]["low"] == ""


def test_the_page_says_why_a_candidate_was_refused_and_runs_nothing():
    html = page(*told())
    assert "did not pass its gate" in html
    assert f"<b>stratum {STRATUM}</b>: 0.400 is 0.050 under the limit 0.450" in html
    assert "&lt;script&gt;" in html
    assert not re.search(r"<script|src=|href=\"http|url\(", html)


def test_the_page_shows_confusions_of_siblings_and_worst_photos():
    worst = WorstPhoto(
        capture_id="c-1", stratum=STRATUM, width=640, height=480, right=[], missed=[(1, 2, 3, 4)], invented=[]
    )
    confusion = Confusion(product="00012345678905", called="04006381333931", times=3, siblings=True)
    candidate = changed(CANDIDATE, worst=[worst], confusions=[confusion])
    html = page(*told(candidate), photos={"c-1": b"a picture"}, names={"04006381333931": "Water 1 l"})
    assert "1 missed, 0 invented, 0 right" in html
    assert 'd="M1 2H3V4H1Z"' in html
    assert "data:image/jpeg;base64,YSBwaWN0dXJl" in html
    assert "<td>04006381333931 Water 1 l</td>" in html
    assert "data:image" not in page(*told(candidate))


def test_thin_cells_are_shown_as_thin():
    html = page(*told(changed(CANDIDATE, strata={STRATUM: score(0.1, captures=2)})))
    assert "not judged, too little was labelled: " in html
    assert '<tr class="thin">' in html


def test_without_validation_captures_the_page_says_so():
    check = {"name": "validation", "passed": False, "reason": "nothing to measure on: label more captures"}
    html = page({}, {"passed": False, "champion_version": 1, "checks": [check]})
    assert "nothing to measure on" in html
    assert "Nothing could be measured." in html


def test_reports_from_before_there_were_measures_are_shown():
    reports, gate = told()
    later = ("measures", "products", "bands", "categories", "cells", "confusions", "worst", "latency_ms", "megabytes")
    for one in reports.values():
        for name in later:
            del one[name]
    for check in gate["checks"]:
        del check["difference"], check["low"], check["high"]
    assert "0.600" in page(reports, gate)


def test_the_curve_marks_what_did_not_pass():
    svg = learning_curve(
        [Point("model 2", 40, 0.5, 0.6, 0.5, 0.7, True), Point("<3>", None, None, 0.4, None, None, False)]
    )
    assert svg.count("#b03030") == 1
    assert "40 photos" in svg
    assert "&lt;3&gt;" in svg

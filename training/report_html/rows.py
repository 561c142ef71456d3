"""Champion and candidate cell by cell: what every table of a retraining is made of."""

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, fields
from typing import Any

Json = Mapping[str, Any]
WHOLE = "whole"
# Of the reports' AP: the name of the field, of its cells in the gate, and for people.
_GROUPS = (("kinds", "kind"), ("bands", "band"), ("categories", "category"), ("strata", "stratum"))
_LATER_GROUPS = (("cells", "cell"), ("classes", "class"), ("products", "product"))
_CROSSED = {"category in stratum": "cell"}


@dataclass(frozen=True, slots=True)
class Row:
    """One cell of one measure, before and after.

    Attributes:
        measure: ``ap``, ``sku_top1``, ``verdict_f1``, ``calibration_error``, ``unknown_auroc``, ``latency_ms`` or
            ``megabytes``.
        group: ``whole``, ``kind``, ``band``, ``category``, ``stratum``, ``lighting``, ``angle``, ``format``, ``cell``
            (category in stratum), ``class`` or ``product``.
        cell: its name; empty for the whole.
        champion: its value.
        candidate: its value.
        difference: candidate less champion.
        low: lower end of the interval of the difference, None where the gate did not judge the cell.
        high: upper end.
        captures: that show it.
        count: of boxes, facings or positions.
        evidence: ``sufficient`` or ``insufficient evidence``; empty where nothing is counted.
        passed: what the gate said; None where it did not judge.
        reason: why.
    """

    measure: str
    group: str
    cell: str
    champion: float | None
    candidate: float | None
    difference: float | None
    low: float | None
    high: float | None
    captures: int | None
    count: int | None
    evidence: str
    passed: bool | None
    reason: str


def before_and_after(reports: Mapping[str, Json], checks: Sequence[Json]) -> list[Row]:
    """Return all cells of two reports, the whole first, then by group.

    Args:
        reports: by ``champion`` and ``candidate``; empty where nothing could be measured.
        checks: of the gate.
    """
    if not reports:
        return []
    judged = {str(check["name"]): check for check in checks}
    return list(_rows(reports["champion"], reports["candidate"], judged))


def as_csv(rows: Sequence[Row]) -> str:
    """Return rows as CSV with a header."""
    text = io.StringIO()
    writer = csv.DictWriter(text, [field.name for field in fields(Row)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(asdict(row) for row in rows)
    return text.getvalue()


def _rows(old: Json, new: Json, judged: Mapping[str, Json]) -> Iterator[Row]:
    yield _row("ap", WHOLE, "", "overall", old["overall"], new["overall"], judged)
    for measure, found in new.get("measures", {}).items():
        before = old.get("measures", {}).get(measure)
        name = f"{measure} overall"
        yield _row(measure, WHOLE, "", name, before and before["overall"], found["overall"], judged)
    for key in ("latency_ms", "megabytes"):
        check = judged.get("latency ratio") if key == "latency_ms" else None
        yield _plain(key, old.get(key), new.get(key), check)
    yield from _cells(_GROUPS, old, new, judged)
    for axis, cells in new["axes"].items():
        for cell, score in cells.items():
            yield _row("ap", axis, cell, f"{axis} {cell}", old["axes"][axis].get(cell), score, judged)
    yield from _cells(_LATER_GROUPS, old, new, judged)
    for measure, found in new.get("measures", {}).items():
        before = old.get("measures", {}).get(measure, {"cells": {}})
        for axis, cells in found["cells"].items():
            for cell, figure in cells.items():
                earlier = before["cells"].get(axis, {}).get(cell)
                name = f"{measure} {axis} {cell}"
                yield _row(measure, _CROSSED.get(axis, axis), cell, name, earlier, figure, judged)


def _cells(groups: Sequence[tuple[str, str]], old: Json, new: Json, judged: Mapping[str, Json]) -> Iterator[Row]:
    for field, group in groups:
        for cell, score in new.get(field, {}).items():
            yield _row("ap", group, cell, f"{group} {cell}", old.get(field, {}).get(cell), score, judged)


def _row(
    measure: str, group: str, cell: str, name: str, old: Json | None, new: Json, judged: Mapping[str, Json]
) -> Row:
    value = "ap" if measure == "ap" else "value"
    before, after = None if old is None else old[value], new[value]
    check = judged.get(name)
    return Row(
        measure=measure,
        group=group,
        cell=cell,
        champion=before,
        candidate=after,
        difference=None if before is None or after is None else after - before,
        low=None if check is None else check.get("low"),
        high=None if check is None else check.get("high"),
        captures=new["captures"],
        count=new["boxes"] if measure == "ap" else new["count"],
        evidence=new["evidence"],
        passed=None if check is None else check["passed"],
        reason="" if check is None else check["reason"],
    )


def _plain(key: str, before: float | None, after: float | None, check: Json | None) -> Row:
    return Row(
        measure=key,
        group=WHOLE,
        cell="",
        champion=before,
        candidate=after,
        difference=None if before is None or after is None else after - before,
        low=None,
        high=None,
        captures=None,
        count=None,
        evidence="",
        passed=None if check is None else check["passed"],
        reason="" if check is None else check["reason"],
    )
